"""Prints how far each family is from `transformers`, as docs/models.md has it: python -m tests.model.families"""

from pathlib import Path
from tempfile import TemporaryDirectory

from model import load, run
from tests.model.families.foreign import KINDS, TEXT, compute, model, write
from tests.model.families.parity import worst

for kind in KINDS:
    with TemporaryDirectory() as folder:
        trace = run(load(write(kind, Path(folder))), TEXT)
    found = worst(trace, compute(model(kind), trace.ids))
    print(f"{kind:20} " + "  ".join(f"{name} {value:.0e}" for name, value in found.items()))
