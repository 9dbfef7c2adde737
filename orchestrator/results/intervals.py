"""The 95 % interval over people (statistics/intervals.py) beside a score: in a summary, a table, a CSV file.

A score's "interval" is {"uf1": [low, high], "uar": ..., "war": ...}, each in 0..1; {} where fewer than two
people were tested; absent in a part's score that an older program made. Means over people, and over folds
("uar_per_person", each of "recall_per_person", "fold_uf1"), have an "interval" [low, high] of their own, or
None likewise. A single person has none: what is drawn is people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from orchestrator.selection import per_person
from orchestrator.statistics.intervals import Interval, intervals, of_means
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
    whole = {"interval": _of_rows(score["predictions"], len(classes)), "parts": parts}
    return score | whole | _of_means(score, score["predictions"], classes)


def completed(score: Mapping[str, Any], frame: pd.DataFrame, classes: Sequence[str]) -> dict[str, Any]:
    """A rule's score in a summary that an older program made, with the intervals that it lacks. frame: the
    rule's predictions, in the columns of predictions.csv."""
    made = dict(score)
    if not len(frame):
        return made
    if "interval" not in made:
        made["interval"] = of_frame(frame, classes)
    if "interval" not in made.get("uar_per_person", {"interval": None}):
        made |= _of_means(made, _rows(frame, classes), classes)
    return made


def _of_means(
    score: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], classes: Sequence[str]
) -> dict[str, Any]:
    """What of a score is a mean over people or folds, as far as it has it, with the interval."""
    made: dict[str, Any] = {}
    recalls = score.get("recall_per_person", {})
    if told := score.get("uar_per_person"):
        whole = _uar(rows)
        each = [whole, *(_uar(rows, classes.index(name)) for name in recalls)]
        values = np.array([[one.get(who, np.nan) for who in whole] for one in each])
        own, *others = map(_ends, of_means(values))
        made["uar_per_person"] = told | {"interval": own}
        made["recall_per_person"] = {
            name: recalls[name] | {"interval": ends} for name, ends in zip(recalls, others, strict=True)
        }
    if told := score.get("fold_uf1"):
        (found,) = of_means(np.array([list(told["each"].values())]))
        made["fold_uf1"] = told | {"interval": _ends(found)}
    return made


def _ends(found: Interval | None) -> list[float] | None:
    return None if found is None else list(found)


def _uar(rows: Sequence[Mapping[str, Any]], truth: int | None = None) -> dict[str, float]:
    """Person -> UAR over the classes that he shows, as a mean over seeds; of the clips of one class alone,
    his recall of it."""
    own = rows if truth is None else [row for row in rows if row["truth"] == truth]
    if not own:
        return {}
    columns = ([row[key] for row in own] for key in ("subject", "seed", "truth", "predicted"))
    names, each = per_person.uar(*columns)
    return dict(zip(names, each.mean(0).tolist(), strict=True))


def _of_part(
    rows: Sequence[Mapping[str, Any]], part: Mapping[str, Any], classes: Sequence[str]
) -> dict[str, list[float]]:
    """Over the part's own classes: of others it has no clip, so that they add 0 to each mean over all."""
    share = len(classes) / len(part.get("classes", classes))
    held = _of_rows(rows, len(classes))
    return {name: ends if name == "war" else [share * end for end in ends] for name, ends in held.items()}


def of_frame(frame: pd.DataFrame, classes: Sequence[str]) -> dict[str, list[float]]:
    """Of one rule's predictions, in the columns of predictions.csv."""
    return _of_rows(_rows(frame, classes), len(classes))


def _rows(frame: pd.DataFrame, classes: Sequence[str]) -> list[dict[str, Any]]:
    number = {name: i for i, name in enumerate(classes)}
    return [
        {"subject": who, "seed": seed, "truth": number[true], "predicted": number[called]}
        for who, seed, true, called in zip(
            frame["subject"], frame["seed"], frame["truth"], frame["predicted"], strict=True
        )
    ]


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


def of_mean_columns(name: str, told: Mapping[str, Any]) -> dict[str, float | None]:
    """A mean over people or folds as columns of a CSV file: name, name_sd, name_low, name_high."""
    low, high = told.get("interval") or (None, None)
    return {name: told["mean"], f"{name}_sd": told["sd"], f"{name}_low": low, f"{name}_high": high}


def mean_said(told: Mapping[str, Any], over: str) -> str:
    """'0.467 ± 0.338 over people [0.310, 0.622]', of a mean over people or folds."""
    ends = {"interval": {over: told["interval"]}} if told.get("interval") else {}
    return f"{told['mean']:.3f} ± {told['sd']:.3f} over {over}{said(ends, over)}"


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
