"""The model that a lab takes home: the chosen configuration trained on all people, with no one held out.

Its score is not measured here, and cannot be: the honest estimate is that of the sweep under its rule.
Configuration and number of epochs come from validation people only. A committee's refit is a committee: the
trial that most of its folds chose, K models, each trained on all people but one inner group, which stops it
where the recipe stops early, and the mean of their probabilities. Under any other rule it is one model of
everybody: the trial that pooled_validation chooses, and the median of the epochs that its folds choose for
themselves; without validation people, the only trial and all its epochs.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchestrator.common.seeds import seed_of
from orchestrator.protocols.inner import split
from orchestrator.selection.choose import available, choose
from orchestrator.selection.records import Records, TrialRecord
from orchestrator.selection.rules import RULES
from orchestrator.selection.rules.rule import Choices
from orchestrator.study.jobs import FoldData, FoldJob
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable
from orchestrator.training.loop import TrainedModel, fit, prepared
from orchestrator.training.parts import au_head
from orchestrator.training.prediction import probabilities
from orchestrator.training.recording import Recording
from orchestrator.training.reproducible import reproducible

FOLD = "refit"  # the name under which inner groups are dealt and seeds drawn


@dataclass(frozen=True)
class Refit:
    """models: one, or those of a committee. config: theirs, of the trial of that index."""

    models: tuple[TrainedModel, ...]
    config: dict[str, Any]
    trial: int


def refit(study: Study, table: ClipTable, trials: Sequence[TrialRecord], rule: str) -> Refit:
    """Train on every clip of the table. rule: that of the sweep, a key of RULES.

    Raises ProtocolError where the people are fewer than inner groups, TrainingDiverged as training does.
    """
    if not RULES[rule].committee:
        trial, epochs = chosen(trials)
        return Refit((_of_all(study.model, table, trial, epochs),), trial.config, trial.index)
    trial = _most(choose(rule, trials), trials)
    seeds = range(study.seeds if RULES[rule].averages else 1)  # a replicate is a committee of its own
    members = [(seed, member) for seed in seeds for member in range(study.inner_folds)]
    models = tuple(_member(study, table, trial, *which) for which in members)
    return Refit(models, trial.config, trial.index)


def chosen(trials: Sequence[TrialRecord]) -> tuple[TrialRecord, int]:
    """(trial, number of epochs) for one model of everybody. Sees validation people only."""
    records = Records(trials)
    rule = "pooled_validation" if "pooled_validation" in available(records) else "last_epoch"
    trial = _most(choose(rule, records), trials)
    own = choose("nested" if rule == "pooled_validation" else rule, [trial])
    results = {(r.fold, r.seed): r for r in trial.results}
    epochs = [int(results[key].epochs[choice.epoch_index]) for key, choice in own.items()]
    return trial, max(1, round(float(np.median(epochs))))


def _most(choices: Choices, trials: Sequence[TrialRecord]) -> TrialRecord:
    """The trial that most folds chose; of equals the earlier."""
    counts = Counter(choice.trial for choice in choices.values())
    index = min(counts, key=lambda i: (-counts[i], i))
    return next(t for t in trials if t.index == index)


def _of_all(model: str, table: ClipTable, trial: TrialRecord, epochs: int) -> TrainedModel:
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
    names = (FOLD, table.content, trial.index)
    return fit(model, trial.config, data, table.classes, au=table.au, epochs=epochs, seed_names=names)


def _member(study: Study, table: ClipTable, trial: TrialRecord, seed: int, member: int) -> TrainedModel:
    """The model of all people for which inner group ``member`` validates, at the epoch at which it counts in
    the rule (committee.counts_at): the last, or under a patience that of the lowest validation loss."""
    train, validation = split(
        table.clip_ids,
        table.subject_of,
        study.inner_folds,
        seed_of("inner", FOLD, seed),
        by_clips=study.rule.subject_dependent,
        group=member,
    )
    job = FoldJob(
        study.model,
        trial.config,
        table.features,
        table.content,
        table.au,
        table.classes,
        study.protocol,
        FOLD,
        train,
        validation,
        (),
        seed,
        "",  # nothing is kept under this job's id
        member=member,
    )
    return trained(*table.annotations.task(job).opened(table.shared))


def trained(job: FoldJob, data: FoldData, device: str = "cpu") -> TrainedModel:
    """As train_fold, but what is kept is the model, at the epoch at which it counts in a committee."""
    head = None
    if job.au == "predicted" and data.aus_train is not None:  # without any, ``prepared`` raises
        head = au_head.fit(data.x_train, data.aus_train, data.kind)  # the one that it asks
    with reproducible(device):
        training, seen = prepared(job, data, device)
        recording = Recording(job, seen.y_validation, training.recipe)
        held_out = training.held_out(seen)
        best, kept = np.inf, None
        for epoch, train_loss, model in training.epochs():
            validation, test = (
                probabilities(model, views, aus, training.recipe, len(job.classes)) for views, aus in held_out
            )
            stop = recording.add(epoch, train_loss, validation, test)
            loss = recording.rows[-1][2]
            if training.recipe.patience and loss < best:
                best, kept = loss, (copy.deepcopy(model), epoch, train_loss)
            if stop:
                break
        fitted, epoch, train_loss = kept or (model, epoch, train_loss)
    return TrainedModel(fitted.eval(), training.normaliser, epoch, train_loss, head)
