"""SMIC-HS: 16 people, 100 frames per second (Li et al. 2013, doi:10.1109/FG.2013.6553717).

Layout, from ``root``
    HS/s1/micro/negative/s1_ne_01/image090823.bmp   frames; or SMIC_all_cropped/HS/... (reg_image090823.bmp),
                                                    SMIC_all_raw/HS/..., or s1/... in root itself
Labels  the folder names: no sheet comes with the trimmed clips. Onset and offset are the first and last frame
        number; neither an apex nor action units are annotated. Emotion words: negative, positive, surprise.
        Person s1 is subject 's01'.
Classes 3: its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from preprocessing.datasets import labelled, layout
from preprocessing.datasets.words import THREE_AS_GIVEN
from preprocessing.schema import Clip, CorpusError

CORPUS = "smic_hs"
FRAMES = ("SMIC_all_cropped/HS", "SMIC_all_raw/HS", "HS", ".")
EMOTIONS = ("negative", "positive", "surprise")
FPS = 100.0
PUBLISHED = {
    "clips": 164,
    "subjects": 16,
    "emotions": {"negative": 70, "positive": 51, "surprise": 43},
    "source": "Li et al. 2013, doi:10.1109/FG.2013.6553717",
}
SCHEMES = {"3": THREE_AS_GIVEN, "all": THREE_AS_GIVEN}
COMPOSITE = False
PICTURES = False


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per clip folder, by subject number, emotion and name; those that cannot be used last,
    with one for each folder of a person that this user may not list. Opens no image.

    Raises CorpusError if no person's folder (s1/micro) is found, or if its name holds no number.
    """
    import pandas as pd

    home = layout.first_folder(root, FRAMES, "SMIC HS frames")
    people = {path: path / "micro" for path in layout.folders(home) if _is_person(path)}
    if not people:
        raise CorpusError(f"no folder such as s1/micro in {home}; point the root at the folder that holds HS")
    subjects = {person: labelled.id_number(person.name, str(person)) for person in people}
    rows, unusable = [], []
    for person in sorted(people, key=lambda p: subjects[p]):
        subject = f"s{subjects[person]:02d}"
        folders, shut = _clip_folders(people[person])
        unusable += [
            Clip(CORPUS, f"{CORPUS}/{subject}", folder.name, folder, "", fps=FPS, problem=why)
            for folder, why in shut.items()
        ]
        for folder in folders:
            emotion = folder.parent.name.lower()
            numbers, problem = layout.frame_numbers(folder)
            if emotion not in EMOTIONS:
                emotion, problem = (
                    "",
                    f"frames without a label: folder {emotion!r} is none of {', '.join(EMOTIONS)}",
                )
            if problem:
                unusable.append(
                    Clip(
                        CORPUS, f"{CORPUS}/{subject}", folder.name, folder, emotion, fps=FPS, problem=problem
                    )
                )
                continue
            first, last = str(numbers[0]), str(numbers[-1])
            rows.append((subject, folder.name, first, "", last, emotion, "", folder))
    table = pd.DataFrame(
        rows, columns=["subject", "clip", "onset", "apex", "offset", "emotion", "aus", "frames"]
    )
    yield from labelled.clips(CORPUS, table, aus_known=False, fps=FPS)
    yield from unusable


def _is_person(folder: Path) -> bool:
    """Whether a folder holds ``micro``. Of one that this user may not enter its name tells."""
    from preprocessing.decode import hidden

    micro = folder / "micro"
    return os.path.isdir(micro) or (hidden(micro) is not None and bool(re.fullmatch(r"[Ss]\d+", folder.name)))


def _clip_folders(micro: Path) -> tuple[list[Path], dict[Path, str]]:
    """(clip folders, by emotion and name; {folder that this user may not list: why})."""
    from preprocessing.decode import unread

    level, shut = [micro], {}
    for _ in ("emotions", "clips"):
        below: list[Path] = []
        for folder in level:
            try:
                below += layout.folders(folder)
            except OSError as error:
                shut[folder] = f"{unread(folder, error, 'listed')}; what clips it holds is not known"
        level = below
    return level, shut
