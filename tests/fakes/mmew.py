"""A fake MMEW in both of its layouts. The labels are invented; what each row is for stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.fake_corpora import write_book, write_frames

HEADER = (
    "Subject",
    "Filename",
    "OnsetFrame",
    "ApexFrame",
    "OffsetFrame",
    "Action Units",
    "Estimated Emotion",
    "remarks",
)
ROWS: tuple[tuple[Any, ...], ...] = (
    (3, "S03-01-002", 1, 4, 6, "6+R12", "happiness", None),
    # an AU cell that is a number; the folder that has two names
    (5, "S05-04-001", 1, 3, 5, 4, "others", "glasses"),
    (13, "S13-07-001", 120, 123, 130, "4+7", "anger", None),  # numbers of the whole recording
    (13, "S13-03-002", 1, 40, 5, "4+9", "disgust", None),  # apex after offset
    (20, "S20-02-001", 1, 3, 90, "1+2", "Surprise ", None),  # offset beyond the files
    (20, "S20-05-001", 1, "/", None, "1+4", "fear", None),  # neither is given
    (21, "S21-06-001", 1, None, 4, None, "sadness", None),  # no apex, no AU: not wrong
)
FILES = {
    "S03-01-002": 6,
    "S05-04-001": 5,
    "S13-07-001": 11,
    "S13-03-002": 12,
    "S20-02-001": 10,
    "S20-05-001": 4,
    "S21-06-001": 4,
}


def fake_mmew(
    root: Path, rows: Sequence[Sequence[Any]] = ROWS, *, home: str = "Micro_Expression", people: bool = False,
    others: str = "others", sheet: str = "MMEW_Micro_Exp.xlsx", seed: int = 0,
) -> Path:  # fmt: skip
    """MMEW. ``people`` adds the level S03; ``others`` names the folder of that emotion. Frames 1.jpg, 2.jpg
    ... unpadded."""
    rng = np.random.default_rng(seed)
    write_book(root / sheet, {"Sheet1": [HEADER, *rows]})
    for name, count in FILES.items():
        words = [row[6].strip().lower() for row in rows if row[1] == name]
        for word in words:
            emotion = others if word == "others" else word
            folder = root / home / (name.partition("-")[0] if people else ".") / emotion / name
            write_frames(folder, [f"{n}.jpg" for n in range(1, count + 1)], rng)
            (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    if people:
        (root / home / "S03" / "fear").mkdir(parents=True)  # a person need not have every emotion
    # stills of the other half of the corpus
    write_frames(root / "Macro_Expression" / "S01" / "anger", ["S01-07-001.jpg"], rng)
    return root
