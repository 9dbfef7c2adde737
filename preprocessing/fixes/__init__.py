"""Repairs of known mistakes in the corpora's own labels: one CSV per corpus, one row per repaired value, each
with its source.

Columns  subject, clip, onset   which row of the sheet, as the adapter normalises them (``006``, ``006_1_2``,
                                ``5562``); the onset is the one in the sheet, before any repair
         column                 apex, offset, onset, emotion or aus
         bad value              the text that must stand there for the repair to apply, or ``(outside
                                onset..offset)`` where copies of a sheet differ in the wrong number
         value                  the text to put there; empty = unknown
         reason, source         why, and who says so

Sheets circulate in several versions, so nothing is keyed by row position, and a sheet whose value is already
right is left as it is. A repair never picks between alternatives that the annotators left open: the grammar
in action_units.py keeps those.
"""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import TYPE_CHECKING

from preprocessing.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("subject", "clip", "onset", "column", "bad value", "value", "reason", "source")
REPAIRABLE = ("onset", "apex", "offset", "emotion", "aus")
OUTSIDE = "(outside onset..offset)"


class FixError(BadInput):
    """A CSV of fixes is malformed. Names the file and the line."""


def load(corpus: str) -> list[dict[str, str]]:
    """Rows of ``<corpus>.csv``; [] for a corpus without one. Raises FixError if a row breaks the rules
    above."""
    path = files("preprocessing.fixes") / f"{corpus}.csv"
    if not path.is_file():
        return []
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise FixError(f"{path}: the header must be {','.join(COLUMNS)}")
    fixes = []
    for number, row in enumerate(rows[1:], start=2):
        where = f"{path} line {number}"
        if len(row) != len(COLUMNS):
            raise FixError(
                f"{where}: {len(row)} values for {len(COLUMNS)} columns; quote a value that holds a comma"
            )
        fix = dict(zip(COLUMNS, row, strict=True))
        if fix["column"] not in REPAIRABLE:
            raise FixError(
                f"{where}: column {fix['column']!r} cannot be repaired; one of {', '.join(REPAIRABLE)}"
            )
        if fix["bad value"] == OUTSIDE and fix["column"] != "apex":
            raise FixError(f"{where}: {OUTSIDE} is a rule for the apex only")
        if not fix["reason"] or not fix["source"]:
            raise FixError(f"{where}: every repair needs a reason and a source")
        fixes.append(fix)
    return fixes


def apply(
    frame: pd.DataFrame, corpus: str, *, fixes: list[dict[str, str]] | None = None
) -> tuple[pd.DataFrame, list[tuple[str, ...]]]:
    """A repaired copy of ``frame``, and for each of its rows, in order, one line of text per repair made.

    frame   columns subject, clip, onset, apex, offset, emotion, aus, all text ("" = empty cell); further
            columns are kept.
    fixes   rows as ``load`` gives them; by default those of ``corpus``.
    """
    fixes = load(corpus) if fixes is None else fixes
    frame = frame.copy()
    done: list[list[str]] = [[] for _ in range(len(frame))]
    keys = list(zip(frame["subject"], frame["clip"], frame["onset"], strict=True))
    for fix in fixes:
        column = list(frame.columns).index(fix["column"])
        for i, key in enumerate(keys):
            if key != (fix["subject"], fix["clip"], fix["onset"]) or not _is_bad(frame.iloc[i], fix):
                continue
            done[i].append(
                f"{fix['column']} {frame.iat[i, column]!r} -> {fix['value'] or 'unknown'!r}: {fix['reason']} "
                f"({fix['source']})"
            )
            frame.iat[i, column] = fix["value"]
    return frame, [tuple(lines) for lines in done]


def _is_bad(row: pd.Series, fix: dict[str, str]) -> bool:
    value = str(row[fix["column"]])
    if fix["bad value"] != OUTSIDE:
        return value == fix["bad value"]
    numbers = [str(row[name]) for name in ("onset", "apex", "offset")]
    if not all(n.isdecimal() for n in numbers):
        return False
    onset, apex, offset = map(int, numbers)
    return not onset <= apex <= offset
