"""A fold of a corpus of long videos as a job: what a worker is given of it, and what it is called.

A worker gets the curves of all videos, which say nothing of what is true in them, and its task: whose videos
train, with their true intervals, and which are tested. Of those the task holds the names alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata

from orchestrator.common.errors import ConfigError
from orchestrator.spotting import folds
from orchestrator.spotting.folds import Fold
from orchestrator.spotting.marked import Marked, Seen
from orchestrator.spotting.metrics import Spotted
from orchestrator.spotting.spotters import Spotter, spotters
from orchestrator.study.jobs import digest
from preprocessing import closure

LIBRARIES = ("torch",)  # whose versions count, where the spotter imports them
# They say what a video is and what is wrong with it, or read and write; they compute nothing of a fold.
WITHOUT = ("preprocessing.places", "preprocessing.schema", "preprocessing.sealed")


@dataclass(frozen=True)
class Labelled:
    """A training person's video, and what is true of it; no emotion, which no spotter needs."""

    video: str
    person: str
    true: tuple[Spotted, ...]


@dataclass(frozen=True)
class SpotTask:
    """Hold ``person`` out. train: videos of the others; test: names of hers, both in the order of names."""

    spotter: str
    person: str
    train: tuple[Labelled, ...]
    test: tuple[str, ...]
    inner: int
    seed: int

    def job_id(self, seen: Mapping[str, Seen]) -> str:
        """16 hex digits of all that decides the result, and so of nothing that is true of the person."""
        train = [
            [one.video, one.person, seen[one.video].digest, [[t.kind, t.onset, t.offset] for t in one.true]]
            for one in self.train
        ]
        test = [[video, seen[video].digest] for video in self.test]
        return digest([self.spotter, version(self.spotter), self.person, train, test, self.inner, self.seed])

    def run(self, seen: Mapping[str, Seen], spotter: Spotter) -> Fold:
        """seen: video -> its curves; more of them change nothing."""
        train = [Marked(one.video, one.person, seen[one.video], one.true) for one in self.train]
        test = {video: seen[video] for video in self.test}
        return folds.fold(self.person, train, test, spotter, self.inner, self.seed)


# Runs tasks on curves, and gives each with its fold as it ends
Runner = Callable[[Sequence[SpotTask], Mapping[str, Seen]], Iterator[tuple[SpotTask, Fold]]]


def people_of(named: Iterable[str], inner: int) -> list[str]:
    """Each once, in the order of names.

    inner  groups into which training people are dealt, 2 or more. Raises ConfigError for too few people."""
    people = sorted(set(named))
    if inner < 2 or len(people) <= inner:
        raise ConfigError(
            f"--inner-folds {inner} with {len(people)} people: it must be 2 or more, and fewer than people"
        )
    return people


def tasks(videos: Sequence[Marked], names: Sequence[str], inner: int, seed: int) -> list[SpotTask]:
    """One for each spotter and person, in the order of names. Raises ConfigError as people_of."""
    people = people_of([one.person for one in videos], inner)
    held = sorted(videos, key=lambda one: one.video)
    labelled = [
        Labelled(one.video, one.person, tuple(replace(t, emotion="") for t in one.true)) for one in held
    ]
    return [
        SpotTask(
            name,
            person,
            tuple(one for one in labelled if one.person != person),
            tuple(one.video for one in held if one.person == person),
            inner,
            seed,
        )
        for name in names
        for person in people
    ]


def inline(given: Sequence[SpotTask], seen: Mapping[str, Seen]) -> Iterator[tuple[SpotTask, Fold]]:
    """In this process, one after the other."""
    known = spotters()
    for task in given:
        yield task, task.run(seen, known[task.spotter])


@functools.cache
def version(spotter: str) -> str:
    """16 hex digits: the syntax trees of a spotter's file, of what chooses its threshold and of what these
    import, and the version of torch where that counts."""
    known = {name: type(one).__module__ for name, one in spotters().items()}
    roots = ("orchestrator.spotting.folds", known[spotter])
    without = [*WITHOUT, *(module for name, module in known.items() if name != spotter)]
    imported = closure.libraries(roots, without=without)
    libraries = {name: metadata.version(name) for name in LIBRARIES if name in imported}
    return digest([closure.digest(roots, without=without), libraries])
