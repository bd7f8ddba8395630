"""KeptColumns: keys or values as columns that stay, with room for those that are still to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from model.numbers.tensor import Tensor
from scenes.kit.numbers.grid import TensorGrid
from scenes.kit.words.strip import CELLS


class KeptColumns(TensorGrid):
    """Rows [position, d] of keys or values stood up side by side as coloured cells, one column a word.

    All columns have their places from the start; `show(count)` lets the first so many be seen, each with its word.
    cell: width and height of a cell. words: over the columns, or none. scale: the magnitude with the fullest colour."""

    def __init__(
        self,
        rows: Tensor,
        kind: str,
        *,
        cell: tuple[float, float],
        words: Sequence[str] | None = None,
        header: float | None = None,
        scale: float | None = None,
    ):
        look: dict[str, Any] = dict(brackets=False, digits=False, scale=scale, header=header)
        super().__init__(
            rows.T,
            kind,
            exact=cell,
            rows=min(rows.shape[1], CELLS),
            column_labels=words,
            column_label_color=kind,
            **look,
        )

    def show(self, count: int) -> KeptColumns:
        """Let the first columns be seen, and no others."""
        seen = (np.arange(self.values.shape[1]) < count).astype(float)
        self.cell_opacity = np.tile(seen, (self.values.shape[0], 1))
        return self

    def _column_seen(self, j: int) -> float:
        return float(self.cell_opacity[:, j].max())


__all__ = ["KeptColumns"]
