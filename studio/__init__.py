"""Rendering, export, audit and preview: everything around a lesson that is played."""
