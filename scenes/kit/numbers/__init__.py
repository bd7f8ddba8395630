"""Grids of numbers, and what is made of them: products, sums, frames."""
