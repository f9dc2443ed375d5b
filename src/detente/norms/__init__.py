"""Norms, commitments, agreements, conduct entries and their answers; responses and the questions that each leaves open."""
