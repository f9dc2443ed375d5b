"""Drawing primitives: escaped SVG text with a title and a description, interval bars, lanes of time; and their twins in characters."""
