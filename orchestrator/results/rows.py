"""What happened to each clip, person and rule, as rows: those of predictions.csv, loso_results.csv and
summary.csv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from orchestrator.results import chance, coverage, intervals
from orchestrator.selection.metrics import uar_of_people


def prediction_rows(scores: Mapping[str, Mapping[str, Any]], classes: Sequence[str]) -> list[dict[str, Any]]:
    """One dict a rule, seed and clip, in the columns of predictions.csv; truth and predicted are class
    names."""
    return [
        {
            "rule": rule,
            "seed": row["seed"],
            "clip_id": row["clip_id"],
            "subject": row["subject"],
            "truth": classes[row["truth"]],
            "predicted": classes[row["predicted"]],
            "trial": row["trial"],
            "epoch": row["epoch"],
            **{f"p_{name}": round(p, 6) for name, p in zip(classes, row["probs"], strict=True)},
        }
        for rule, score in scores.items()
        for row in score["predictions"]
    ]


def people_of(predictions: pd.DataFrame) -> pd.DataFrame:
    """One row a rule, seed and subject: clips, correct, accuracy, uar (metrics.uar_of_people). predictions:
    as ``read`` gives them."""
    right = predictions.assign(correct=(predictions["truth"] == predictions["predicted"]).astype(int))
    people = right.groupby(["rule", "seed", "subject"], sort=False, as_index=False).agg(
        clips=("correct", "size"), correct=("correct", "sum")
    )
    people["accuracy"] = (people["correct"] / people["clips"]).round(6)
    uar = {
        (rule, seed, person): value
        for (rule, seed), own in predictions.groupby(["rule", "seed"], sort=False)
        for person, value in uar_of_people(own["truth"], own["predicted"], own["subject"]).items()
    }
    keys = zip(people["rule"], people["seed"], people["subject"], strict=True)
    people["uar"] = [round(uar[key], 6) for key in keys]
    return people


def summary_row(rule: str, score: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """One row of summary.csv. kind: as selection.rules.kind_of says."""
    row: dict[str, Any] = {"rule": rule, "kind": kind}
    for name in ("uf1", "uar", "war"):
        row |= {name: score[name], f"{name}_sd": score["sd"][name]}
    row |= intervals.columns(score) | chance.columns(score)
    if people := score.get("uar_per_person"):  # summaries of older programs have none
        row |= intervals.of_mean_columns("uar_per_person", people)
    if folds := score.get("fold_uf1"):
        row |= intervals.of_mean_columns("fold_uf1", folds)
    for name, held in score.get("recall_per_person", {}).items():
        row |= intervals.of_mean_columns(f"recall_per_person_{name}", held)
    for kind in ("f1", "recall"):
        row |= {f"{kind}_{name}": each[kind] for name, each in score["per_class"].items()}
    row |= coverage.columns(score.get("coverage", {}))
    return row | {"clips": score["n_clips"], "seeds": len(score["seeds"])}
