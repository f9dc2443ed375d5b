"""Who said what, through whom it came, what was denied; and the reader that finds quoted words in a text."""
