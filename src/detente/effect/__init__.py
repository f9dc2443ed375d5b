"""Did it stop after the warning? Rates before and after, exact tests, honest "too few data"; and how well warners were calibrated."""
