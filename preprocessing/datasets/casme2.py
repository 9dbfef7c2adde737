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
Classes (STAG: its Table 2)
    3       MEGC 2019 (See et al., FG 2019, doi:10.1109/FG.2019.8756611): negative = disgust and repression.
            Sadness (7 clips) and fear (2) are negative feelings, but MEGC's negative has 88 clips, which are
            61 disgust + 27 repression; so they are left out, as "others" is. MEGC also leaves out
            sub04/EP12_01f and sub05/EP09_05f by hand; this scheme does not, so it has 90.
    3-rest  STAG (255, of which 198 negative: all that is neither happiness nor surprise, so "others" too).
    4       outline of the ROI-attention paper (147).
    5       Yan et al. 2014 (246; 247 in other releases).
    5-rest  STAG (255, others 108, with sadness and fear; its table has 27 others and 108 repression, which
            can only be the other way round).
    7       all words (255).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from preprocessing.datasets import labelled, layout, sheet
from preprocessing.datasets.words import first, same
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
_EMOTIONS = {
    "others": 99,
    "disgust": 63,
    "happiness": 32,
    "repression": 27,
    "surprise": 25,
    "sadness": 7,
    "fear": 2,
}
PUBLISHED = {
    "clips": 255,
    "subjects": 26,
    "emotions": _EMOTIONS,
    "source": "CASME2-coding-20140508.xlsx; the -updated sheet has one clip of disgust more",
    "release": "CASME2-coding-20140508.xlsx",
    "releases": {
        "updated": {
            "clips": 256,
            "emotions": {**_EMOTIONS, "disgust": 64},
            "release": "CASME2-coding-updated.xlsx",
        },
        "247": {
            "clips": 247,
            "emotions": {"happiness": 33, "surprise": 25, "disgust": 60, "repression": 27, "others": 102},
            "release": "the 247 clips of CASME II in MESTI-MEGANet",
        },
    },
}
_ALL = {
    **same("happiness", "surprise", "disgust", "repression"),
    "others": ("others", "other"),
    **same("sadness", "fear"),
}
_THREE = {"negative": ("disgust", "repression"), "positive": ("happiness",), "surprise": ("surprise",)}
SCHEMES = {
    "3": _THREE,
    "3-rest": {**_THREE, "negative": ("disgust", "repression", "others", "other", "sadness", "fear")},
    "4": first(_ALL, 4),
    "5": first(_ALL, 5),
    "5-rest": {**first(_ALL, 4), "others": ("others", "other", "sadness", "fear")},
    "7": _ALL,
    "all": _ALL,
}
COMPOSITE = False
PICTURES = False


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per label row, in sheet order, then one with a problem per unlabelled frames folder.
    Opens no image.

    Raises CorpusError if the sheet, one of its columns or the frames folder is missing.
    """
    path = sheet.find_one([root], SHEETS, "CASME II annotation sheet")
    table = sheet.read(path, COLUMNS)
    frames = layout.first_folder(root, FRAMES, "CASME II frames")
    table["subject"] = labelled.subjects(table, path, "sub{:02d}")
    table["frames"] = [
        frames / subject / name for subject, name in zip(table["subject"], table["clip"], strict=True)
    ]
    yield from labelled.clips(CORPUS, table, aus_known=True, fps=FPS)
    yield from labelled.unlabelled(CORPUS, frames, table)
