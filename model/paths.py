"""Where the checkout's folders are. Everything that reads or writes beside the code asks here."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"
RENDERS = ROOT / "renders"
