"""CAS(ME)^3, parts A and C: 30 frames per second (Li et al. 2023, doi:10.1109/TPAMI.2022.3174895).

Layout, from ``root``; it may hold one part or both
    cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx   part_A/spNO.1/b/color/166.jpg    whole recordings, 13 a
                                                person, numbered from 1
    CAS(ME)3_part_C_ME.xlsx                     ME_C/01/3/color/120.jpg          mock crime: {sub}/{count}, no
                                                apex annotated
    part_A may lie in part_A_split, that in part_A/data, ME_C in part_C. Upper and lower case do not matter in
    the names of people and recordings. The frame rate of part C was not checked.
Labels  one row per clip. Emotion words, lower case, as written. Part A: disgust, surprise, others, fear,
        anger, sad, happy. Part C: negative, positive, surprise, others.
Person  'casme3/A-spNO.1', 'casme3/C-01'. Nobody says whether the same person is in both parts, so a person of
        A and one of C are never taken for the same: with both parts under one root, a split by person may
        have one person on both sides. A sweep and ``check`` say so; --same-person joins whom you know.
Clip    {recording}_{onset}, 'b_166'. One recording holds several clips; two of them cannot start at the same
        frame, and unlike a running number the onset stays when rows are sorted, added or removed. It is the
        onset after repair.
Exceptions  The 16 clips that the authors' repository lists in exception/ (15 with a covered face at the apex,
        spNO.216/e whose first frame does not exist) are quarantined, with that reason.
Classes 3: as MEGC 2019 (part A 699, part C 145). 4: "3" and others, the words of part C (A 860, C 165). 7:
        the words of part A (860), without negative and positive. "3" and "4" join the parts: negative and
        positive of part C, and the emotions of part A. "all" has the words of both parts, so its classes
        overlap (negative, disgust); for part A alone take 7, for part C alone 4.
Repairs fixes/casme3.csv. An offset of which nobody knows the right value becomes unknown, which quarantines
the clip.
Frames  that were dropped inside a clip are found when its frames are read, and quarantine it. Recordings hold
        mostly frames that no clip labels, so none is reported as unlabelled.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from preprocessing.datasets import labelled, layout, sheet
from preprocessing.datasets.words import first, same
from preprocessing.schema import Clip

CORPUS = "casme3"
FPS = 30.0
PARTS = {  # part -> sheet, folders of frames
    "A": (
        "cas(me)*3_part_A_ME_label*.xls*",
        ("part_A/data/part_A_split/part_A", "part_A_split/part_A", "part_A"),
    ),
    "C": ("cas(me)*3_part_C_ME*.xls*", ("part_C/ME_C", "ME_C")),
}
COLUMNS = {
    "subject": ("Subject", "sub"),
    "clip": ("Filename", "count"),
    "onset": ("Onset",),
    "apex": ("Apex",),
    "offset": ("Offset",),
    "aus": ("AU",),
    "emotion": ("emotion",),
}
# (person, recording, onset) -> why; github.com/jingtingEmmaLi/CAS-ME-3 9e25aa9,
# exception/casme3_partA_error_list_ZhouJu.xlsx
EXCEPTIONS: dict[tuple[str, str, int | None], str] = {
    **dict.fromkeys(
        (
            ("spNO.2", "e", 138),
            ("spNO.145", "g", 150),
            ("spNO.146", "a", 530),
            ("spNO.147", "d", 1146),
            ("spNO.147", "e", 1058),
            ("spNO.155", "d", 5),
            ("spNO.179", "b", 7),
            ("spNO.200", "b", 518),
            ("spNO.204", "a", 606),
            ("spNO.206", "a", 10),
            ("spNO.206", "c", 69),
            ("spNO.214", "b", 5),
            ("spNO.214", "k", 4),
            ("spNO.215", "f", 5),
            ("spNO.215", "f", 2183),
        ),
        "the face is covered at the apex",
    ),
    ("spNO.216", "e", 0): "its first frame does not exist",
}


_OFFICIAL = "github.com/jingtingEmmaLi/CAS-ME-3 9e25aa9"


def _published(what: str, clips: int, subjects: int, **emotions: int) -> dict[str, Any]:
    release = f"{what} of {_OFFICIAL}"
    return {"clips": clips, "subjects": subjects, "emotions": emotions, "release": release}


PUBLISHED = {
    **_published(
        "parts A and C",
        1025,
        124,
        disgust=250,
        surprise=217,
        others=181,
        negative=99,
        fear=86,
        anger=64,
        sad=57,
        happy=55,
        positive=16,
    ),
    "parts": {
        "A": _published(
            "part A", 860, 94, disgust=250, surprise=187, others=161, fear=86, anger=64, sad=57, happy=55
        ),
        "C": _published("part C", 165, 30, negative=99, surprise=30, others=20, positive=16),
    },
    "source": f"counted in both sheets of {_OFFICIAL}; the paper has 1,109 clips",
}
_THREE = {
    "negative": ("negative", "anger", "disgust", "fear", "sad", "sadness"),
    "positive": ("positive", "happy", "happiness"),
    "surprise": ("surprise",),
}
_ALL = {  # the words of part A, then those of part C
    "happiness": ("happy", "happiness"),
    **same("surprise", "disgust", "fear", "anger"),
    "sadness": ("sad", "sadness"),
    "others": ("others", "other"),
    **same("negative", "positive"),
}
SCHEMES = {"3": _THREE, "4": {**_THREE, "others": ("others", "other")}, "7": first(_ALL, 7), "all": _ALL}
MAY_SHARE_PEOPLE = ("A", "C")
COMPOSITE = False
PICTURES = False


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per label row, part A before part C, in sheet order. Opens no image.

    Raises CorpusError if no part is there, if a part has its sheet or its frames only, or if a sheet lacks a
    column.
    """
    wanted = {part: (book, f"a folder {' or '.join(homes)}") for part, (book, homes) in PARTS.items()}
    there = {
        part: (bool(sheet.find([root], [book])), _has_frames(root, part)) for part, (book, _) in PARTS.items()
    }
    for part in layout.complete("part of CAS(ME)^3", root, wanted, there):
        yield from _part(root, part)


def _has_frames(root: Path, part: str) -> bool:
    return any(os.path.isdir(layout.folder_in(root, home)) for home in PARTS[part][1])


def _part(root: Path, part: str) -> Iterator[Clip]:
    book, homes = PARTS[part]
    path = sheet.find_one([root], [book], f"CAS(ME)^3 part {part} sheet")
    table = sheet.read(path, COLUMNS, optional=("apex",) if part == "C" else ())
    home = layout.first_folder(root, homes, f"CAS(ME)^3 part {part} frames")
    found = {(a.name.lower(), b.name.lower()): b for a in layout.shown(home) for b in layout.shown(a)}
    people = table["subject"].tolist() if part == "A" else labelled.subjects(table, path, "{:02d}")
    names = [(person, name.lower()) for person, name in zip(people, table["clip"], strict=True)]
    table["frames"] = [found.get((a.lower(), b), layout.folder_in(home, a) / b) / "color" for a, b in names]
    table["subject"], table["clip"] = [f"{part}-{person}" for person in people], [name for _, name in names]
    for clip, (person, name) in zip(
        labelled.clips(CORPUS, table, aus_known=True, fps=FPS), names, strict=True
    ):
        why = EXCEPTIONS.get((person, name, clip.onset)) if part == "A" else None
        listed = f"listed in the official exceptions: {why}" if why else ""
        unique = f"{name}_{clip.onset}" if name and clip.onset is not None else name
        yield replace(clip, name=unique, problem="; ".join(filter(None, [clip.problem, listed])))
