"""Bars, rankings, curves, lines of numbers."""
