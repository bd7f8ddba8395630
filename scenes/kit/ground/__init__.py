"""Texts, layout, and what mobjects of one's own are made of."""
