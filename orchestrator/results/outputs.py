"""What models report beside their logits (FaceSleuth its angles), fold by fold, at the epoch that a rule
chose.

A name that ends with ``_degrees`` is the angle of an axis, which is the same 180 degrees on: 179 and 1 are
two degrees apart, and their mean is 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from orchestrator.results.parts import titled
from orchestrator.selection.records import TrialRecord

AXIS = "_degrees"


def chosen_outputs(
    trials: Sequence[TrialRecord], scores: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Rule -> name -> {"mean", "sd" (None of one value), "folds": a list of {"fold", "seed", "value"}}, ready
    for JSON; {} where no model reports anything. scores: rule -> what selection.score returns.

    Where a rule chose trials of which some do not report a name, the folds of the others are left out.
    """
    # of a committee its first model, whose epoch a prediction names
    held = {(t.index, r.fold, r.seed): r for t in trials for r in t.results if not r.member}
    made: dict[str, dict[str, dict[str, Any]]] = {}
    for rule, score in scores.items():
        rows: dict[str, list[dict[str, Any]]] = {}
        chosen = {(p["trial"], p["fold"], p["seed"], p["epoch"]) for p in score["predictions"]}
        for trial, fold, seed, epoch in sorted(chosen, key=lambda key: (key[2], key[1])):
            result = held[trial, fold, seed]
            at = int(np.flatnonzero(result.epochs == epoch)[0])
            for name, values in result.outputs.items():
                rows.setdefault(name, []).append(
                    {"fold": fold, "seed": seed, "value": round(float(values[at]), 6)}
                )
        for name, folds in rows.items():
            mean, sd = mean_and_sd(name, np.array([row["value"] for row in folds]))
            made.setdefault(rule, {})[name] = {"mean": mean, "sd": sd, "folds": folds}
    return made


def mean_and_sd(name: str, values: NDArray[Any]) -> tuple[float, float | None]:
    """Mean and sample standard deviation of float (n,). Of axes: the mean is in [0, 180), and what deviates
    does so by 90 degrees at most; the mean says nothing where all directions are equally frequent (deviation
    52)."""
    if name.endswith(AXIS):
        middle = np.round(np.degrees(np.angle(np.exp(2j * np.radians(values)).mean())) / 2, 6) % 180
        away = (values - middle + 90) % 180 - 90
    else:
        middle, away = values.mean(), values - values.mean()
    sd = float(np.sqrt((away**2).sum() / (len(values) - 1))) if len(values) > 1 else None
    return float(middle), sd


def outputs_table(summary: Mapping[str, Any], rule: str) -> Table | None:
    """Mean and deviation over the folds under one rule, for a terminal; None where there is nothing."""
    outputs = summary.get("outputs", {}).get(rule)
    if not outputs:
        return None
    made = titled(f"Reported by the model, {rule} (fold by fold in summary.json)")
    made.add_column("output")
    for name in ("folds", "mean", "sd over folds"):
        made.add_column(name, justify="right")
    for name, of in outputs.items():
        sd = "" if of["sd"] is None else f"{of['sd']:.4g}"
        made.add_row(name, str(len(of["folds"])), f"{of['mean']:.4g}", sd)
    return made
