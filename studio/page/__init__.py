"""The page on which a lesson is watched and its numbers are read: its parts, and one file that holds them all."""

from pathlib import Path

WEB = Path(__file__).parent / "web"
