"""The record in order: what was said by whom and when it was known, in neutral words, both sides in one layout."""
