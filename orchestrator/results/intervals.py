"""The 95 % interval over people (statistics/intervals.py) beside a score: in a summary, a table, a CSV file.

A score's "interval" is {"uf1": [low, high], "uar": ..., "war": ...}, each in 0..1; {} where fewer than two
people were tested; absent in a part's score that an older program made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from orchestrator.statistics.intervals import intervals
from orchestrator.statistics.people import SCORES, counts

SAID = "95 % intervals are over people: what others of their kind would give, by drawing whole people."


def added(
    score: dict[str, Any], classes: Sequence[str], part_of: Callable[[str, str], str]
) -> dict[str, Any]:
    """A rule's score (selection.score) with the interval of it and of each of its parts."""
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for row in score["predictions"]:
        rows.setdefault(part_of(row["fold"], row["clip_id"]), []).append(row)
    parts = {
        name: part | {"interval": _of_part(rows[name], part, classes)}
        for name, part in score["parts"].items()
    }
    return score | {"interval": _of_rows(score["predictions"], len(classes)), "parts": parts}


def _of_part(
    rows: Sequence[Mapping[str, Any]], part: Mapping[str, Any], classes: Sequence[str]
) -> dict[str, list[float]]:
    """Over the part's own classes: of others it has no clip, so that they add 0 to each mean over all."""
    share = len(classes) / len(part.get("classes", classes))
    held = _of_rows(rows, len(classes))
    return {name: ends if name == "war" else [share * end for end in ends] for name, ends in held.items()}


def of_frame(frame: pd.DataFrame, classes: Sequence[str]) -> dict[str, list[float]]:
    """Of one rule's predictions, in the columns of predictions.csv."""
    number = {name: i for i, name in enumerate(classes)}
    rows = [
        {"subject": who, "seed": seed, "truth": number[true], "predicted": number[called]}
        for who, seed, true, called in zip(
            frame["subject"], frame["seed"], frame["truth"], frame["predicted"], strict=True
        )
    ]
    return _of_rows(rows, len(classes))


def of_rule(predictions: pd.DataFrame, rule: str, classes: Sequence[str]) -> dict[str, list[float]]:
    """Of one rule among all of a predictions.csv."""
    return of_frame(predictions[predictions["rule"] == rule], classes)


def _of_rows(rows: Sequence[Mapping[str, Any]], n_classes: int) -> dict[str, list[float]]:
    people, seeds, truth, called = (
        np.array([row[key] for row in rows]) for key in ("subject", "seed", "truth", "predicted")
    )
    held = counts(people, seeds, truth, called, n_classes)
    return {name: list(ends) for name, ends in intervals(held).items()}


def columns(score: Mapping[str, Any]) -> dict[str, float]:
    """As columns of a CSV file: uf1_low, uf1_high, uar_low ..."""
    held = score.get("interval", {})
    return {
        f"{name}_{end}": value
        for name in SCORES
        if name in held
        for end, value in zip(("low", "high"), held[name], strict=True)
    }


def said(score: Mapping[str, Any], name: str, digits: int = 3) -> str:
    """' [0.681, 0.790]'; '' where there is none."""
    if name not in score.get("interval", {}):
        return ""
    low, high = score["interval"][name]
    return f" [{low:.{digits}f}, {high:.{digits}f}]"


def narrow(score: Mapping[str, Any], name: str) -> str:
    """The same for a line of its own in a table's cell: '\\n.68–.79'."""
    if name not in score.get("interval", {}):
        return ""
    return "\n" + "–".join(f"{end:.2f}".removeprefix("0") for end in score["interval"][name])
