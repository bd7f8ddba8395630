"""The checks of what is on the way, at three moments inside every play: numbers that count, shapes that grow."""
