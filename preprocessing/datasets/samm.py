"""SAMM micro-movements: 29 people, 200 frames per second, grey (Davison et al. 2018,
doi:10.1109/TAFFC.2016.2573832).

Layout, from ``root``
    SAMM_Micro_FACS_Codes_v2.xlsx     one annotation sheet: this one, SAMM_20181215_Micro_FACS_Codes*.xlsx or
                                      SAMM.xlsx; it may also lie in root/SAMM. The release has 13 rows of
                                      prose above the header.
    SAMM/006/006_1_2/006_05562.jpg    frames; or 006/... in root itself. Numbers have 4 or 5 digits, by clip.
Labels  one row per clip; Subject is 6 or '006'. Emotion words, lower case: anger, other, happiness, surprise,
        contempt, disgust, fear, sadness. Repairs: fixes/samm.csv, and Duration against
        onset, offset and files (``_agreed``).
Classes
    3       MEGC 2019 (See et al., FG 2019, doi:10.1109/FG.2019.8756611), without "other" (133).
    5       the protocol that FaceSleuth lists (136).
    5-rest  STAG, Table 2, and MESTI-MEGANet, arXiv:2509.00056, section IV-B (159: disgust, fear and sadness
            are in others, 49).
    7       the seven basic emotions (Davison et al. 2018), without "other" (133).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from preprocessing.datasets import labelled, layout, sheet
from preprocessing.datasets.words import THREE_OF_SEVEN, first, only, same
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
    "duration": ("Duration",),
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
_ALL = {
    **same("happiness", "surprise", "contempt", "anger"),
    "other": ("other", "others"),
    **same("disgust", "fear", "sadness"),
}
SCHEMES = {
    "3": THREE_OF_SEVEN,
    "5": first(_ALL, 5),
    "5-rest": {**first(_ALL, 4), "others": ("other", "others", "disgust", "fear", "sadness")},
    "7": only(_ALL, "happiness", "surprise", "contempt", "anger", "disgust", "fear", "sadness"),
    "all": _ALL,
}
COMPOSITE = False
PICTURES = False
EMPTY = ("no onset is given", "no offset is given")  # problems of labelled.clips


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per label row, in sheet order, then one with a problem per unlabelled frames folder.
    Opens no image.

    Raises CorpusError if the sheet or one of its columns is missing.
    """
    frames = layout.folder_in(root, "SAMM")
    frames = frames if frames.is_dir() else root
    path = sheet.find_one([root, frames], SHEETS, "SAMM annotation sheet")
    table = sheet.read(path, COLUMNS, optional=("duration",))
    table["subject"] = labelled.subjects(table, path, "{:03d}")
    table["frames"] = [
        frames / subject / name for subject, name in zip(table["subject"], table["clip"], strict=True)
    ]
    clips = labelled.clips(CORPUS, table, aus_known=True, fps=FPS)
    for clip, duration in zip(clips, table["duration"], strict=True):
        yield _agreed(clip, duration)
    yield from labelled.unlabelled(CORPUS, frames, table)


def _agreed(clip: Clip, duration: str) -> Clip:
    """The clip after the sheet's cross-check: offset is onset + Duration - 1.

    Where that does not hold, the frames decide, as a clip's folder holds onset..offset: if they end at the
    offset, the Duration is the slip; if they end where onset and Duration say, the offset is it; if they
    begin where offset and Duration say, the onset. Two facts of three then agree, and the clip says so; else
    it has a problem. An empty cell of onset or offset is filled in where the Duration and the files agree.
    """
    length, _ = labelled.number(duration, "duration")
    onset, offset = clip.onset, clip.offset
    if length and clip.problem in EMPTY:
        return _filled(clip, length)
    if clip.problem or length is None or onset is None or offset is None or offset == onset + length - 1:
        return clip
    said = f"Duration is {length}, but onset {onset}..offset {offset} are {offset - onset + 1} frames"
    files, _ = layout.frame_numbers(clip.frames)
    if files:
        ends = {"onset": files[0] == onset, "offset": files[-1] == offset}
        why = f"{said}; the files are {files[0]}..{files[-1]}"
        if all(ends.values()):
            return replace(clip, repairs=(*clip.repairs, f"duration {duration!r} is not used: {why}"))
        if files[0] <= onset and files[-1] == onset + length - 1:
            line = f"offset '{offset}' -> '{files[-1]}': {why}"
            return replace(clip, offset=files[-1], repairs=(*clip.repairs, line))
        if files[-1] >= offset and files[0] == offset - length + 1:
            line = f"onset '{onset}' -> '{files[0]}': {why}"
            return replace(clip, onset=files[0], repairs=(*clip.repairs, line))
        said = why
    if not os.path.exists(clip.frames):
        return clip  # that is told already
    return replace(clip, problem=f"{said}; which is right cannot be known: correct the sheet")


def _filled(clip: Clip, length: int) -> Clip:
    """The clip whose onset or offset is empty, filled in where its files begin and end as the other of them
    and the Duration say; else the clip."""
    files, _ = layout.frame_numbers(clip.frames)
    if not files or files[-1] - files[0] + 1 != length or files[0] != (clip.onset or files[0]):
        return clip
    if files[-1] != (clip.offset or files[-1]):
        return clip
    what = "onset" if clip.onset is None else "offset"
    number = files[0] if clip.onset is None else files[-1]
    line = f"{what} '' -> '{number}': Duration is {length}, and the files are {files[0]}..{files[-1]}"
    return replace(clip, onset=files[0], offset=files[-1], problem="", repairs=(*clip.repairs, line))
