"""The channel: notices, requests, warnings and replies between parties; tables of allowed moves, clocks, and the state that
they give."""
