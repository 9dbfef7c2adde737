"""What holds for every protocol: folds are sound, and a function of the set of clips."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pytest

from orchestrator.protocols import Clips, Fold, Protocol, ProtocolError

Row = tuple[Any, ...]  # clip id, person, class index[, split]


class ProtocolContract:
    """For a protocol of yours::

        class TestMyProtocol(ProtocolContract):
            @pytest.fixture
            def protocol(self):
                return PROTOCOL

    times  how often a clip may be tested: {1} where every clip is tested once.
    """

    times: frozenset[int] | set[int] = frozenset({1})

    @pytest.fixture
    def protocol(self) -> Protocol:
        """The protocol."""
        raise NotImplementedError("give the protocol in a fixture `protocol` of your test class")

    @pytest.fixture(params=range(5))
    def clips(self, request: pytest.FixtureRequest) -> Clips:
        """36 invented people of three corpora; replace it where your protocol needs other clips."""
        return invented(request.param)

    def test_folds_are_sound(self, protocol: Protocol, clips: Clips) -> None:
        """Whatever it returns is checked on every call, so that this test need not look twice."""
        folds = protocol.folds(clips, protocol.k)
        assert folds
        assert all(isinstance(fold, Fold) for fold in folds)

    def test_people_are_on_both_sides_only_if_it_says_so(self, protocol: Protocol, clips: Clips) -> None:
        folds = protocol.folds(clips, protocol.k)
        both = any(people(clips, fold.train) & people(clips, fold.test) for fold in folds)
        assert both == protocol.subject_dependent

    def test_each_clip_is_tested_as_often_as_it_says(self, protocol: Protocol, clips: Clips) -> None:
        assert times_tested(clips, protocol.folds(clips, protocol.k)) == self.times

    def test_the_order_of_rows_changes_nothing(self, protocol: Protocol, clips: Clips) -> None:
        folds = protocol.folds(clips, protocol.k)
        assert all(protocol.folds(shuffled(clips, seed), protocol.k) == folds for seed in range(3))

    def test_it_draws_from_names_and_from_no_generator_of_the_process(
        self, protocol: Protocol, clips: Clips
    ) -> None:
        folds = protocol.folds(clips, protocol.k)
        for seed in range(3):
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002  # what a careless protocol would draw from
            assert protocol.folds(clips, protocol.k) == folds

    def test_a_table_of_one_clip_is_refused(self, protocol: Protocol) -> None:
        with pytest.raises(ProtocolError):
            protocol.folds(made([("c/1/x", "c/1", 0, "train")]), protocol.k)


def made(rows: Iterable[Row]) -> Clips:
    """Clips of rows (clip id, person, class index[, split]), in this order."""
    return Clips(*(tuple(column) for column in zip(*((*row, "")[:4] for row in rows), strict=True)))


def corpus(
    seed: int,
    n_people: int = 20,
    name: str = "c",
    shares: Sequence[float] = (0.6, 0.25, 0.15),
    split_of: Callable[[int], str] = lambda person: "",
) -> list[Row]:
    """Rows of one corpus: people of 1 to 11 clips, the classes drawn by their shares."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for person in range(n_people):
        labels = rng.choice(len(shares), rng.integers(1, 12), p=shares)
        rows += [
            (f"{name}/{person:02d}/{i}", f"{name}/{person:02d}", int(c), split_of(person))
            for i, c in enumerate(labels)
        ]
    return rows


def invented(seed: int) -> Clips:
    """A composite of three corpora of 12 people each; people 0 to 7 of each train where a split is asked
    for."""
    named = [f"megc2019/{part}" for part in ("casme2", "samm", "smic")]
    rows = [
        row
        for i, name in enumerate(named)
        for row in corpus(10 * seed + i, 12, name, split_of=lambda p: "train" if p < 8 else "test")
    ]
    return made(
        (clip.replace("/", "_"), f"{who[: who.rindex('/')]}-{who[-2:]}", label, split)
        for clip, who, label, split in rows
    )


def shuffled(clips: Clips, seed: int) -> Clips:
    """The same clips in another order of rows."""
    order = np.random.default_rng(seed).permutation(len(clips.ids))
    columns = (clips.ids, clips.subjects, clips.labels, clips.splits)
    return Clips(*(tuple(column[i] for i in order) for column in columns))


def people(clips: Clips, ids: Iterable[str]) -> set[str]:
    """The people of these clips."""
    subject_of = dict(zip(clips.ids, clips.subjects, strict=True))
    return {subject_of[clip] for clip in ids}


def times_tested(clips: Clips, folds: Iterable[Fold]) -> set[int]:
    """How often each clip of the table is tested, as a set of numbers."""
    times = Counter(clip for fold in folds for clip in fold.test)
    return {times[clip] for clip in clips.ids}
