"""Shared indicators against one's own logs: have we been hit by what they were hit by? See docs/hunting.md."""
