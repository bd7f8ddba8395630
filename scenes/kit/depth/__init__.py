"""The model as blocks."""
