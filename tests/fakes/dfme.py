"""A fake DFME with its three splits. The labels are invented; what each row is for stands beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
    "Emotion",
    "EmotionId",
    "Fps",
    "AU",
)
BOOKS = {
    "train": "training_full_with_AU.xlsx",
    "testA": "testA_full_with_AU.xlsx",
    "testB": "testB_full_with_AU.xlsx",
}
# the last one is doubled
FOLDERS = {"train": "DFME_train", "testA": "test_data_A", "testB": "test_data_B/test_data_B"}
ROWS: Mapping[str, Sequence[tuple[Any, ...]]] = {
    "train": (
        ("sub0003", "sub0003_01", 0, 4, 8, "happiness", 4, 200, "6+L12"),  # onset 0
        # frames before the onset; an action descriptor
        ("sub0003", "sub0003_02", 3, 5, 7, "disgust", 2, 300, "4+AD29"),
        ("sub0010", "sub0010_01", 0, 9, 11, "surprise", 6, 500, "1+R2+M57"),  # a head code
    ),
    "testA": (("sub0200", "sub0200_01", 0, 2, 4, "anger", 0, 200, 4),),  # an AU cell that is a number
    "testB": (("sub0300", "sub0300_11", 1, 2, 3, "contempt", 1, 500, None),),  # no AU
}


def fake_dfme(
    root: Path, splits: Collection[str] = tuple(ROWS), *, folders: Mapping[str, str] = FOLDERS, seed: int = 0
) -> Path:
    """DFME, or the part of it that ``splits`` names. Frames 00000.png on, five digits, one more than the
    offset says."""
    rng = np.random.default_rng(seed)
    for split in splits:
        write_book(root / BOOKS[split], {"Sheet1": [HEADER, *ROWS[split]]})
        for _, name, _, _, offset, *_ in ROWS[split]:
            write_frames(root / folders[split] / name, [f"{n:05d}.png" for n in range(offset + 2)], rng)
    return root
