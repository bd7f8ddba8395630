"""Clearhead where people write: `clearhead.sphinx` is for Sphinx and MyST, `clearhead.notebook` for Jupyter.

Films are made by the command `clearhead render`, in a process of its own, and kept by what was asked for."""
