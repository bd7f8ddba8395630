"""The lies that nobody finds yet: what is to be built. Each leaves this list with the check that finds it."""

NOT_FOUND: set[str] = set()
