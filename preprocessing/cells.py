"""Text in the cells of our CSV files: what a spreadsheet would take for a formula stays text.

A cell that begins with = + - @ (also in full width), a tab or a line end, after blanks and apostrophes, gets
an apostrophe before it, as OWASP's page on CSV injection has it; ``plain`` takes it off again. Numbers stay
numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = re.compile(r"[' ]*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", re.ASCII)


def escaped(value: Any) -> Any:
    """The value as a cell; only text changes."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def plain(cell: str) -> str:
    """The text of a cell that ``escaped`` has written. Of others it is the cell itself."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def csv_of(frame: pd.DataFrame) -> str:
    """A table as CSV of which no cell is a formula to a spreadsheet."""
    return frame.map(lambda cell: escaped(cell)).to_csv(index=False)
