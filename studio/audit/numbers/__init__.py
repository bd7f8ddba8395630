"""Numbers: how each is had a second time (sources.py, given.py, recorded.py), and written (digits.py)."""
