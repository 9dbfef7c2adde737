"""Action-unit cells as people and programs spell them, in the grammar of action_units.py.

What follows the grammar stays as it is written. Of the rest only that is respelt which has one meaning: the
side behind the number (12L), other separators (; & | and, a line's end, a blank before AU), lists as Python
prints them, the intensity in brackets or behind a dash, OpenFace's _r and _c, a full stop.
"""

from __future__ import annotations

import re
import unicodedata

from preprocessing.action_units import ActionUnitError, parse
from preprocessing.datasets.values import blank, whole

# what scripts write for a clip without annotation, besides the empty cells of all columns
NO_AUS = ("0", "au0", "false", "no", "no au", "no aus", "[]", "{}", "()", "''")
_SEPARATOR = re.compile(r"\s*(?:[;&|\u3001\n]|\band\b)\s*|(?<=\w)\s+(?=AU\s?\d)", re.IGNORECASE)
_SIDE = re.compile(r"(?<![A-Za-z\d])(?:AU\s*)?(\d{1,2})\s*([LR])(?![A-Za-z])", re.IGNORECASE)
_INTENSITY = re.compile(r"(\d{1,2})\s*(?:\(([A-E])\)|-([A-E])(?![A-Za-z]))", re.IGNORECASE)
_OPENFACE = re.compile(r"(AU\d{1,2})_[rc]\b", re.IGNORECASE)


def spelt(cell: str) -> tuple[str, str]:
    """(the cell in the grammar, or as it is where that is not clear; what was changed, or "")."""
    cell = "+".join(map(whole, cell.split("+")))
    if all(_says_nothing(part) for part in re.split(r"[+,;]", cell)) or _says_nothing(cell):
        return "", ""
    if _follows(cell):
        return cell, ""
    text = unicodedata.normalize("NFKC", cell).strip("[]{} .")
    text = text.replace("'", "").replace('"', "")
    text = _SEPARATOR.sub("+", text)
    text = _OPENFACE.sub(r"\1", text)
    text = _INTENSITY.sub(lambda found: found[1] + (found[2] or found[3]), text)
    text = _SIDE.sub(lambda found: f"{found[2]}{found[1]}", text)
    return (
        (text, f"aus {cell!r} -> {text!r}: the same in the usual notation") if _follows(text) else (cell, "")
    )


def _says_nothing(cell: str) -> bool:
    return not blank(cell.strip()) or cell.strip().lower() in NO_AUS


def _follows(cell: str) -> bool:
    try:
        parse(cell)
    except ActionUnitError:
        return False
    return True
