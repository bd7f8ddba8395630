"""The sentence on screen, and lines between words."""
