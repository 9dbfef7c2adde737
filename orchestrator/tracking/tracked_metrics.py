"""What a run in MLflow shows of results: metrics as (name, value, step), parameters and a description as
texts. tracker.py writes them.

MLflow makes a group of charts of the names before a slash. The groups stand in the order of the alphabet,
capitals first, and names without a group at the end: so what matters stands in a group with a capital.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.results import intervals, report
from orchestrator.results.action_units import au_of
from orchestrator.selection import metrics
from orchestrator.selection.records import best
from orchestrator.selection.rules import RULES, UNNAMED, kind_of
from orchestrator.statistics.people import SCORES
from orchestrator.study.jobs import canonical_json
from orchestrator.tracking.fold_facts import CURVES, FOLDS, FoldFacts, pooled
from orchestrator.tracking.names import parts
from orchestrator.workspace import looks

# a longer curve is thinned to this many epochs: a run is one batch, and MLflow takes 1000 metrics a batch
CURVE_POINTS = 300
# of an experiment: MLflow's pages are those for training, not for chat programs; and a view of its runs with
# the sweeps on top, best first, that ...#/experiments/N/runs?viewStateShareKey=sweeps opens
VIEW = {
    "orderByKey": "metrics.`uf1`",
    "orderByAsc": False,
    "selectedColumns": [
        "metrics.`Result/uf1`",
        "metrics.`best_validation/uf1`",
        "params.`model`",
        "attributes.`Models`",
    ],
}
EXPERIMENT_TAGS = {
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.sharedViewState.sweeps": canonical_json(VIEW),
}

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


def of_trial(folds: Sequence[FoldFacts], classes: Sequence[str]) -> list[Measured]:
    """Validation of all folds, pooled, epoch by epoch. Never a test score."""
    made = [
        ("folds/done", float(len(folds)), 0),
        ("folds/seconds", sum(fold.seconds for fold in folds), 0),
    ]
    if all(fold.counts is None for fold in folds):
        return made
    epochs, ranks, counts = pooled(folds)
    made += _curve("Validation/uf1", epochs, [uf1 for uf1, _ in ranks])
    made += _curve("Validation/loss", epochs, [-x for _, x in ranks])
    at = best(ranks)
    scores = metrics.of_counts(counts[at], classes)
    return [*made, ("best_validation/epoch", float(epochs[at]), 0), *_scores("best_validation", scores)]


def of_sweep(summary: Mapping[str, Any]) -> list[Measured]:
    """Scores of the rule that was asked for, unless it is an oracle, for tables (``uf1``) and as the first
    charts (``Result/uf1``); then of every rule, of its parts and people, and its deviation over seeds; how
    many looks there were. summary: as in summary.json."""
    selection: Mapping[str, Mapping[str, Any]] = summary["selection"]
    asked = summary.get("rule", UNNAMED)
    made = []
    if asked in selection and not RULES[asked].oracle:
        headline = [(name, float(selection[asked][name])) for name in SCORES]
        headline += list(intervals.columns(selection[asked]).items())
        made = [(f"{group}{name}", value, 0) for group in ("", "Result/") for name, value in headline]
    made += [(f"looks/{where}", float(n), 0) for where, n in summary.get("looks", {}).items()]
    for rule, score in selection.items():
        made += _scores(rule, score)
        made += [(f"{rule}/{name}", value, 0) for name, value in _of_people(score)]
        made += [(f"{rule}/{name}", value, 0) for name, value in intervals.columns(score).items()]
        named = parts(score["parts"])
        made += [
            (f"{rule}/{named[part]}/{name}", float(held[name]), 0)
            for part, held in score["parts"].items() for name in ("uf1", "uar")
        ]  # fmt: skip
        made += [
            (f"{rule}/{named[part]}/{name}", value, 0)
            for part, held in score["parts"].items() for name, value in intervals.columns(held).items()
            if not name.startswith("war")
        ]  # fmt: skip
        if score["sd"]["uf1"] is not None:
            made.append((f"{rule}/uf1_sd", float(score["sd"]["uf1"]), 0))
    return made


def _of_people(score: Mapping[str, Any]) -> list[tuple[str, float]]:
    people = score.get("uar_per_person")  # a summary of an older program has none
    if not people:
        return []
    columns = intervals.of_mean_columns("uar_per_person", people)
    return [(name, float(value)) for name, value in columns.items() if value is not None]


def of_looks(folder: Path) -> Iterator[tuple[int, list[Measured]]]:
    """(milliseconds since 1970, scores) of each look of a sweep, in the order of its steps. Written twice it
    stands there once, since its time is that of the look."""
    for step, look in enumerate(looks.read(folder), 1):
        if look:
            when = int(datetime.fromisoformat(look["time"]).timestamp() * 1000)
            held = {name: look[name] for name in SCORES} | intervals.columns(look)
            yield when, [(f"looks/{name}", float(value), step) for name, value in held.items()]


def described(summary: Mapping[str, Any]) -> str:
    """The sweep in words and a table, as Markdown: MLflow shows it on top of the run."""
    asked = summary.get("rule", UNNAMED)
    lines = [
        report.title(summary),
        "",
        "| rule | kind | UF1 | UAR | WAR |",
        "|---|---|---|---|---|",
        *(
            f"| {f'**{rule}**' if rule == asked else rule} | {kind_of(rule, summary)} | "
            f"{' | '.join(f'{score[name]:.4f}{intervals.said(score, name)}' for name in SCORES)} |"
            for rule, score in summary["selection"].items()
        ),
        "",
        "blind: the held-out person has no say in its own fold. An oracle is no result.",
        "",
        f"Folds: each trial's run holds `{FOLDS}`, a row a fold, and `{CURVES}`, a row a fold and epoch. "
        "People, tables and pictures: `report/`.",
    ]
    return "\n".join(lines)


def opened(sweep: Mapping[str, Any]) -> str:
    """Name of a sweep's run."""
    return f"{sweep['name']} (AUs {au_of(sweep)})"


def _curve(
    name: str, epochs: Sequence[int] | NDArray[Any], values: Sequence[float] | NDArray[Any]
) -> list[Measured]:
    """One metric an epoch, thinned evenly to CURVE_POINTS; first and last epoch stay."""
    keep = np.unique(np.linspace(0, len(epochs) - 1, min(CURVE_POINTS, len(epochs))).round().astype(int))
    return [(name, float(values[i]), int(epochs[i])) for i in keep]


def _scores(prefix: str, score: Mapping[str, Any]) -> list[Measured]:
    made = [(f"{prefix}/{name}", float(score[name]), 0) for name in SCORES]
    named = parts(score["per_class"])
    return made + [
        (f"{prefix}/{kind}/{named[name]}", float(each[kind]), 0)
        for name, each in score["per_class"].items()
        for kind in ("f1", "recall")
    ]
