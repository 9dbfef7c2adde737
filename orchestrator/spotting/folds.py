"""Everybody held out once: of each person's fold, weights and threshold come from the other people alone.

The nested rule, as in a sweep: a fold's training people are dealt into inner groups; a spotter that is fitted
on the others spots in each group's videos at every threshold; hits, false alarms and misses of all groups are
summed, and the threshold of the highest F1 is taken; of equal ones the middle. Then the spotter is fitted on
all training people. ``chosen`` gets their videos and no others, so that it cannot be told of the held-out
person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.common.errors import ConfigError
from orchestrator.common.seeds import seed_of
from orchestrator.protocols.inner import groups_of
from orchestrator.spotting.marked import Marked, spotted
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
    """One person held out. found: threshold -> video -> what the fold's spotter finds in the person's
    videos."""

    person: str
    choice: Choice
    found: Mapping[float, Mapping[str, list[Interval]]]


def folds(
    videos: Sequence[Marked], spotter: Spotter, inner: int, seed: int, ended: Callable[[], object]
) -> Iterator[Fold]:
    """A fold for each person, in the order of their names. ended: is called after each.

    inner  groups into which training people are dealt, 2 or more. Raises ConfigError for too few people."""
    people = sorted({one.person for one in videos})
    if inner < 2 or len(people) <= inner:
        raise ConfigError(
            f"--inner-folds {inner} with {len(people)} people: it must be 2 or more, and fewer than people"
        )
    for person in people:
        choice = chosen(
            [one for one in videos if one.person != person], spotter, inner, seed_of("spot", person, seed)
        )
        found: dict[float, dict[str, list[Interval]]] = {one: {} for one in spotter.thresholds}
        for video in videos:
            if video.person == person:
                each = choice.fitted(video.seen, spotter.thresholds)
                for threshold, intervals in zip(spotter.thresholds, each, strict=True):
                    found[threshold][video.video] = intervals
        yield Fold(person, choice, found)
        ended()


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
    for fold in held:
        for threshold, videos_of in fold.found.items():
            for video, found in videos_of.items():
                counts[threshold] += counted(of[video], found)["all"]
    return best({threshold: one.f1 for threshold, one in counts.items()})
