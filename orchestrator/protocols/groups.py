"""Clips dealt into k groups of like size and like classes: of whole people, or of single clips. The k-fold
protocols test each group once, the holdouts one of them.

Groups are sorted tuples of clip ids, none empty, each clip in one. They are a function of the set of (clip,
person, class): row order changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.common.seeds import seed_of
from orchestrator.protocols.fold import Clips, ProtocolError

Groups = list[tuple[str, ...]]


def of_people(clips: Clips, k: int) -> Groups:
    """k groups of whole people.

    How: largest person first (then by id), each to the group that shares least with the person, where two
    overlap by the sum of the products of their shares of every class and of all clips. Rare classes so weigh
    as much as frequent ones, and are spread. Raises ProtocolError if k is below 2 or above the number of
    people.
    """
    people = sorted(set(clips.subjects))
    _possible(k, len(people), "subjects")
    row_of = {who: row for row, who in enumerate(people)}
    counts = _counts(clips.labels, [row_of[who] for who in clips.subjects], len(people))
    shares = counts / counts.sum(axis=0)
    held = np.zeros((k, shares.shape[1]))
    group_of = {}
    for row in sorted(range(len(people)), key=lambda row: -counts[row, -1]):
        # An empty group costs 0 and any other more, so all get somebody. Rounded: machines add up in
        # different orders.
        group = int((held * shares[row]).sum(axis=1).round(12).argmin())
        held[group] += shares[row]
        group_of[people[row]] = group
    return _grouped(clips, [group_of[who] for who in clips.subjects], k)


def of_clips(clips: Clips, k: int, name: str) -> Groups:
    """k groups of clips, whoever shows them: both their sizes and their numbers of each class differ by at
    most one clip.

    name  what the order of a class' clips is drawn by, so that ids that go by person and time leave no
          pattern.
    Raises ProtocolError if k is below 2 or above the number of clips.
    """
    _possible(k, len(clips.ids), "clips")
    order = sorted(
        range(len(clips.ids)), key=lambda i: (clips.labels[i], seed_of(name, clips.ids[i]), clips.ids[i])
    )
    # goes on where the class before ended
    group_of = dict(zip(order, (place % k for place in range(len(order))), strict=True))
    return _grouped(clips, [group_of[i] for i in range(len(clips.ids))], k)


def typical(groups: Groups, clips: Clips) -> tuple[str, ...]:
    """The group to hold out if it is to be one: that takes the fewest classes out of training, then that
    comes nearest to an equal share of every class and of all clips, then the first.

    A class can lie wholly in one group at most, so with more groups than classes one takes none out of
    training.
    """
    group_of = {clip: row for row, group in enumerate(groups) for clip in group}
    counts = _counts(clips.labels, [group_of[clip] for clip in clips.ids], len(groups))
    total = counts.sum(axis=0)
    lost = (counts == total).sum(axis=1)
    away = ((counts / total - 1 / len(groups)) ** 2).sum(axis=1)
    return groups[min(range(len(groups)), key=lambda row: (lost[row], away[row].round(12), row))]


def _counts(labels: Sequence[int], rows: Sequence[int], n_rows: int) -> NDArray[Any]:
    """(n_rows, classes + 1) numbers of clips: of each class that occurs, and of all of them in the last
    column."""
    classes = sorted(set(labels))
    counts = np.zeros((n_rows, len(classes) + 1))
    for row, label in zip(rows, labels, strict=True):
        counts[row, [classes.index(label), -1]] += 1
    return counts


def _grouped(clips: Clips, group_of: Sequence[int], k: int) -> Groups:
    return [
        tuple(sorted(c for c, own in zip(clips.ids, group_of, strict=True) if own == group))
        for group in range(k)
    ]


def _possible(k: int, n: int, what: str) -> None:
    if not 2 <= k <= n:
        raise ProtocolError(
            f"{n} {what} cannot make {k} groups; ask for 2 to {n}"
            if n > 1
            else f"{n} {what} cannot be divided"
        )
