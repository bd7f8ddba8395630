"""What a mobject draws, against the numbers of its tensors."""

from scenes.kit.ground.encodings import Mark
from studio.audit.checks.geometry import check_marks


class Held:
    """In place of the audit's sources: a tensor's own values."""

    @staticmethod
    def again(tensor):
        return tensor.values


def speaking(mobject) -> list[Mark]:
    """The shapes that stand for numbers."""
    return [mark for mark in mobject.marks() if mark.shows]


def matches(mobject) -> None:
    """Every shape that is drawn stands for the number of its tensor."""
    assert speaking(mobject) and list(check_marks(mobject.marks(), Held(), mobject.style.theme)) == []
