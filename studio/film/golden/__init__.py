"""Films as they were when somebody last looked at them, in small frames, and what has changed since."""
