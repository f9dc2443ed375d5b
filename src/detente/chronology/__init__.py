"""The record: what was said, in order and in neutral words; milestones and what lies between them; measures after a review."""
