"""The composite of MEGC 2019: 442 clips of 68 people from CASME II, SAMM and SMIC-HS (See et al. 2019,
doi:10.1109/FG.2019.8756611).

Layout, from ``root``
    casme2/  samm/  smic_hs/    the three corpora, each as its own adapter describes it; also CASME2, CASMEII,
                                'CASME II', SAMM, SMIC, HS: upper case, blanks, '-' and '_' do not matter.
                                Links that lead out of ``root`` are refused.
Labels  emotion is the challenge's word: negative, positive or surprise.
        casme2  happiness positive, surprise, disgust and repression negative, without sub04/EP12_01f,
                sub05/EP09_05f and sub24/EP02_07 (the last is in newer sheets only); the other words are not
                part of the composite.
        samm    happiness positive, surprise, all others but 'other' negative.       smic   all, as they are.
Person  'megc2019/casme2-sub01', 'megc2019/samm-006', 'megc2019/smic-s01'; SMIC's clip s1_ne_01 is s01_ne_01,
        as in the published list: with the corpus' name exchanged, ids are those of ststnet_flow.
Left out are only clips that are known not to belong: an excluded name, or a word of their corpus that has no
class. Clips with a problem stay, quarantined: those of the composite, those whose word their corpus does not
have, and frames without a label, as the label that would tell whether they belong is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from preprocessing.datasets import casme2, layout, samm, smic_hs
from preprocessing.datasets.words import THREE_AS_GIVEN
from preprocessing.schema import Clip, CorpusError

CORPUS = "megc2019"
# its name in a person's id -> adapter, folders
SOURCES: dict[str, tuple[Callable[[Path], Iterator[Clip]], tuple[str, ...]]] = {
    "casme2": (casme2.clips, ("casme2", "CASME2", "CASMEII", "CASME II")),
    "samm": (samm.clips, ("samm", "SAMM")),
    "smic": (smic_hs.clips, ("smic_hs", "SMIC_HS", "smic", "SMIC", "HS")),
}
_OF_CASME2 = {
    "happiness": "positive",
    "surprise": "surprise",
    "disgust": "negative",
    "repression": "negative",
}
_OF_SAMM = {"happiness": "positive", "surprise": "surprise"} | dict.fromkeys(
    ("anger", "contempt", "disgust", "fear", "sadness"), "negative"
)
WORDS = {"casme2": _OF_CASME2, "samm": _OF_SAMM, "smic": {word: word for word in smic_hs.EMOTIONS}}
NO_CLASS = {"casme2": ("others", "other", "sadness", "fear"), "samm": ("other", "others"), "smic": ()}
EXCLUDED = {("casme2-sub04", "EP12_01f"), ("casme2-sub05", "EP09_05f"), ("casme2-sub24", "EP02_07")}


def _published(clips: int, subjects: int, negative: int, positive: int, surprise: int) -> dict[str, Any]:
    return {
        "clips": clips,
        "subjects": subjects,
        "emotions": {"negative": negative, "positive": positive, "surprise": surprise},
    }


PUBLISHED = {
    **_published(442, 68, 250, 109, 83),
    "parts": {
        "casme2": _published(145, 24, 88, 32, 25),
        "samm": _published(133, 28, 92, 26, 15),
        "smic": _published(164, 16, 70, 51, 43),
    },
    "source": "combined_3class_gt.csv of github.com/Facial-Micro-ExpressionGC/MEGC2019 2f81d8f",
    "release": "MEGC 2019, combined_3class_gt.csv",
}
SCHEMES = {"3": THREE_AS_GIVEN, "all": THREE_AS_GIVEN}
COMPOSITE = True
PICTURES = False


def clips(root: Path) -> Iterator[Clip]:
    """Yield the clips of the composite, corpus by corpus, in the order of their adapters. Opens no image.

    Raises CorpusError if a corpus has no folder or several, and what its adapter raises.
    """
    homes = {source: _home(root, source) for source in SOURCES}
    for source, (read, _) in SOURCES.items():
        for clip in read(homes[source]):
            converted = _converted(clip, source)
            if converted:
                yield converted


def _home(root: Path, source: str) -> Path:
    names = SOURCES[source][1]
    forms = {_plain(name) for name in names}
    found = (
        [folder for folder in layout.folders(root) if _plain(folder.name) in forms] if root.is_dir() else []
    )
    if len(found) != 1:
        have = ", ".join(folder.name for folder in found) or "none"
        raise CorpusError(
            f"{root} must have one folder of {source}, named {' or '.join(map(repr, names))}; it has: {have}"
        )
    return found[0]


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name.lower())


def _converted(clip: Clip, source: str) -> Clip | None:
    """The clip under its id and its word in the composite; None if it does not belong there."""
    person = f"{source}-{clip.subject.rpartition('/')[2]}"
    name = re.sub(r"^s(\d)_", r"s0\1_", clip.name) if source == "smic" else clip.name
    if (person, name) in EXCLUDED or clip.emotion in NO_CLASS[source]:
        return None
    clip = replace(clip, corpus=CORPUS, subject=f"{CORPUS}/{person}", name=name)
    word = WORDS[source].get(clip.emotion)
    if word:
        return replace(clip, emotion=word)
    known = ", ".join((*WORDS[source], *NO_CLASS[source]))
    wrong = (
        f"emotion {clip.emotion!r} is no word of {source} ({known}), so whether the clip belongs to the "
        "composite is unknown"
    )
    return replace(clip, problem=clip.problem or wrong)
