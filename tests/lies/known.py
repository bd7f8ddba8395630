"""The lies that nobody finds yet: what is to be built. Each leaves this list with the check that finds it."""

NOT_FOUND = {"losses are rounded before they are averaged", "another random number than the seed's"}
