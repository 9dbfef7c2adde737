"""Scores of MEGC with intervals whose unit is the person: counts are summed over people, and whole people are
drawn, each with all videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.spotting.metrics import KINDS, Spotted, scores
from orchestrator.statistics.intervals import FEWEST, Interval, bca, drawn_people

Values = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Score:
    """value of all people, and its 95 % interval over people; None for fewer than two of them."""

    value: float
    interval: Interval | None


@dataclass(frozen=True)
class Held:
    """counts: int (people, kinds, 3): TP, FP, FN; called: int (people, classes, classes): of what was spotted
    rightly the true class by the recognised one."""

    counts: NDArray[Any]
    called: NDArray[Any]


def held(people: Mapping[str, tuple[Sequence[Spotted], Sequence[Spotted]]], classes: Sequence[str]) -> Held:
    """people: person -> (true, spotted) of all videos. Pairs of a class that is none of ``classes`` are not
    recognised at all."""
    counts, called = [], []
    number = {name: i for i, name in enumerate(classes)}
    for person in sorted(people):
        made = scores(*people[person], classes=classes or ("",))
        counts.append([[getattr(made.spotting[kind], what) for what in ("tp", "fp", "fn")] for kind in KINDS])
        matrix = np.zeros((len(classes), len(classes)), np.int64)
        for true, said in made.pairs:
            if true in number and said in number:
                matrix[number[true], number[said]] += 1
        called.append(matrix)
    return Held(np.array(counts), np.array(called))


def measured(of: Held) -> dict[str, Score]:
    """f1, precision and recall of "all", "micro" and "macro" ("micro f1" ...), and where there are classes
    "recognition f1" (the mean over all classes) and "strs"."""
    people = len(of.counts)
    whole = _values(of.counts.sum(0), of.called.sum(0))
    if people < FEWEST:
        return {name: Score(float(value), None) for name, value in whole.items()}
    weights = drawn_people(people)
    again = _values(_summed(weights, of.counts), _summed(weights, of.called))
    without = _values(of.counts.sum(0) - of.counts, of.called.sum(0) - of.called)
    return {
        name: Score(float(value), bca(float(value), again[name], without[name]))
        for name, value in whole.items()
    }


def _summed(weights: NDArray[Any], each: NDArray[Any]) -> NDArray[Any]:
    made: NDArray[Any] = (weights @ each.reshape(len(each), -1)).reshape(len(weights), *each.shape[1:])
    return made


def _values(counts: NDArray[Any], called: NDArray[Any]) -> Values:
    """counts (..., kinds, 3), called (..., C, C) -> (...) of each."""
    made: Values = {}
    named = {"all": counts.sum(-2)} | {kind: counts[..., i, :] for i, kind in enumerate(KINDS)}
    for name, of in named.items():
        tp, fp, fn = (of[..., i] for i in range(3))
        made[f"{name} f1"] = _share(2 * tp, 2 * tp + fp + fn)
        made[f"{name} precision"] = _share(tp, tp + fp)
        made[f"{name} recall"] = _share(tp, tp + fn)
    if called.shape[-1]:
        hits = np.diagonal(called, axis1=-2, axis2=-1)
        made["recognition f1"] = _share(2 * hits, called.sum(-1) + called.sum(-2)).mean(-1)
        made["strs"] = made["micro f1"] * made["recognition f1"]
    return made


def _share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[Any]:
    """0 where the whole is 0, as in metrics.Counts."""
    made: NDArray[Any] = np.asarray(part) / np.maximum(whole, 1e-9)
    return np.where(np.asarray(whole) > 0, made, 0.0)
