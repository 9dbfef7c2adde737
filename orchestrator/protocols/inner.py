"""Inner validation: some of a fold's training people step aside, whole, to judge epochs and configurations.

Input   the training clips of one fold, with person and class of each. The held-out person is not among them.
Output  training ids and validation ids, sorted, without a person in common. A function of the (clip, person,
        class) set and the seed: row order changes nothing.

How: people are dealt into ``n_folds`` groups, largest first, each to the group whose class counts overlap
least with the person's (so that every group gets its share of every class); the validation group is drawn by
the seed among the groups whose leaving takes the fewest classes away from training, which is none wherever
that is possible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.protocols.fold import ProtocolError


def split(
    train_ids: Sequence[str],
    subject_of: Mapping[str, str],
    label_of: Mapping[str, int],
    n_folds: int,
    seed: int,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(training ids, validation ids) of one fold. About 1 / n_folds of the training people validate.

    n_folds  0 = no validation people, all train; else 2 or more.
    label_of class index of each training clip; other clips are not looked up.
    seed     any integer >= 0, see seeds.seed_of.
    Raises ProtocolError when there are fewer training people than groups, or n_folds is 1 or negative.
    """
    ids = sorted(train_ids)
    if n_folds == 0:
        return tuple(ids), ()
    people = sorted({subject_of[c] for c in ids})
    if n_folds < 2:
        raise ProtocolError(f"n_folds = {n_folds}: take 0 for no validation people, or 2 or more groups")
    if len(people) < n_folds:
        raise ProtocolError(
            f"{len(people)} training subjects cannot make {n_folds} inner folds; ask for at most "
            f"{len(people)}, "
            "or for 0 (no validation people; then only the rules that need none remain)"
        )
    labels = sorted({label_of[c] for c in ids})
    counts = {who: np.zeros(len(labels)) for who in people}
    for clip in ids:
        counts[subject_of[clip]][labels.index(label_of[clip])] += 1
    rng = np.random.default_rng(seed)
    groups = _deal(people, counts, n_folds, rng)

    total = sum(counts.values(), start=np.zeros(len(labels)))
    lost = [int((total - sum(counts[who] for who in group) == 0).sum()) for group in groups]
    fewest = [i for i, n in enumerate(lost) if n == min(lost)]
    chosen = set(groups[fewest[rng.integers(len(fewest))]])
    return tuple(c for c in ids if subject_of[c] not in chosen), tuple(
        c for c in ids if subject_of[c] in chosen
    )


def _deal(
    people: list[str], counts: dict[str, NDArray[Any]], n_groups: int, rng: np.random.Generator
) -> list[list[str]]:
    """People in n_groups groups, none empty. Class counts are weighed by rarity, so that rare classes are
    spread first."""
    rarity = 1 / sum(counts.values(), start=np.zeros_like(counts[people[0]]))
    order = sorted((people[i] for i in rng.permutation(len(people))), key=lambda who: -counts[who].sum())
    groups: list[list[str]] = [[] for _ in range(n_groups)]
    held = [np.zeros_like(rarity) for _ in range(n_groups)]
    for who in order:
        # Growth of the sum of squared class shares, without the person's own part; an empty group always
        # costs 0.
        cost = [float((held[i] * counts[who] * rarity**2).sum()) for i in range(n_groups)]
        best = min(range(n_groups), key=lambda i: (cost[i], held[i].sum(), i))
        groups[best].append(who)
        held[best] += counts[who]
    return groups


def lone_classes(subjects: Sequence[str], labels: Sequence[int], classes: Sequence[str]) -> tuple[str, ...]:
    """One warning per class that a single person shows: with that person held out, no model can have learnt
    it."""
    warnings = []
    for index, name in enumerate(classes):
        people = {s for s, label in zip(subjects, labels, strict=True) if label == index}
        if len(people) == 1:
            clips = sum(label == index for label in labels)
            warnings.append(
                f"class {name!r} is shown by one subject only ({people.pop()}, {clips} clips): absent from "
                "training when that "
                "subject is held out, so its recall is 0 by construction; consider a label scheme without it"
            )
    return tuple(warnings)
