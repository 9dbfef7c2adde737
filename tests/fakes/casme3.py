"""A fake CAS(ME)^3, parts A and C. The labels are invented except those of known bad rows; what each is for
stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.fake_corpora import write_book, write_frames

HEADER_A = ("Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion")
ROWS_A: tuple[tuple[str, ...], ...] = (
    ("spNO.1", "b", "166", "168", "169", "2+1", "II", "surprise"),
    # a second clip of one recording; apex at the onset
    ("spNO.1", "b", "8", "8", "11", "T28+14", "VII", "Others"),
    ("spNO.3", "j", "3", "4", "6", "12", "I", "happy"),  # the folder is J
    ("spNO.14", "J", "98", "100", "101", "R4", "III", "others"),  # the folder is j
    ("spNO.2", "e", "138", "143", "148", "1", "V", "surprise"),  # one of the exceptions
    ("spNO.2", "e", "20", "22", "24", "1", "V", "sad"),  # the same recording, no exception
    ("spNO.216", "e", "0", "0", "25", "1", "V", "surprise"),  # an exception; 0.jpg does not exist
    ("spNO.149", "d", "112", "83", "358", "4", "III", "disgust"),  # apex before the onset, copies disagree
    ("spNO.216", "d", "3647", "2668", "2694", "4", "III", "fear"),  # a wrong digit in the onset
    ("spNO.40", "e", "1812", "1824", "0", "4", "III", "anger"),  # nobody knows the offset
    ("spNO.40", "e", "2327", "2363", "0", "4", "III", "anger"),
    ("spNO.214", "c", "5", "5", "3460", "17+4", "VII", "disgust"),  # 115 seconds
)
RECORDINGS: Mapping[str, Sequence[int]] = {  # folder -> frames on disk
    "spNO.1/b": range(1, 172),
    "spNO.3/J": range(1, 8),
    "spNO.14/j": range(96, 104),
    "spNO.2/e": range(1, 150),
    "spNO.216/e": range(1, 27),
    "spNO.149/d": range(110, 115),
    "spNO.216/d": range(2640, 2700),
    "spNO.40/e": range(1810, 1813),
    "spNO.214/c": range(1, 6),
    "spNO.3/A": range(1, 3),
}
HEADER_C = ("sub", "count", "onset", "offset", "au", "emotion")
ROWS_C: tuple[tuple[Any, ...], ...] = (
    (1, 1, 120, 123, "4,7,", "negative"),  # a trailing comma
    (1, 2, 300, 302, "1\uff0c2", "surprise"),  # a comma of full width
    (31, 1, 5, 8, "L12,9?", "positive"),
    (31, 2, 50, 52, 14, "others"),  # an AU cell that is a number
)
BOOKS = {"A": "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", "C": "CAS(ME)3_part_C_ME.xlsx"}


def fake_casme3(
    root: Path, parts: str = "AC", *, rows: Sequence[Sequence[Any]] = ROWS_A, home_a: str = "part_A",
    home_c: str = "ME_C",
    seed: int = 0,
) -> Path:  # fmt: skip
    """CAS(ME)^3, or one part of it. Frames 1.jpg, 2.jpg ... unpadded, depth beside colour; empty sheets
    beside the labels."""
    rng = np.random.default_rng(seed)
    if "A" in parts:
        write_book(root / BOOKS["A"], {"label": [HEADER_A, *rows], "Sheet2": [], "Sheet3": []})
        for folder, numbers in RECORDINGS.items():
            write_frames(root / home_a / folder / "color", [f"{n}.jpg" for n in numbers], rng)
            write_frames(root / home_a / folder / "depth", [f"{n}.png" for n in numbers[:2]], rng)
    if "C" in parts:
        write_book(root / BOOKS["C"], {"mockCrimeME": [HEADER_C, *ROWS_C]})
        for person, count, onset, offset, *_ in ROWS_C:
            folder = root / home_c / f"{person:02d}" / str(count) / "color"
            write_frames(folder, [f"{n}.jpg" for n in range(onset, offset + 1)], rng)
    return root
