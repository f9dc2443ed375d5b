"""Claims: who said what, in whose words, through which hops it came; denials and their scope; articles read into candidates."""
