"""What can be compared: predictions clip by clip, whoever made them.

A sweep's and a foreign log's are made into sides here. Whatever else yields predictions with clip, person,
truth and seed takes part by a function that makes a Side of it (sweeps/sides.py says by which names).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from orchestrator.common.errors import nearest
from orchestrator.results import coverage, logs
from orchestrator.results.action_units import au_columns
from orchestrator.results.report import ReportError
from orchestrator.selection.rules import UNNAMED, kind_of


@dataclass(frozen=True)
class Side:
    """One of those that are compared.

    name     as it is shown.
    rows     the table of results/logs.py, one row a clip and seed: corpus, subject, clip, truth, predicted
             (class words), seed, person, key; and, where clips have ids of ours, clip_id.
    classes  in their order; () where the words of the rows are all that is known.
    of       clips that the corpus has, None where nobody says.
    about    what a reader has to know of its numbers, as columns: rule, kind ("blind", "not blind",
             "oracle"), model, features, protocol, au, au_remark, looks. {} of a foreign log.
    notes    sentences on what of it is damaged, and used all the same.
    """

    name: str
    rows: pd.DataFrame
    classes: tuple[str, ...] = ()
    of: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def of_sweep(name: str, summary: Mapping[str, Any], predictions: pd.DataFrame, rule: str = "") -> Side:
    """Of a sweep's files as report.read gives them. rule: "" is the one that the sweep was asked for. Raises
    ReportError for one that it does not have."""
    rule = rule or summary.get("rule", UNNAMED)
    if rule not in summary["selection"]:
        raise ReportError(f"{name}: {nearest(rule, summary['selection'], 'rule of this sweep')}")
    covered = summary["selection"][rule].get("coverage")
    rows = logs.of_sweep(predictions, rule)
    own = predictions.loc[rows.index, "clip_id"]
    about = {
        "rule": rule,
        "kind": kind_of(rule, summary),
        "model": summary["model"],
        "features": summary["feature_set"],
        # not protocol_label: a plugin's protocol may not be installed here
        "protocol": summary["protocol"] + " (people on both sides)" * bool(summary.get("subject_dependent")),
        **au_columns(summary),
    }
    of = coverage.total(covered)[1] if covered else None
    return Side(name, rows.assign(clip_id=own), tuple(summary["classes"]), of, about)


def of_log(file: Path, columns: Mapping[str, str] | None = None, name: str = "") -> Side:
    """Of anyone's file. columns: as logs.read has them. Rows without a truth or a prediction are left out,
    and said. Raises LogError, NoRegularFile."""
    rows = logs.read(file, columns)
    there = logs.answered(rows)
    lost = int((~there).sum())
    note = f"{file.name} has {lost} of {len(rows)} rows without a truth or a prediction: they are left out"
    return Side(name or file.stem, rows[there], notes=(note,) if lost else ())
