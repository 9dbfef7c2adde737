"""The model that a lab takes home: the chosen configuration trained on all people, with no one held out.

Its score is not measured here, and cannot be: the honest estimate is that of the study (nested).
Configuration and number of epochs come from validation people only: the trial that pooled_validation chooses,
and the median of the epochs that its folds choose for themselves; without validation people, the only trial
and all its epochs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from orchestrator.selection.choose import available, choose
from orchestrator.selection.records import TrialRecord
from orchestrator.study.jobs import FoldData
from orchestrator.study.table import ClipTable
from orchestrator.training.loop import TrainedModel, fit


def chosen(trials: Sequence[TrialRecord]) -> tuple[TrialRecord, int]:
    """(trial, number of epochs) for the refit. Sees validation people only."""
    rule = "pooled_validation" if "pooled_validation" in available(trials) else "last_epoch"
    choices = choose(rule, trials)
    counts: dict[int, int] = {}
    for choice in choices.values():
        counts[choice.trial] = counts.get(choice.trial, 0) + 1
    index = min(counts, key=lambda i: (-counts[i], i))
    trial = next(t for t in trials if t.index == index)
    own = choose("nested" if rule == "pooled_validation" else rule, [trial])
    results = {(r.fold, r.seed): r for r in trial.results}
    epochs = [int(results[key].epochs[choice.epoch_index]) for key, choice in own.items()]
    return trial, max(1, round(float(np.median(epochs))))


def refit(
    model: str, table: ClipTable, trials: Sequence[TrialRecord]
) -> tuple[TrainedModel, dict[str, Any], int, int]:
    """Train on every clip of the table. Returns (model, its configuration, trial index, epochs)."""
    trial, epochs = chosen(trials)
    none = table.x[:0]
    no_aus = None if table.aus is None else table.aus[:0]
    data = FoldData(
        kind=table.kind,
        channels=table.channels,
        x_train=table.x,
        y_train=table.y,
        x_validation=none,
        y_validation=table.y[:0],
        x_test=none,
        aus_train=table.aus,
        aus_validation=no_aus,
        aus_test=no_aus,
        subjects_train=table.subjects,
    )
    names = ("refit", table.content, trial.index)
    trained = fit(model, trial.config, data, table.classes, au=table.au, epochs=epochs, seed_names=names)
    return trained, trial.config, trial.index, epochs
