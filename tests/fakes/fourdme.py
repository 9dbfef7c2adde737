"""A fake 4DME in both of its layouts. The labels are invented; what each row is for stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.fake_corpora import write_book, write_frames

WORDS = ("Positive", "Negative", "Surprise", "Repression", "Others")
HEADER = (
    "sub_ID",
    "fold_name",
    "Emotion",
    "Onset",
    "Apex",
    "Offset",
    "AUs",
    "fold",
    "eye blink",
    *WORDS,
    "Total",
    "AU4",
    "AU12",
)
ROWS: tuple[tuple[Any, ...], ...] = (
    # numbers are stored as floats; a static AU
    ("S01", "1st_001_01_1", "Negative", 2490.0, 2492.0, 2495.0, "AU4(k)+L7"),
    ("S01", "1st_001_01_2", "Surprise+Positive", 98.0, 99.0, 102.0, "1+2+12"),  # two emotions; 99 -> 100
    ("S13", "1st_001_01_1", "Positive", 7.0, 8.0, 9.0, "AUR2+12(k)+45"),  # the same fold_name as S01 has
    ("S13", "1st_001_01_2", "Others", 20.0, 21.0, 22.0, 24),  # an AU cell that is a number
    ("S14", "2nd_003_02_1", "Repression", 30.0, 31.0, 33.0, "14+17"),
    ("S14", "2nd_003_02_2", "Surprise ", 40.0, 40.0, 42.0, "1+2"),
)
SHEET = "4DME_Labelling_Micro_release v1.xlsx"


def tail(row: Sequence[Any]) -> tuple[Any, ...]:
    """The cells from AUs to the end, right for this row."""
    words = [word.strip() for word in str(row[2]).split("+")]
    flags = [int(word in words) for word in WORDS]
    return (row[6], 3, 0, *flags, sum(flags), int("4" in str(row[6])), int("12" in str(row[6])))


def fake_fourdme(
    root: Path, rows: Sequence[Sequence[Any]] = ROWS, *, swapped: Sequence[tuple[int, int]] = ((2, 3),),
    layout: str = "{}/{}",
    home: str = "gray_micro", header: Sequence[str] = HEADER, seed: int = 0,
) -> Path:  # fmt: skip
    """4DME. ``swapped`` pairs of rows get each other's cells from AUs on. ``layout`` names the folder by
    sub_ID and fold_name."""
    rng = np.random.default_rng(seed)
    tails = [tail(row) for row in rows]
    for one, other in swapped:
        tails[one], tails[other] = tails[other], tails[one]
    table = [dict(zip(HEADER, (*row[:6], *rest), strict=True)) for row, rest in zip(rows, tails, strict=True)]
    write_book(root / SHEET, {"Sheet1": [header, *([row[name] for name in header] for row in table)]})
    extra = [[*row.values(), "3'"] for row in table]
    write_book(
        root / "4DME_Labelling_Micro_extras_release v1.xlsx", {"Sheet1": [[*HEADER, "video emo'"], *extra]}
    )
    for subject, clip, _, onset, _, offset, *_ in rows:
        write_frames(
            root / home / layout.format(subject, clip),
            [f"{n}.jpg" for n in range(int(onset), int(offset) + 1)],
            rng,
        )
    return root
