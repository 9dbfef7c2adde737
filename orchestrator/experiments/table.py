"""An experiment's lines as rows of table.csv: ours beside the published, honest beside oracle, every number
in a column of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator.experiments.file import Table
from orchestrator.experiments.run import Done
from orchestrator.results import coverage, intervals
from orchestrator.results.action_units import au_columns
from orchestrator.results.comparison import ORACLE
from orchestrator.results.report import protocol_label
from orchestrator.statistics.people import SCORES
from orchestrator.statistics.several import paired_t_over_seeds


def rows(table: Table, done: Sequence[Done]) -> list[dict[str, Any]]:
    """One dict a line, for table.csv. A line without a result has its state and the published numbers."""
    return [_row(table, one, done) for one in done]


def _row(table: Table, one: Done, done: Sequence[Done]) -> dict[str, Any]:
    line, asked = one.line, one.line.experiment
    made: dict[str, Any] = {"group": line.row.group, "row": line.row.name}
    if line.axis:
        made |= {"axis": line.axis, "amount": line.amount}
    made["state"] = state(one)
    fields = table.of(line.row)
    made |= {
        "model": fields.get("model", ""),
        "paper_corpora": "+".join(table.corpora(line.row)),
        "corpora": "+".join(corpus.name for corpus in asked.corpora) if asked else "",
        "classes": (asked.classes if asked else fields.get("classes", "3")),
        "protocol": protocol_label(asked.protocol if asked else fields.get("protocol", "loso")),
        "part": line.part,
        "parameters": line.parameters if asked else None,
    }
    made |= _ours(one)
    if "seeds" in table.shows and one.summary:
        made |= {f"{name}_p_over_seeds": p for name, p in over_seeds(one, done).items()}
    return made | {f"published_{name}": _flat(value) for name, value in line.row.published.items()}


def _ours(one: Done) -> dict[str, Any]:
    if one.summary is None:
        return {}
    own, oracle, summary = one.score(), one.score(ORACLE), one.summary
    made: dict[str, Any] = {
        "features": summary["feature_set"],
        **au_columns(summary),
        "seeds": summary["seeds"],
        "rule": one.rule,
        "clips": own.get("n_clips"),
    }
    covered = own.get("coverage") or {}
    if covered:
        made["tested"], made["of"] = coverage.total(covered)
    for name in SCORES:
        made[name] = own.get(name)
        made[f"{name}_sd"] = own.get("sd", {}).get(name)
    made |= intervals.columns(own)
    made |= {f"{ORACLE}_{name}": oracle.get(name) for name in SCORES}
    made |= {f"{ORACLE}_{name}": value for name, value in intervals.columns(oracle).items()}
    if people := own.get("uar_per_person"):
        made |= intervals.of_mean_columns("uar_per_person", people)
    # of a part (a pair of corpora), over its own classes
    f1 = own.get("f1") or {name: each["f1"] for name, each in own.get("per_class", {}).items()}
    made |= {f"f1_{name}": value for name, value in f1.items()}
    if folds := own.get("fold_uf1"):
        made["fold_uf1"] = " ".join(f"{value:.4f}" for value in folds["each"].values())
        made["fold_uf1_mean"], made["fold_uf1_sd"] = folds["mean"], folds["sd"]
        made["fold_uf1_mean_low"], made["fold_uf1_mean_high"] = folds.get("interval") or (None, None)
    for name, of in summary.get("outputs", {}).get(one.rule, {}).items():
        made |= {f"output_{name}": of["mean"], f"output_{name}_sd": of["sd"]}
    return made | {"looks": one.looks, "sweep": summary["name"]}


def state(one: Done) -> str:
    """The word done, or why there is no result."""
    if one.summary is not None:
        return "done"
    return one.line.why or "no complete result; run the same command again"


def over_seeds(one: Done, done: Sequence[Done]) -> dict[str, float | None]:
    """uf1, war -> two-sided p of the paired t over seeds against the first line of the same corpora and
    level; None for that line itself, with one seed, and with other seeds."""
    first = next(
        (
            other
            for other in done
            if other.summary
            and other.line.experiment
            and one.line.experiment
            and other.line.row.corpora == one.line.row.corpora
            and (other.line.axis, other.line.amount) == (one.line.axis, one.line.amount)
        ),
        None,
    )
    made: dict[str, float | None] = {}
    for name in ("uf1", "war"):
        mine, theirs = (_of_seeds(other, name) for other in (one, first)) if first else ({}, {})
        alike = first is not one and mine.keys() == theirs.keys() and len(mine) > 1
        made[name] = paired_t_over_seeds(list(mine.values()), list(theirs.values())) if alike else None
    return made


def _of_seeds(one: Done | None, name: str) -> dict[int, float]:
    return {each["seed"]: each[name] for each in one.score().get("per_seed", [])} if one else {}


def _flat(value: float | list[float]) -> float | str:
    return " ".join(f"{one:g}" for one in value) if isinstance(value, list) else value
