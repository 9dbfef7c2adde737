"""Permutation tests whose unit is the person: of two models, and of one against chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.statistics.intervals import flat, sums
from orchestrator.statistics.people import SCORES, alike, scored

DRAWS = 10_000
EXACT = 13  # people: up to here all 2^P swaps are taken, fewer than DRAWS
EQUAL = 1e-12  # scores that rounding alone tells apart


def paired(one: NDArray[Any], other: NDArray[Any], draws: int = DRAWS) -> dict[str, float]:
    """uf1, uar, war, "f1 0" ... -> two-sided p of no difference between two models.

    If they do not differ, whose prediction is whose is a coin for each person: all of a person's predictions
    are swapped or none. one, other: (P, S, C, C), same people in the same order. Up to 13 people all swaps
    are taken, and p is exact; else ``draws`` of them, and p = (1 + as extreme) / (1 + draws).
    """
    one, other = alike(one, other)
    people = len(one)
    exact = people <= EXACT
    if exact:
        swap = (np.arange(2**people)[:, None] >> np.arange(people)) & 1
    else:
        swap = np.random.default_rng(0).integers(0, 2, (draws, people))
    moved = sums(swap.astype(np.float64), other - one)
    first, second = flat(scored(one.sum(0) + moved)), flat(scored(other.sum(0) - moved))
    a, b = flat(scored(one.sum(0))), flat(scored(other.sum(0)))
    made = {}
    for name in a:
        extreme = np.abs(first[name] - second[name]) >= abs(float(a[name] - b[name])) - EQUAL
        made[name] = float(extreme.mean()) if exact else float((1 + extreme.sum()) / (1 + len(swap)))
    return made


@dataclass(frozen=True)
class Chance:
    """expected: mean score when truths are permuted; p: one-sided, of a score so high by chance."""

    expected: float
    p: float


def against_chance(
    people: Sequence[str],
    seeds: Sequence[int],
    clips: Sequence[str],
    truth: Sequence[int],
    predicted: Sequence[int],
    n_classes: int,
    parts: Mapping[str, str] | None = None,
    draws: int = 2_000,
) -> dict[str, Chance]:
    """uf1, uar, war -> Chance, by permuting the true labels within the protocol.

    Predictions stay where they are. Within each part (corpus or split) people are put in a random order, each
    with his labels together, and the labels are dealt in that order to the clips in theirs: to know a person
    or a corpus, and to say its commonest class, is no knowledge of expressions. Nothing is trained again.
    All rows (n,), one a prediction. parts: clip -> part; None: all are one.
    Each clip counts once for each time that it is tested.
    """
    n, rng = len(clips), np.random.default_rng(0)
    order = sorted(range(n), key=lambda i: (seeds[i], (parts or {}).get(clips[i], ""), people[i], clips[i]))
    numbers = sorted(set(seeds))
    by_seed = [[i for i in order if seeds[i] == number] for number in numbers]
    first = by_seed[0]
    if any([clips[i] for i in own] != [clips[i] for i in first] for own in by_seed):
        raise ValueError("every seed must have tested the same clips equally often")
    called = np.eye(n_classes)[[[predicted[i] for i in own] for own in by_seed]]  # (S, N, C)
    blocks: dict[str, dict[str, list[int]]] = {}
    for i in first:
        of_part = blocks.setdefault((parts or {}).get(clips[i], ""), {})
        of_part.setdefault(people[i], []).append(truth[i])
    dealt = np.empty((draws, len(first)), np.int64)
    for row in dealt:
        row[:] = [label for held in blocks.values() for label in _shuffled(list(held.values()), rng)]
    made = scored(_confusions(dealt, called, n_classes))
    whole = scored(_confusions(np.array([[truth[i] for i in first]]), called, n_classes)[0])
    return {
        name: Chance(
            float(made[name].mean()),
            float((1 + (made[name] >= float(whole[name]) - EQUAL).sum()) / (1 + draws)),
        )
        for name in SCORES
    }


def _shuffled(people: list[list[int]], rng: np.random.Generator) -> list[int]:
    """Labels of people in a new order; it begins inside one of them, so that equal people do not always meet
    at the same place."""
    labels = [label for i in rng.permutation(len(people)) for label in people[i]]
    at = int(rng.integers(len(labels)))
    return labels[at:] + labels[:at]


def _confusions(dealt: NDArray[Any], called: NDArray[Any], n_classes: int) -> NDArray[Any]:
    """(R, S, C, C) of truths (R, N) and one-hot predictions (S, N, C)."""
    return np.stack([np.einsum("rn,snj->rsj", dealt == c, called) for c in range(n_classes)], axis=-2)
