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

LIKE = "synthetic"
COLUMNS = ("subject", "video", "fps", "kind", "onset", "apex", "offset", "emotion")


def videos(root: Path) -> Iterator[LongVideo]:
    """Raises CorpusError for a missing or malformed intervals.csv, and a number that is none."""
    rows: dict[str, list[dict[str, str]]] = {}
    for row in table(root / "intervals.csv", COLUMNS):
        rows.setdefault(row["video"], []).append(row)
    for name, held in rows.items():
        seen = tuple(
            Expression(row["kind"], int(row["onset"]), int(row["apex"]), int(row["offset"]), row["emotion"])
            for row in held
            if row["kind"] in KINDS
        )
        yield LongVideo(name, held[0]["subject"], root / name, float(held[0]["fps"]), seen)
