"""A short function for each piece of the kit: (the box that it may fill) → a mobject, or a move."""
