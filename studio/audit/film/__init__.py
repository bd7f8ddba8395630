"""The check of film: what is seen between the steps, where slides would only follow each other."""
