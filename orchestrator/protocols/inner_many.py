"""inner.splits of many folds of one table, sooner: 600 folds of 7,200 clips are four million clips, each of
them looked up by its person. Equal ones, to the last clip (tests/orchestrator/protocols/test_inner.py).

Apart from inner.py, whose code is part of what names a spotted fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from orchestrator.protocols import inner
from orchestrator.protocols.groups import dealt

Split = tuple[tuple[str, ...], tuple[str, ...]]  # training ids, validation ids


class InnerSplits:
    """Who validates in the folds of one table. subject_of: clip id -> person, of all its clips."""

    def __init__(self, subject_of: Mapping[str, str]):
        ids = sorted(subject_of)
        self.subject_of = subject_of
        self.people = sorted(set(subject_of.values()))
        number = {who: place for place, who in enumerate(self.people)}
        self.ids = np.array(ids, dtype=object)
        self.row = {clip: row for row, clip in enumerate(ids)}
        self.person = np.array([number[subject_of[clip]] for clip in ids])

    def of(
        self, train_ids: Sequence[str], n_folds: int, seed: int, *, by_clips: bool, groups: Sequence[int]
    ) -> list[Split]:
        """As inner.splits. Raises ProtocolError likewise."""
        rows = np.sort(np.fromiter(map(self.row.__getitem__, train_ids), np.intp, len(train_ids)))
        counts = np.bincount(self.person[rows], minlength=len(self.people))
        clips_of = {self.people[place]: int(counts[place]) for place in np.flatnonzero(counts).tolist()}
        if by_clips or not 2 <= n_folds <= len(clips_of):
            return inner.splits(train_ids, self.subject_of, n_folds, seed, by_clips=by_clips, groups=groups)
        # as inner.groups_of: group of each person, then of each clip
        group_of = {
            who: number for number, own in enumerate(dealt(clips_of, n_folds, "inner", seed)) for who in own
        }
        of_person = np.array([group_of.get(who, -1) for who in self.people])
        own, ids = of_person[self.person[rows]], self.ids[rows]
        return [(tuple(ids[own != group].tolist()), tuple(ids[own == group].tolist())) for group in groups]
