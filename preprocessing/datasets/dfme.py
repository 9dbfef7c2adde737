"""DFME, the public part: 259 people in three splits, 200, 300 or 500 frames per second (Zhao et al. 2024,
doi:10.1109/TAFFC.2023.3341918).

Layout, from ``root``; it may hold one, two or all three splits
    training_full_with_AU.xlsx        DFME_train/sub0003_01/00000.png
    testA_full_with_AU.xlsx           test_data_A/...
    testB_full_with_AU.xlsx           test_data_B/test_data_B/...    any of the frame folders may be doubled
                                      so
Labels  one row per clip, with its own frame rate. Frames count from 0, so an onset may be 0. Emotion words,
        lower case: anger, contempt, disgust, fear, happiness, sadness, surprise. Action units with
        descriptors (AD29) and head codes (M57).
Split   'train', 'testA' or 'testB' (CCAC 2024 challenge; no person is in two of them).
Classes 3, 5-rest: STAG (test A 474). 5: the five emotions that STAG's Table 7 shares with NaME. 7: all words
        (2,629).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from preprocessing.datasets import labelled, layout, sheet
from preprocessing.datasets.words import THREE_OF_SEVEN, only, same
from preprocessing.schema import Clip

CORPUS = "dfme"
SPLITS = {  # split -> sheet, folder of frames
    "train": ("training_full_with_AU*.xlsx", "DFME_train"),
    "testA": ("testA_full_with_AU*.xlsx", "test_data_A"),
    "testB": ("testB_full_with_AU*.xlsx", "test_data_B"),
}
COLUMNS = {
    "subject": ("Subject",),
    "clip": ("Filename",),
    "onset": ("OnsetFrame",),
    "apex": ("ApexFrame",),
    "offset": ("OffsetFrame",),
    "emotion": ("Emotion",),
    "fps": ("Fps",),
    "aus": ("AU",),
}
# in the order of its EmotionId
_WORDS = ("anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")


def _published(release: str, clips: int, subjects: int, *emotions: int) -> dict[str, Any]:
    counts = dict(zip(_WORDS, emotions, strict=True))
    return {"clips": clips, "subjects": subjects, "emotions": counts, "release": release}


PUBLISHED = {
    **_published("DFME, all of the CCAC 2024 challenge", 2629, 259, 241, 171, 735, 365, 311, 359, 447),
    "splits": {
        "train": _published(
            "DFME's training_full_with_AU.xlsx", 1856, 176, 161, 100, 548, 265, 206, 278, 298
        ),
        "testA": _published("DFME's testA_full_with_AU.xlsx", 474, 42, 39, 34, 129, 62, 63, 46, 101),
        "testB": _published("DFME's testB_full_with_AU.xlsx", 299, 41, 41, 37, 58, 38, 42, 35, 48),
    },
    "source": "CCAC 2024 challenge, github.com/MEA-LAB-421/CCAC-page; emotions: counted in its three sheets",
}
_ALL = same(*_WORDS)
SCHEMES = {
    "3": THREE_OF_SEVEN,
    "5": only(_ALL, "anger", "disgust", "happiness", "sadness", "surprise"),
    "5-rest": {
        **only(_ALL, "anger", "contempt", "happiness", "surprise"),
        "others": ("disgust", "fear", "sadness"),
    },
    "7": _ALL,
    "all": _ALL,
}
COMPOSITE = False
PICTURES = False


def clips(root: Path) -> Iterator[Clip]:
    """Yield, split by split, one Clip per label row, in sheet order, then one with a problem per unlabelled
    frames folder.

    Opens no image. Raises CorpusError if no split is there, if a split has its sheet or its frames only, or
    if a sheet lacks a column.
    """
    there = {
        split: (bool(sheet.find([root], [book])), layout.folder_in(root, folder).is_dir())
        for split, (book, folder) in SPLITS.items()
    }
    for split in layout.complete("split of DFME", root, SPLITS, there):
        yield from _split(root, split)


def _split(root: Path, split: str) -> Iterator[Clip]:
    book, folder = SPLITS[split]
    table = sheet.read(sheet.find_one([root], [book], f"DFME {split} sheet"), COLUMNS)
    frames = layout.first_folder(root, (f"{folder}/{folder}", folder), f"DFME {split} frames")
    table["frames"] = [frames / name for name in table["clip"]]
    rows = zip(labelled.clips(CORPUS, table, aus_known=True, fps=None), table["fps"], strict=True)
    for clip, value in rows:
        fps, problem = _fps(value)
        yield replace(clip, split=split, fps=fps, problem="; ".join(filter(None, [clip.problem, problem])))
    known = set(table["clip"])
    for path in layout.shown(frames):
        if path.name not in known:
            yield replace(labelled.without_label(CORPUS, path.name.rpartition("_")[0], path), split=split)


def _fps(value: str) -> tuple[float | None, str]:
    """(frames per second, problem or ""). An empty cell is no problem."""
    if not value or (value.isascii() and value.isdecimal() and int(value) > 0):
        return (float(value) if value else None), ""
    return None, f"fps {value!r} is no whole number above 0"
