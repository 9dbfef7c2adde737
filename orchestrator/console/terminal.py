"""Where results are printed."""

from __future__ import annotations

import sys

from rich.console import Console


def terminal() -> Console:
    """The terminal; or a file, wide enough for tables, since a log has no width of its own."""
    return Console() if sys.stdout.isatty() else Console(width=130, height=50)
