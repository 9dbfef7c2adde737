"""NaME, natural micro-expressions in the wild (Liu et al. 2025, ACM Multimedia, pages 5617-5626).

Its layout is not public. So it is read from a CSV that you write from the annotations you were given.
Layout, from ``root``
    manifest.csv    or another CSV that ``root`` names: the columns of datasets/manifest.py (subject, clip,
                    frames, onset, apex, offset, emotion, aus, fps). Frames lie inside the CSV's folder.
Emotion words, lower case: happiness, anger, disgust, sadness, surprise, others.
Classes 3: as STAG counts them, Table 2: negative has "others" too (506). 5: without "others" (318). 6: all
        words (506).
How many people it has, its frame rate and its action units stand in no source at hand: PUBLISHED has no
number of people, the manifest says the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from preprocessing.datasets import manifest
from preprocessing.datasets.words import first, same
from preprocessing.schema import Clip

CORPUS = "name"
PUBLISHED = {
    "clips": 506,
    "emotions": {"happiness": 15, "anger": 26, "disgust": 69, "sadness": 46, "surprise": 162, "others": 188},
    "source": "the STAG paper, Table 2; not checked on a release",
    "release": "the STAG paper, Table 2",
}
_ALL = {
    "happiness": ("happiness", "happy"),
    **same("anger", "disgust"),
    "sadness": ("sadness", "sad"),
    **same("surprise"),
    "others": ("others", "other"),
}
SCHEMES = {
    "3": {
        "negative": tuple(word for name in ("anger", "disgust", "sadness", "others") for word in _ALL[name]),
        "positive": _ALL["happiness"],
        "surprise": _ALL["surprise"],
    },
    "5": first(_ALL, 5),
    "6": _ALL,
    "all": _ALL,
}
COMPOSITE = False
PICTURES = False


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per row of the CSV. Opens no frame. Raises CorpusError if it is missing or malformed."""
    yield from manifest.read(root, CORPUS)
