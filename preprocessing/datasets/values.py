"""What a cell says: an empty one, a whole number, an error of the workbook."""

from __future__ import annotations

import re

EMPTY = (
    "", "/", "-", "--", "\u2013", "\u2014", "na", "n/a", "n.a.", "n.a", "#n/a", "nan", "nat", "none", "null",
    "nil", "<na>", "\\n",
)  # fmt: skip
ERRORS = {
    "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!", "#FIELD!",
    "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#GETTING_DATA", "#NOT CALCULATED!",
}  # fmt: skip
_WHOLE = re.compile(r"(\d+)(?:\.0+|,00?)", re.ASCII)  # "25,0" is German; "25,000" may be a thousand


def blank(value: str) -> str:
    """The value, or "" where it is one of the ways to write that there is none."""
    return "" if value.lower() in EMPTY else value


def whole(value: str) -> str:
    """'25' of '25.0'; anything else as it is."""
    found = _WHOLE.fullmatch(value)
    return found[1] if found else value
