"""Where folders are. Everything that reads or writes beside the code asks here."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"
# Where films go: renders/ of the checkout, or here where Clearhead is installed without one.
RENDERS = (ROOT if (ROOT / "pyproject.toml").is_file() else Path.cwd()) / "renders"
