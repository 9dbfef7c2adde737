"""CASME II: 26 people, 200 frames per second, spontaneous (Yan et al. 2014,
doi:10.1371/journal.pone.0086041).

Layout, from ``root``
    CASME2-coding-20140508.xlsx       one annotation sheet: this one, -20190701, -updated, or
                                      CASME2_label_Ver_2 saved as .xlsx
    CASME2_RAW_selected/sub01/EP02_01f/img46.jpg    frames; or CASME2-RAW (whole recordings), or Cropped
                                      (reg_img46.jpg). Where several are there, the first in this order is
                                      read.
Labels  one row per clip; Subject is 1 or '01'; a '/' in ApexFrame is a missing apex (sub04 EP12_01f). Emotion
        words, lower case: others, disgust, happiness, repression, surprise, sadness, fear.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from preprocessing.datasets import labelled, sheet
from preprocessing.schema import Clip

CORPUS = "casme2"
SHEETS = ("CASME2-coding-*.xlsx", "CASME2_label_Ver_*.xls*")
FRAMES = ("CASME2_RAW_selected", "CASME2-RAW", "CASME2_RAW", "Cropped-updated/Cropped", "Cropped")
FPS = 200.0
COLUMNS = {
    "subject": ("Subject",),
    "clip": ("Filename",),
    "onset": ("OnsetFrame",),
    "apex": ("ApexFrame",),
    "offset": ("OffsetFrame",),
    "aus": ("Action Units",),
    "emotion": ("Estimated Emotion",),
}
PUBLISHED = {
    "clips": 255,
    "subjects": 26,
    "emotions": {
        "others": 99,
        "disgust": 63,
        "happiness": 32,
        "repression": 27,
        "surprise": 25,
        "sadness": 7,
        "fear": 2,
    },
    "source": "CASME2-coding-20140508.xlsx; the -updated sheet has one clip of disgust more",
}


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per label row, in sheet order, then one with a problem per unlabelled frames folder.
    Opens no image.

    Raises CorpusError if the sheet, one of its columns or the frames folder is missing.
    """
    path = sheet.find_one([root], SHEETS, "CASME II annotation sheet")
    table = sheet.read(path, COLUMNS)
    frames = labelled.first_folder(root, FRAMES, "CASME II frames")
    table["subject"] = labelled.subjects(table, path, "sub{:02d}")
    table["frames"] = [
        frames / subject / name for subject, name in zip(table["subject"], table["clip"], strict=True)
    ]
    yield from labelled.clips(CORPUS, table, aus_known=True, fps=FPS)
    yield from labelled.unlabelled(CORPUS, frames, table)
