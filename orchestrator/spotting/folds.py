"""Everybody held out once: of each person's fold, weights and threshold come from the other people alone.

The nested rule, as in a sweep: a fold's training people are dealt into inner groups; a spotter that is fitted
on the others spots in each group's videos at every threshold; hits, false alarms and misses of all groups are
summed, and the threshold of the highest F1 is taken; of equal ones the middle. Then the spotter is fitted on
all training people. ``fold`` gets their videos, and of the held-out person the curves alone, so that it
cannot be told of her.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.common.seeds import seed_of
from orchestrator.protocols.inner import groups_of
from orchestrator.spotting.marked import Marked, Seen, spotted
from orchestrator.spotting.metrics import Counts, scores
from orchestrator.spotting.spotters import Fitted, Spotter
from preprocessing.spotting.peaks import Interval


@dataclass(frozen=True)
class Choice:
    """threshold: of the nested rule. f1: threshold -> F1 of the inner groups, pooled. fitted: on all training
    people."""

    threshold: float
    f1: Mapping[float, float]
    fitted: Fitted


@dataclass(frozen=True)
class Fold:
    """One person held out, without anything that was true of her.

    threshold, f1  as in Choice. digest: of what was fitted.
    found          threshold -> video -> what the fold's spotter finds in the person's videos.
    """

    person: str
    threshold: float
    f1: Mapping[float, float]
    digest: str
    found: Mapping[float, Mapping[str, list[Interval]]]


def fold(
    person: str, train: Sequence[Marked], test: Mapping[str, Seen], spotter: Spotter, inner: int, seed: int
) -> Fold:
    """Hold a person out. train: the videos of all others; test: hers, by name. Raises ProtocolError as
    chosen."""
    choice = chosen(train, spotter, inner, seed_of("spot", person, seed))
    found: dict[float, dict[str, list[Interval]]] = {one: {} for one in spotter.thresholds}
    for video, seen in test.items():
        each = choice.fitted(seen, spotter.thresholds)
        for threshold, intervals in zip(spotter.thresholds, each, strict=True):
            found[threshold][video] = intervals
    return Fold(person, choice.threshold, choice.f1, choice.fitted.digest, found)


def chosen(train: Sequence[Marked], spotter: Spotter, inner: int, seed: int) -> Choice:
    """The choice of training people. Raises ProtocolError for fewer people than inner groups."""
    person_of = {one.video: one.person for one in train}
    counts = dict.fromkeys(spotter.thresholds, Counts())
    for group in groups_of(list(person_of), person_of, inner, seed):
        fitted = spotter.fit([one for one in train if one.video not in group], seed)
        for video in train:
            if video.video in group:
                each = fitted(video.seen, spotter.thresholds)
                for threshold, found in zip(spotter.thresholds, each, strict=True):
                    counts[threshold] += counted(video, found)["all"]
    f1 = {threshold: one.f1 for threshold, one in counts.items()}
    return Choice(best(f1), f1, spotter.fit(train, seed))


def counted(video: Marked, found: list[Interval]) -> dict[str, Counts]:
    """Kind ("micro", "macro", "all") -> counts of one video."""
    return scores(video.true, spotted(video.video, found)).spotting


def best(f1: Mapping[float, float]) -> float:
    """The threshold of the highest F1; of several the one in the middle, the lower of two."""
    most = max(f1.values())
    tied = sorted(threshold for threshold, value in f1.items() if value >= most - 1e-12)
    return tied[(len(tied) - 1) // 2]


def oracle(videos: Sequence[Marked], held: Sequence[Fold]) -> float:
    """The one threshold that is best for everybody's own videos, as papers choose it: with the labels of the
    people who are tested."""
    of = {one.video: one for one in videos}
    counts = dict.fromkeys(held[0].found, Counts())
    for one in held:
        for threshold, videos_of in one.found.items():
            for video, found in videos_of.items():
                counts[threshold] += counted(of[video], found)["all"]
    return best({threshold: one.f1 for threshold, one in counts.items()})
