"""MMEW, its micro-expressions: 30 people, 90 frames per second (Ben et al. 2021,
doi:10.1109/TPAMI.2021.3067464).

Layout, from ``root``
    MMEW_Micro_Exp.xlsx               one annotation sheet; copies add to the name: MMEW_Micro_Exp_v2.xlsx.
                                      May lie in root/MMEW_Final.
    Micro_Expression/happiness/S03-01-002/1.jpg    frames; or MMEW_Final/Micro_Expression/..., or in root
                                      itself; with a level for the person or without
                                      (S03/happiness/S03-01-002). Trimmed clips, numbered from 1, no padding.
Labels  one row per clip. The person is what stands before the first '-' of Filename; column Subject is not
        read. Emotion words, lower case: happiness, surprise, disgust, fear, sadness, anger, others; some
        releases name the folder of others 'repression'.
Classes 3: as MEGC 2019 (234). 4: SKD-TSTSAN (263). 6: without "others" (234). 7: all words (300).
Frame numbers  count from the start of the clip or, in some copies, of the recording. Which one is told row by
        row: the sheet's onset..offset are files that exist, or are as many as the files. If neither holds or
        the apex is after the offset, the clip is all its files from the onset on and its apex unknown. Every
        number that is changed stands in ``repairs``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from preprocessing.datasets import labelled, layout, sheet
from preprocessing.datasets.words import THREE_OF_SEVEN, first, only, same
from preprocessing.schema import Clip, CorpusError

CORPUS = "mmew"
SHEETS = ("MMEW_Micro_Exp*.xlsx",)
FRAMES = ("MMEW_Final/Micro_Expression", "Micro_Expression", ".")
EMOTIONS = ("happiness", "surprise", "disgust", "fear", "sadness", "anger", "others", "repression")
FPS = 90.0
COLUMNS = {
    "clip": ("Filename",),
    "onset": ("OnsetFrame",),
    "apex": ("ApexFrame",),
    "offset": ("OffsetFrame",),
    "aus": ("Action Units",),
    "emotion": ("Estimated Emotion",),
}
PUBLISHED = {
    "clips": 300,
    "subjects": 30,  # the paper has 36 participants
    "emotions": {
        "happiness": 36,
        "surprise": 89,
        "disgust": 72,
        "fear": 16,
        "sadness": 13,
        "anger": 8,
        "others": 66,
    },
    "source": (
        "Ben et al. 2021, doi:10.1109/TPAMI.2021.3067464; clips, people and counts per emotion not checked "
        "on a release"
    ),
    "release": "Ben et al. 2021, doi:10.1109/TPAMI.2021.3067464",
}
_ALL = {
    **same("happiness", "surprise", "disgust", "fear", "sadness", "anger"),
    "others": ("others", "other", "repression"),
}
SCHEMES = {
    "3": {**THREE_OF_SEVEN, "negative": ("anger", "disgust", "fear", "sadness")},
    "4": only(_ALL, "happiness", "surprise", "disgust", "others"),
    "6": first(_ALL, 6),
    "7": _ALL,
    "all": _ALL,
}
COMPOSITE = False
PICTURES = False


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per label row, in sheet order, then one with a problem per unlabelled frames folder.
    Opens no image.

    Raises CorpusError if the sheet, one of its columns or the frames are missing, or a Filename names no
    person.
    """
    import pandas as pd

    path = sheet.find_one([root, root / "MMEW_Final"], SHEETS, "MMEW annotation sheet")
    table = sheet.read(path, COLUMNS)
    home = layout.first_folder(root, FRAMES, "MMEW frames")
    found = _clip_folders(home)
    if not found:
        raise CorpusError(
            f"no folder such as happiness/S03-01-002 in {home}; give the folder above Micro_Expression as "
            "root"
        )
    table["subject"] = [name.partition("-")[0] for name in table["clip"]]
    table["subject"] = labelled.subjects(table, path, "S{:02d}")
    names = zip(table["clip"], table["emotion"], strict=True)
    places = [found[name][0] if name in found else _place(home, emotion, name) for name, emotion in names]
    table["frames"] = pd.Series(places, dtype=object)
    for clip in labelled.clips(CORPUS, table, aus_known=True, fps=FPS, needed=("onset",)):
        yield _numbered_as_files(clip, found[clip.name]) if clip.name in found and not clip.problem else clip
    for name in sorted(set(found) - set(table["clip"])):
        yield from (labelled.without_label(CORPUS, name.partition("-")[0], folder) for folder in found[name])


def _clip_folders(home: Path) -> dict[str, list[Path]]:
    """{clip: folders of this name} in ``home/<emotion>`` and ``home/<person>/<emotion>``."""
    people = [folder for folder in layout.folders(home) if re.fullmatch(r"[Ss]\d+", folder.name)]
    found: dict[str, list[Path]] = {}
    for emotion in (folder for level in (home, *people) for folder in layout.shown(level)):
        if emotion.name.lower() in EMOTIONS:
            for folder in layout.shown(emotion):
                found.setdefault(folder.name, []).append(folder)
    return found


def _place(home: Path, emotion: str, name: str) -> Path:
    """Where the folder of a clip should be that was not found."""
    person = layout.folder_in(home, name.partition("-")[0])
    return layout.folder_in(person if os.path.isdir(person) else home, emotion.lower()) / name


def _numbered_as_files(clip: Clip, folders: list[Path]) -> Clip:
    """The clip with frame numbers as in its file names, or with the reason why its folder cannot be read or
    is not its own."""
    files, problem = layout.frame_numbers(clip.frames)
    words = {clip.frames.parent.name.lower(), clip.emotion} - {""}
    if len(folders) > 1:
        problem = f"{len(folders)} folders have this name: {', '.join(map(str, folders))}; keep one of them"
    elif len(words) > 1 and words != {"others", "repression"}:
        problem = f"the sheet says {clip.emotion!r}, but the frames are in {clip.frames}"
    if problem or clip.onset is None:
        return replace(clip, problem=problem)
    before = (clip.onset, clip.apex, clip.offset)
    after, why = _numbers(*before, files[0], files[-1])
    pairs = zip(("onset", "apex", "offset"), before, after, strict=True)
    lines = [f"{what} {_written(old)} -> {_written(new)}: {why}" for what, old, new in pairs if old != new]
    onset, apex, offset = after
    source = "none" if apex is None else clip.apex_source
    return replace(
        clip, onset=onset, apex=apex, offset=offset, apex_source=source, repairs=(*clip.repairs, *lines)
    )


def _numbers(
    onset: int, apex: int | None, offset: int | None, first: int, last: int
) -> tuple[tuple[int, int | None, int], str]:
    """((onset, apex, offset) as numbers of the files first..last, why they differ from the sheet's if they
    do)."""
    shift = first - onset if offset is not None and offset - onset == last - first else 0
    why = [f"the files are {first}..{last}"] + ([f"the sheet's {onset} is file {first}"] if shift else [])
    if offset is None or not first <= onset + shift <= offset + shift <= last:
        why.append(
            "no offset is given" if offset is None else f"onset {onset}..offset {offset} is no range of them"
        )
        return (onset if first <= onset <= last else first, None, last), "; ".join(why)
    if apex is not None and not onset <= apex <= offset:
        why.append(f"apex {apex} is outside onset {onset}..offset {offset}")
        offset = last - shift if apex > offset else offset
        apex = None
    return (onset + shift, None if apex is None else apex + shift, offset + shift), "; ".join(why)


def _written(number: int | None) -> str:
    return "'unknown'" if number is None else f"'{number}'"
