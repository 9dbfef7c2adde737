"""Clips dealt into k groups: of whole people by a hash of their names, or of single clips of like classes.
The k-fold protocols test each group once, the holdouts one of them; the inner split deals people likewise.

Groups are sorted tuples of clip ids, none empty, each clip in one. Row order changes nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.common.seeds import seed_of
from orchestrator.protocols.fold import Clips, ProtocolError

Groups = list[tuple[str, ...]]
LEEWAY = 0.25  # of a group's share of the clips: how far from it a cut may lie before it is moved


def of_people(clips: Clips, k: int) -> Groups:
    """k groups of whole people, as ``dealt`` deals them; no label is read. Raises ProtocolError if k is below
    2 or above the number of people."""
    counts = Counter(clips.subjects)
    _possible(k, len(counts), "subjects")
    group_of = {who: row for row, group in enumerate(dealt(counts, k, "people")) for who in group}
    return _grouped(clips, [group_of[who] for who in clips.subjects], k)


def dealt(clips_of: Mapping[str, int], k: int, *names: object) -> list[list[str]]:
    """People in k groups of about as many clips, none empty: by their names and numbers of clips alone.

    clips_of  person -> number of clips, 1 or more; k or more people.
    names     what people's places are drawn by, beside the person.

    How: a person's place in [0, 1) is a hash of the name, and cuts at 1/k, 2/k ... of [0, 1) make the groups,
    whoever else is there. Groups so drawn differ widely in size, so a cut is moved, over as few people as
    will do, until the clips before it are within LEEWAY / k of their share of all clips. One person more
    moves others only where a cut was at this limit.
    """
    drawn = sorted((seed_of(*names, who), who) for who in clips_of)
    order, places = [who for _, who in drawn], [number / 2**63 * k for number, _ in drawn]
    total, before, middles = sum(clips_of.values()), 0, []
    for who in order:
        middles.append((before + clips_of[who] / 2) / total * k)
        before += clips_of[who]
    cuts = [0]
    for share in range(1, k):
        cut = bisect_left(places, share)
        cut = max(cut, bisect_left(middles, share - LEEWAY))
        cut = min(cut, bisect_left(middles, share + LEEWAY))
        # somebody on either side, for this group and all that follow
        cuts.append(min(max(cut, cuts[-1] + 1), len(order) - (k - share)))
    return [order[low:high] for low, high in zip(cuts, [*cuts[1:], len(order)], strict=True)]


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
