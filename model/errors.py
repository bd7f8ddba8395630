"""Failures that a user can cause, told in one clear line."""


class ClearheadError(Exception):
    """An expected failure: the message is one line that says what to do. Exit code 1."""

    exit_code = 1


class UsageError(ClearheadError):
    """A request that cannot be met as asked (unknown lesson, index out of range …). Exit code 2."""

    exit_code = 2
