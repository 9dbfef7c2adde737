"""Everybody of a corpus of long videos held out once, by one spotter or several: what was spotted under each
rule, recognised, and scored.

Rules  nested  the threshold of each person's fold is chosen by the other people (folds.py)
       usual   the threshold that the spotter has where nobody chooses
       oracle  one threshold, the best for the tested people themselves: what papers report
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.spotting import folds
from orchestrator.spotting.folds import Fold
from orchestrator.spotting.marked import Marked, spotted
from orchestrator.spotting.metrics import Spotted
from orchestrator.spotting.people import Held, Score, held, measured
from preprocessing.spotting.peaks import Interval

RULES = ("nested", "usual", "oracle")

# (person, video, intervals) -> the class of each, "" where the model abstains
Recognise = Callable[[str, str, list[Interval]], list[str]]


@dataclass(frozen=True)
class Row:
    """One spotter under one rule.

    thresholds  person -> the threshold of her fold. digests: person -> what was fitted without her.
    found       person -> what was spotted in her videos; micro-expressions have a class, "" where the model
                abstains or none recognises. held: counts a person, in order of names.
    unclassed   micro-expressions without a class though a model was asked.
    """

    spotter: str
    rule: str
    thresholds: Mapping[str, float]
    digests: Mapping[str, str]
    found: Mapping[str, Sequence[Spotted]]
    held: Held
    scores: Mapping[str, Score]
    unclassed: int


def rows(
    videos: Sequence[Marked],
    made: Mapping[str, Sequence[Fold]],
    usual: Mapping[str, float],
    *,
    classes: Sequence[str] = (),
    recognise: Recognise | None = None,
) -> list[Row]:
    """A row for each spotter and rule. made: spotter -> everybody's fold, in the order of names; usual:
    spotter -> the threshold that it has where nobody chooses."""
    people = sorted({one.person for one in videos})
    asked: dict[tuple[str, str], Mapping[str, float]] = {}
    for name, each in made.items():
        asked[name, "nested"] = {fold.person: fold.threshold for fold in each}
        asked[name, "usual"] = dict.fromkeys(people, usual[name])
        asked[name, "oracle"] = dict.fromkeys(people, folds.oracle(videos, each))
    found: dict[tuple[str, str], dict[str, list[Spotted]]] = {key: {} for key in asked}
    for place, person in enumerate(people):  # person by person, so that a model is opened once
        known: dict[tuple[str, int, int, int], str] = {}
        for (name, rule), thresholds in asked.items():
            fold = made[name][place]
            found[name, rule][person] = _recognised(fold, thresholds[person], recognise, known)
    return [
        _row(name, rule, thresholds, made[name], found[name, rule], videos, classes, recognise is not None)
        for (name, rule), thresholds in asked.items()
    ]


def _recognised(
    fold: Fold, threshold: float, recognise: Recognise | None, known: dict[tuple[str, int, int, int], str]
) -> list[Spotted]:
    """All that the fold finds at the threshold. known: classes of intervals that were asked for, added to."""
    made = []
    for video, intervals in fold.found[threshold].items():
        keys = [(video, one.onset, one.apex, one.offset) for one in intervals]
        new = [
            one for one, key in zip(intervals, keys, strict=True) if one.kind == "micro" and key not in known
        ]
        if recognise is not None and new:
            for one, said in zip(new, recognise(fold.person, video, new), strict=True):
                known[video, one.onset, one.apex, one.offset] = said
        made += [
            replace(one, emotion=known.get(key, "") if one.kind == "micro" else "")
            for one, key in zip(spotted(video, intervals), keys, strict=True)
        ]
    return made


def _row(
    name: str,
    rule: str,
    thresholds: Mapping[str, float],
    made: Sequence[Fold],
    found: Mapping[str, list[Spotted]],
    videos: Sequence[Marked],
    classes: Sequence[str],
    asked: bool,
) -> Row:
    true: dict[str, list[Spotted]] = {person: [] for person in found}
    for video in videos:
        true[video.person] += video.true
    counts = held({person: (true[person], found[person]) for person in found}, classes)
    lacking = sum(one.kind == "micro" and not one.emotion for of in found.values() for one in of)
    digests = {fold.person: fold.digest for fold in made}
    return Row(name, rule, thresholds, digests, found, counts, measured(counts), lacking if asked else 0)
