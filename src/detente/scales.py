"""Words of likelihood, confidence and grading, each with its scale and interval; words are kept, numbers are derived for display alone."""
