"""Planes and dials."""
