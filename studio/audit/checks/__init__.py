"""The checks: each follows a lesson and says what is wrong with it (check.py says how)."""
