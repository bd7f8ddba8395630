"""Runs a notebook of docs/notebooks as Jupyter does, one cell after the other, and keeps what comes out:

python -m tests.studio.notebooks docs/notebooks/trace.ipynb    # runs it and writes its outputs into it
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

Output = dict[str, Any]


def run(notebook: Path, folder: Path) -> list[list[Output]]:
    """The outputs of each code cell, run in a folder: what was printed, and the value of a last line that has one."""
    cells = [cell for cell in json.loads(notebook.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}
    with contextlib.chdir(folder):
        return [_cell("".join(cell["source"]), names) for cell in cells]


def _cell(source: str, names: dict[str, Any]) -> list[Output]:
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    value, printed = None, io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), "<cell>", "exec"), names)  # noqa: S102
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307
    outputs: list[Output] = []
    if text := printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)})
    if value is not None:
        outputs.append(
            {"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": _shown(value)}
        )
    return outputs


def _shown(value: Any) -> dict[str, Any]:
    """By what Jupyter would show it: a picture where there is one."""
    if not hasattr(value, "_repr_png_"):
        return {"text/plain": [repr(value)]}
    return {"image/png": base64.b64encode(value._repr_png_()).decode(), "text/plain": ["a picture"]}


def keep(notebook: Path) -> None:
    """Write into a notebook what its cells give."""
    about = json.loads(notebook.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        outputs = iter(run(notebook.resolve(), Path(folder)))
    for cell in about["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": next(outputs), "execution_count": None}
    notebook.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", os.getcwd())
    keep(Path(sys.argv[1]))
