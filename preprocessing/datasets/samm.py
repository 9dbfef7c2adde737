"""SAMM micro-movements: 29 people, 200 frames per second, grey (Davison et al. 2018,
doi:10.1109/TAFFC.2016.2573832).

Layout, from ``root``
    SAMM_Micro_FACS_Codes_v2.xlsx     one annotation sheet: this one, SAMM_20181215_Micro_FACS_Codes*.xlsx or
                                      SAMM.xlsx; it may also lie in root/SAMM. The release has 13 rows of
                                      prose above the header.
    SAMM/006/006_1_2/006_05562.jpg    frames; or 006/... in root itself. Numbers have 4 or 5 digits, by clip.
Labels  one row per clip; Subject is 6 or '006'. Emotion words, lower case: anger, other, happiness, surprise,
        contempt, disgust, fear, sadness. Repairs: fixes/samm.csv.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from preprocessing.datasets import labelled, sheet
from preprocessing.schema import Clip

CORPUS = "samm"
SHEETS = ("SAMM*FACS_Codes*.xls*", "SAMM.xls*")
FPS = 200.0
COLUMNS = {
    "subject": ("Subject",),
    "clip": ("Filename",),
    "onset": ("Onset Frame",),
    "apex": ("Apex Frame",),
    "offset": ("Offset Frame",),
    "aus": ("Action Units",),
    "emotion": ("Estimated Emotion",),
}
PUBLISHED = {
    "clips": 159,
    "subjects": 29,
    "emotions": {
        "anger": 57,
        "other": 26,
        "happiness": 26,
        "surprise": 15,
        "contempt": 12,
        "disgust": 9,
        "fear": 8,
        "sadness": 6,
    },
    "source": "SAMM_Micro_FACS_Codes_v2.xlsx",
}


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per label row, in sheet order, then one with a problem per unlabelled frames folder.
    Opens no image.

    Raises CorpusError if the sheet or one of its columns is missing.
    """
    frames = root / "SAMM" if (root / "SAMM").is_dir() else root
    path = sheet.find_one([root, frames], SHEETS, "SAMM annotation sheet")
    table = sheet.read(path, COLUMNS)
    table["subject"] = labelled.subjects(table, path, "{:03d}")
    table["frames"] = [
        frames / subject / name for subject, name in zip(table["subject"], table["clip"], strict=True)
    ]
    yield from labelled.clips(CORPUS, table, aus_known=True, fps=FPS)
    yield from labelled.unlabelled(CORPUS, frames, table)
