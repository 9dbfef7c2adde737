"""What a run in MLflow shows of results: metrics as (name, value, step), parameters as texts. tracking.py
writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.selection import metrics
from orchestrator.selection.records import (
    TrialRecord,
    best,
    pooled_ranks,
    validation_counts,
    validation_ranks,
)
from orchestrator.study.jobs import canonical_json
from orchestrator.study.record import FoldRecord
from orchestrator.workspace import looks

# a longer curve is thinned to this many epochs: a run is one batch, and MLflow takes 1000 metrics a batch
CURVE_POINTS = 300

Measured = tuple[str, float, int]  # name, value, step: the epoch in a curve, else 0


def flat(section: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested sections as flat parameters: {"recipe": {"lr": 1e-3}} -> {"recipe.lr": "0.001"}; lists as
    JSON."""
    out: dict[str, str] = {}
    for key, value in section.items():
        if isinstance(value, Mapping):
            out |= flat(value, f"{prefix}{key}.")
        else:
            out[f"{prefix}{key}"] = canonical_json(value) if isinstance(value, list | tuple) else str(value)
    return out


def of_trial(trial: TrialRecord, classes: Sequence[str]) -> list[Measured]:
    """Validation of all folds, pooled, epoch by epoch. Never a test score."""
    made = [
        ("folds_done", float(len(trial.results)), 0),
        ("seconds", sum(r.seconds for r in trial.results), 0),
    ]
    results = [result for result in trial.results if result.validation]
    if not results:
        return made
    epochs, ranks, rows = pooled_ranks(results)
    made += _curve("validation_uf1", epochs, [uf1 for uf1, _ in ranks])
    made += _curve("validation_loss", epochs, [-x for _, x in ranks])
    at = best(ranks)
    counts = sum(validation_counts(r)[row[at]] for r, row in zip(results, rows, strict=True))
    scores = metrics.of_counts(np.asarray(counts), classes)
    return [*made, ("best_epoch", float(epochs[at]), 0), *_scores("best_validation", scores)]


def of_fold(result: FoldRecord) -> list[Measured]:
    """Training loss, validation loss and UF1, epoch by epoch. Never a test score."""
    made = _curve("train_loss", result.epochs, result.train_loss)
    if result.validation:
        ranks = validation_ranks(result)
        made += _curve("validation_loss", result.epochs, result.validation_loss)
        made += _curve("validation_uf1", result.epochs, [uf1 for uf1, _ in ranks])
        made.append(("best_epoch", float(result.epochs[best(ranks)]), 0))
    return [*made, ("seconds", result.seconds, 0), ("test_clips", float(len(result.test)), 0)]


def of_sweep(summary: Mapping[str, Any]) -> list[Measured]:
    """Scores of every rule, of its parts and people, and its deviation over seeds; how many looks there were.
    summary: as in summary.json."""
    selection: Mapping[str, Mapping[str, Any]] = summary["selection"]
    made = [(f"looks.{where}", float(n), 0) for where, n in summary.get("looks", {}).items()]
    made += [metric for rule, score in selection.items() for metric in _scores(rule, score)]
    made += [
        (f"{rule}.uar_per_person{ending}", float(s["uar_per_person"][name]), 0)
        for rule, s in selection.items()
        if "uar_per_person" in s  # a summary of an older program has none
        for name, ending in (("mean", ""), ("sd", "_sd"))
    ]
    made += [
        (f"{rule}.{name}.{part}", float(held[name]), 0)
        for rule, s in selection.items() for part, held in s["parts"].items() for name in ("uf1", "uar")
    ]  # fmt: skip
    return made + [
        (f"{rule}.uf1_sd", float(s["sd"]["uf1"]), 0)
        for rule, s in selection.items()
        if s["sd"]["uf1"] is not None
    ]


def of_looks(folder: Path) -> Iterator[tuple[int, list[Measured]]]:
    """(milliseconds since 1970, scores) of each look of a sweep, in the order of its steps. Written twice it
    stands there once, since its time is that of the look."""
    for step, look in enumerate(looks.read(folder), 1):
        if look:
            when = int(datetime.fromisoformat(look["time"]).timestamp() * 1000)
            yield when, [(f"look.{name}", float(look[name]), step) for name in ("uf1", "uar", "war")]


def _curve(
    name: str, epochs: Sequence[int] | NDArray[Any], values: Sequence[float] | NDArray[Any]
) -> list[Measured]:
    """One metric an epoch, thinned evenly to CURVE_POINTS; first and last epoch stay."""
    keep = np.unique(np.linspace(0, len(epochs) - 1, min(CURVE_POINTS, len(epochs))).round().astype(int))
    return [(name, float(values[i]), int(epochs[i])) for i in keep]


def _scores(prefix: str, score: Mapping[str, Any]) -> list[Measured]:
    made = [(f"{prefix}.{name}", float(score[name]), 0) for name in ("uf1", "uar", "war")]
    return made + [
        (f"{prefix}.{kind}.{name}", float(each[kind]), 0)
        for name, each in score["per_class"].items()
        for kind in ("f1", "recall")
    ]
