"""Where results are printed."""

from __future__ import annotations

import sys

from preprocessing.terminal import Terminal


def terminal() -> Terminal:
    """The terminal; or a file, wide enough for tables, since a log has no width of its own."""
    return Terminal() if sys.stdout.isatty() else Terminal(width=130, height=50)
