"""Lies: one-line changes, each of which would make a viewer believe something false, and the finding that must come.

`python -m tests.lies` tells them all and prints who found which; `python -m tests.lies bars` those with “bars” in them.
A lie is told in a copy of the tree; the lesson that shows it is audited there. Who adds a mobject adds its lies.
"""
