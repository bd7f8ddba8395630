"""What is said: texts against what their step shows (said.py), its names, words, symbols and the places they mean."""
