"""Long synthetic videos, as ``python -m preprocessing.render ROOT --long SECONDS`` writes them.

Layout, from ``root``
    intervals.csv    subject,video,fps,frames,kind,onset,apex,offset,emotion,aus
    p01/v01.avi
Row     one event; kind micro or macro is an expression, the others (blinks, speech, turns) are none.
Emotion the word that was rendered, for both kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from preprocessing.datasets.tables import table
from preprocessing.long_videos.truth import KINDS, Expression, LongVideo
from preprocessing.schema import CorpusError

LIKE = "synthetic"
COLUMNS = ("subject", "video", "fps", "kind", "onset", "apex", "offset", "emotion")


def videos(root: Path) -> Iterator[LongVideo]:
    """Raises CorpusError for a missing or malformed intervals.csv, and a number that is none."""
    rows: dict[str, list[dict[str, str]]] = {}
    for row in table(root / "intervals.csv", COLUMNS):
        rows.setdefault(row["video"], []).append(row)
    for name, held in rows.items():
        seen = tuple(_expression(row, root) for row in held if row["kind"] in KINDS)
        try:
            fps = float(held[0]["fps"])
        except ValueError as error:
            raise _malformed(root, held[0]) from error
        yield LongVideo(name, held[0]["subject"], root / name, fps, seen)


def _expression(row: dict[str, str], root: Path) -> Expression:
    try:
        onset, apex, offset = (int(row[name]) for name in ("onset", "apex", "offset"))
    except ValueError as error:
        raise _malformed(root, row) from error
    if not 0 <= onset <= apex <= offset:
        raise _malformed(root, row)
    return Expression(row["kind"], onset, apex, offset, row["emotion"])


def _malformed(root: Path, row: dict[str, str]) -> CorpusError:
    said = ", ".join(f"{name} {row[name]!r}" for name in ("fps", "onset", "apex", "offset"))
    return CorpusError(
        f"{root / 'intervals.csv'}: {row['video']} has {said}; fps is a number, and 0 <= onset <= apex <= "
        "offset are frames: render it again"
    )
