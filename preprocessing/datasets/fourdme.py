"""4DME, its grey micro-expressions: 60 frames per second (Li et al. 2023, doi:10.1109/TAFFC.2022.3182342).

Layout, from ``root``
    4DME_Labelling_Micro_release v1.xlsx    one annotation sheet; ..._Micro_extras_release v1.xlsx may lie
                                            beside it and is not read
    gray_micro/S13/1st_001_01_1/*.jpg       frames: gray_micro/{sub_ID}/{fold_name}; or flat, one folder a
                                            clip named {fold_name} or {sub_ID}_{fold_name}, also below
                                            gray_micro_register_final
Labels  one row per clip. Emotion words, lower case: positive, negative, surprise, repression, others, or
        several at once, kept as written ('surprise+positive'). Action units marked '(k)' are static; they
        stay in ``aus``, the AU vector leaves them out.
Swapped rows  In release v1 two neighbouring rows have each other's cells from AUs to the end. The columns
        Positive ... Others, which are among those cells, tell: where they contradict Emotion in two
        neighbours and each has what the other needs, the AUs are put back and a line of ``repairs`` says so.
        Any other contradiction is a problem of the clip. Swapped rows of one and the same emotion cannot be
        found so.
Classes 3: ours, without repression and others. 5: its own five (228). Clips with several emotions at once are
        left out of all schemes; STAG gives most of them to one of their emotions (3 classes: 215 clips, 5:
        267) and does not say by which rule.
Not checked on a release: the frame rate, and that frame numbers are those of the sheet; a clip where they are
not is quarantined when its frames are read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from preprocessing.datasets import labelled, layout, sheet
from preprocessing.datasets.words import THREE_AS_GIVEN, same
from preprocessing.schema import Clip

if TYPE_CHECKING:
    import pandas as pd

CORPUS = "fourdme"
SHEETS = ("4DME_Labelling_Micro_release*.xls*",)
FRAMES = ("gray_micro", "gray_micro_register_final")
FPS = 60.0
WORDS = ("positive", "negative", "surprise", "repression", "others")
COLUMNS = {
    "subject": ("sub_ID", "sub_ID'"),
    "clip": ("fold_name", "fold_name'"),
    "emotion": ("Emotion",),
    "onset": ("Onset",),
    "apex": ("Apex",),
    "offset": ("Offset",),
    "aus": ("AUs",),
    **{word: (word,) for word in WORDS},  # 0 or 1
}
PUBLISHED = {
    "clips": 267,
    "emotions": {
        "negative": 127,
        "positive": 34,
        "surprise": 30,
        "repression": 6,
        "others": 31,
        "surprise+positive": 13,
        "negative+surprise": 8,
        "repression+surprise": 3,
        "positive+repression": 8,
        "negative+repression": 7,
    },
    "source": (
        "clips: tvaranka/meb f731b0a; emotions: uncertain, not checked on a release, nor the order of two "
        "words"
    ),
    "release": "4DME_Labelling_Micro_release v1.xlsx (uncertain: not checked on a release)",
}
_ALL = same("negative", "positive", "surprise", "repression", "others")
SCHEMES = {"3": THREE_AS_GIVEN, "5": _ALL, "all": _ALL}
COMPOSITE = False
PICTURES = False


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per label row, in sheet order, then one with a problem per unlabelled frames folder.
    Opens no image.

    Raises CorpusError if the sheet, one of its columns (Positive ... Others may lack) or the frames folder is
    missing.
    """
    import pandas as pd

    path = sheet.find_one([root], SHEETS, "4DME annotation sheet")
    table = sheet.read(path, COLUMNS, optional=WORDS)
    home = layout.first_folder(root, FRAMES, "4DME frames")
    names = zip(table["subject"], table["clip"], strict=True)
    table["frames"] = pd.Series([_folder(home, subject, name) for subject, name in names], dtype=object)
    wrong, partner = _contradictions(table)
    aus, ids = table["aus"].tolist(), (table["subject"] + "/" + table["clip"]).tolist()
    table["aus"] = [aus[partner.get(i, i)] for i in range(len(aus))]
    for i, clip in enumerate(labelled.clips(CORPUS, table, aus_known=True, fps=FPS)):
        if i in partner:
            why = (
                f"the cells from AUs on were those of {ids[partner[i]]}, and the reverse, as their emotion "
                "columns show"
            )
            line = f"aus {aus[i]!r} -> {clip.aus!r}: {why} (tvaranka/meb f731b0a)"
            yield replace(clip, repairs=(line, *clip.repairs))
        elif i in wrong:
            problem = (
                f"Emotion is {clip.emotion!r}, but the columns say {wrong[i]!r}: the AUs may be another "
                "row's; correct the sheet"
            )
            yield replace(clip, problem="; ".join(filter(None, [clip.problem, problem])))
        else:
            yield clip
    known = set(table["frames"])
    known |= {folder.parent for folder in known}  # a person's that seems empty may be one that is shut
    for folder in layout.shown(home):
        inner = layout.shown(folder)
        for leaf in inner or [folder]:
            if leaf not in known:
                yield labelled.without_label(
                    CORPUS, folder.name if inner else folder.name.partition("_")[0], leaf
                )


def _folder(home: Path, subject: str, name: str) -> Path:
    """The clip's folder in whichever layout has it; the newer layout's if none has."""
    layouts = (home / subject / name, home / name, home / f"{subject}_{name}")
    return next((folder for folder in layouts if os.path.isdir(folder)), layouts[0])


def _contradictions(table: pd.DataFrame) -> tuple[dict[int, str], dict[int, int]]:
    """({position: emotions that its 0/1 columns give} where Emotion gives others, {position: the neighbour it
    is swapped with})."""
    said, flagged = {}, {}
    for i, row in enumerate(table.to_dict("records")):
        words = {word.strip() for word in row["emotion"].lower().split("+")}
        flags = {word for word in WORDS if row[word] == "1"}
        legible = (
            all(row[word] in ("", "0", "1") for word in WORDS) and words <= set(WORDS) and not row["problem"]
        )
        if legible and flags and words != flags:
            said[i], flagged[i] = words, flags
    fits = {
        i: [j for j in (i - 1, i + 1) if j in said and said[i] == flagged[j] and said[j] == flagged[i]]
        for i in said
    }
    partner = {i: found[0] for i, found in fits.items() if len(found) == 1 and len(fits[found[0]]) == 1}
    return {i: "+".join(word for word in WORDS if word in flags) for i, flags in flagged.items()}, partner
