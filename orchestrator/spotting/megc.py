"""The result files of MEGC: one row an interval, CSV.

Columns ``vid, pred_onset, pred_offset, type``, type ``me`` or ``mae``, frames inclusive and counted from 1,
as the teams of 2022 submitted; with ``emotion`` behind them, for spot-then-recognise. Truth is read from
the same file with ``onset`` and ``offset`` for the two numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from orchestrator.common.errors import ConfigError
from orchestrator.spotting.metrics import Spotted
from preprocessing.cells import escaped, plain
from preprocessing.datasets.text import above
from preprocessing.places import write_atomically
from preprocessing.regular import regular

TYPES = {"me": "micro", "mae": "macro", "micro": "micro", "macro": "macro",
         "micro-expression": "micro", "macro-expression": "macro"}  # fmt: skip
_SHORT = {"micro": "me", "macro": "mae"}
_NAMES = {
    "video": ("vid", "video"),
    "onset": ("pred_onset", "onset"),
    "offset": ("pred_offset", "offset"),
    "kind": ("type", "kind"),
}


def read(path: Path, *, first: int = 1) -> list[Spotted]:
    """Intervals of a MEGC result or truth file, in its order, frames counted from 0.

    first  the number that the file gives to a video's first frame. ``emotion`` and ``score`` are read where
           the file has them. Rows of another type are no expressions (the renderer's blinks), and left out.
    Comments (#) above the header are passed over. Raises ConfigError for a missing column, a number that is
    none, an onset behind its offset.
    """
    lines = list(io.StringIO(regular(Path(path)).read_text(encoding="utf-8-sig")))
    comments = above(lines)
    rows = csv.DictReader(lines[comments:])
    header = {name.strip().casefold(): name for name in rows.fieldnames or ()}
    columns = {}
    for what, names in _NAMES.items():
        known = [header[name] for name in names if name in header]
        if not known:
            raise ConfigError(f"{path} has no column {' or '.join(names)}; it has {', '.join(header)}")
        columns[what] = known[0]
    found = []
    for number, row in enumerate(rows, start=2 + comments):
        kind = (row[columns["kind"]] or "").strip().casefold()
        if kind not in TYPES:
            continue
        try:
            onset, offset = (int(float(row[columns[what]])) - first for what in ("onset", "offset"))
            score = float(row.get(header.get("score", ""), "") or 0.0)
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"{path}, line {number}: {error}; onset and offset are frame numbers"
            ) from error
        if onset > offset or onset < 0:
            raise ConfigError(
                f"{path}, line {number}: onset {onset + first} and offset {offset + first}; an interval "
                f"goes from onset to offset, and frames are counted from {first}"
            )
        emotion = plain((row.get(header.get("emotion", ""), "") or "").strip())
        found.append(
            Spotted(plain(row[columns["video"]].strip()), onset, offset, TYPES[kind], emotion, score)
        )
    return found


def text(spotted: Iterable[Spotted], *, first: int = 1) -> str:
    """A MEGC result file, rows by video and onset; the column ``emotion`` where one of them has a class."""
    rows = sorted(spotted, key=lambda one: (one.video, one.onset, one.offset))
    made = io.StringIO()
    out = csv.writer(made, lineterminator="\n")
    classes = any(one.emotion for one in rows)
    out.writerow(["vid", "pred_onset", "pred_offset", "type", *(["emotion"] if classes else [])])
    for one in rows:
        cells = [escaped(one.video), one.onset + first, one.offset + first, _SHORT[one.kind]]
        out.writerow([*cells, *([escaped(one.emotion)] if classes else [])])
    return made.getvalue()


def write(path: Path, spotted: Iterable[Spotted], *, first: int = 1) -> None:
    """``text`` as a file. Raises OSError."""
    made = text(spotted, first=first)
    write_atomically(path, lambda place: place.write_text(made, encoding="utf-8"))
