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
MERGED = "#MERGED "  # and the block, D5:E5: of a cell that a merged one of several columns covers
# at the ends of what was copied from a page or a mail: signs of no width, besides blanks of any kind
_ENDS = re.compile("^[\\s\u200b-\u200f\u2060\ufeff\u00ad]+|[\\s\u200b-\u200f\u2060\ufeff\u00ad]+$")
# inside a name too; not what joins or parts letters in some scripts (200c, 200d)
_NO_WIDTH = re.compile("[\u200b\u2060\ufeff\u00ad]")
_OTHER_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")  # no-break spaces and their like
_WHOLE = re.compile(r"(\d+)(?:\.0+|,00?)", re.ASCII)  # "25,0" is German; "25,000" may be a thousand


def bare(value: str) -> str:
    """The text without what nobody sees at its ends."""
    return _ENDS.sub("", value)


def seen(value: str) -> str:
    """As ``bare``, and inside without signs of no width, each blank as the usual one: two names that nobody
    can tell apart are one."""
    return bare(_OTHER_BLANK.sub(" ", _NO_WIDTH.sub("", value)))


def blank(value: str) -> str:
    """The value, or "" where it is one of the ways to write that there is none."""
    return "" if value.lower() in EMPTY else value


def wrong(value: str) -> str:
    """Why a cell of a workbook says nothing, or ""."""
    if value.upper() in ERRORS:
        return f"is {value}, an error of the workbook: correct it"
    if value.startswith(MERGED):
        block = value.removeprefix(MERGED)
        return f"lies under the merged cell {block}: unmerge it, and write into each cell what is known"
    return ""


def nobody(person: str) -> bool:
    """Whether an id is what scripts write where they have none. "na" may be somebody's initials."""
    word = person.lower()
    return (word in EMPTY and word not in ("", "na", "n.a", "n.a.")) or not word.strip("?")


def whole(value: str) -> str:
    """'25' of '25.0'; anything else as it is."""
    found = _WHOLE.fullmatch(value)
    return found[1] if found else value
