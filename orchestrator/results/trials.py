"""The trials of a sweep as rows: how each fared by what its validation people say, never by a test score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from orchestrator.search.events import Outcome
from orchestrator.selection.records import pooled_validation_uf1
from orchestrator.study.study import Study

RANKS = (
    "Validation UF1 ranks trials and is no result: the largest over epochs, of people who validate in "
    "several folds. So it has no interval: one around a largest value would not hold what 95 % promises."
)


def trial_rows(
    outcomes: Sequence[Outcome], scores: Mapping[str, Mapping[str, Any]], study: Study, au: str, folds: int
) -> list[dict[str, Any]]:
    """One dict a trial, ready for JSON.

    folds  of a whole trial, over all seeds. au: mode of the table.
    Keys: trial; state ("complete", "stopped", "failed"); folds, that have a result; of, all; validation_uf1,
    pooled over those, None without validation people; chosen, folds in which the committee, or without one
    the nested rule, took the trial; seconds, of training; code, version of the code that its folds were made
    by; settings, the flat keys that the search drew or the user set, with the values that ran (the user's
    win); ended_early, folds that patience ended by their validation loss, and last_epochs, the first and the
    last epoch where it did ([] where it did not).
    """
    chosen = Counter(
        trial
        for trial, _, _ in {
            (p["trial"], p["fold"], p["seed"])
            for p in scores.get("committee", scores.get("nested", {})).get("predictions", [])
        }
    )
    return [
        {
            "trial": one.index,
            "state": one.state,
            "folds": len(one.results),
            "of": folds,
            "validation_uf1": _validation_uf1(one),
            "chosen": chosen.get(one.index, 0),
            "seconds": round(sum(result.seconds for result in one.results), 3),
            "code": study.code_of(dict(one.config), au),
            "settings": _ran(one, study),
            "ended_early": len(ends := _ends(one)),
            "last_epochs": [min(ends), max(ends)] if ends else [],
        }
        for one in outcomes
    ]


def _validation_uf1(one: Outcome) -> float | None:
    if not one.results or not one.results[0].validation:
        return None
    return pooled_validation_uf1(one.results) if one.score is None else one.score


def _ran(one: Outcome, study: Study) -> dict[str, Any]:
    keys = dict.fromkeys([*one.drawn, *study.fixed])
    return {key: one.config[section][name] for key in keys for section, name in [key.split(".", 1)]}


def _ends(one: Outcome) -> list[int]:
    """Last epochs of the folds that did not train all epochs of the recipe."""
    last = (int(result.epochs[-1]) for result in one.results)
    return [epoch for epoch in last if epoch < one.config["recipe"]["epochs"]]


def trials_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """For a terminal, best first by pooled validation UF1. rows: as ``trial_rows`` gives them."""
    made = Table(
        title="Leaderboard (trial 0 is the published configuration)",
        title_justify="left",
        caption=RANKS if any(row["validation_uf1"] is not None for row in rows) else None,
        caption_justify="left",
    )
    for name in ("trial", "validation UF1", "folds that chose it"):
        made.add_column(name, justify="right")
    made.add_column("configuration")
    for row in sorted(
        rows, key=lambda r: (r["state"] == "failed", r["state"], -(r["validation_uf1"] or 0.0), r["trial"])
    ):
        value = Text("nan" if row["validation_uf1"] is None else f"{row['validation_uf1']:.3f}")
        if row["state"] == "failed":
            value = Text("failed", style="red")
        elif row["state"] == "stopped":
            value.append(f" of {row['folds']} folds, stopped")
        keys = ", ".join(f"{key.split('.', 1)[1]}={_short(v)}" for key, v in row["settings"].items())
        made.add_row(str(row["trial"]), value, str(row["chosen"]), keys)
    return made


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
