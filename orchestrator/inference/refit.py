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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
from orchestrator.study.tasks import FoldTask, SharedInputs
from orchestrator.training.loop import TrainedModel, fit, prepared
from orchestrator.training.parts import au_head
from orchestrator.training.prediction import probabilities
from orchestrator.training.recording import Recording
from orchestrator.training.reproducible import reproducible

FOLD = "refit"  # the name under which inner groups are dealt and seeds drawn


@dataclass(frozen=True)
class Member:
    """One model of a refit, as the process that trains it gets it.

    task    all people; or all but one inner group, which validates. Nobody is tested.
    epochs  how many, where nobody validates; None: as ``trained`` counts them.
    names   what seeds are drawn by, with ``epochs``.
    people  person of each training clip, with ``epochs``: a fold's task has numbers in their place.
    """

    task: FoldTask
    epochs: int | None = None
    names: tuple[object, ...] = ()
    people: tuple[str, ...] = ()


# what trains the members, in their order
Trainer = Callable[[Sequence[Member], SharedInputs], tuple[TrainedModel, ...]]


@dataclass(frozen=True)
class Refit:
    """models: one, or those of a committee. config: theirs, of the trial of that index."""

    models: tuple[TrainedModel, ...]
    config: dict[str, Any]
    trial: int


def here(members: Sequence[Member], shared: SharedInputs) -> tuple[TrainedModel, ...]:
    """Train them in this process, one after the other."""
    return tuple(member(one, shared) for one in members)


def refit(
    study: Study, table: ClipTable, trials: Sequence[TrialRecord], rule: str, train: Trainer = here
) -> Refit:
    """Train on every clip of the table. rule: that of the sweep, a key of RULES. train: where.

    Raises ProtocolError where the people are fewer than inner groups, TrainingDiverged as training does.
    """
    if not RULES[rule].committee:
        trial, epochs = chosen(trials)
        members = [_of_all(study, table, trial, epochs)]
    else:
        trial = _most(choose(rule, trials), trials)
        seeds = range(study.seeds if RULES[rule].averages else 1)  # a replicate is a committee of its own
        groups = range(study.inner_folds)
        members = [_of_group(study, table, trial, seed, group) for seed in seeds for group in groups]
    return Refit(train(members, table.shared), trial.config, trial.index)


def member(one: Member, shared: SharedInputs, device: str = "cpu") -> TrainedModel:
    """Train it. Raises TrainingDiverged as training does."""
    job, data = one.task.opened(shared)
    if one.epochs is None:
        return trained(job, data, device)
    data = replace(data, subjects_train=one.people)
    return fit(
        job.model,
        job.config,
        data,
        job.classes,
        au=job.au,
        epochs=one.epochs,
        seed_names=one.names,
        device=device,
    )


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


def _of_all(study: Study, table: ClipTable, trial: TrialRecord, epochs: int) -> Member:
    task = table.annotations.task(_job(study, table, trial, table.clip_ids))
    return Member(task, epochs, (FOLD, table.content, trial.index), table.subjects)


def _of_group(study: Study, table: ClipTable, trial: TrialRecord, seed: int, group: int) -> Member:
    """The model of all people for which that inner group validates, at the epoch at which it counts in the
    rule (committee.counts_at): the last, or under a patience that of the lowest validation loss."""
    train, validation = split(
        table.clip_ids,
        table.subject_of,
        study.inner_folds,
        seed_of("inner", FOLD, seed),
        by_clips=study.rule.subject_dependent,
        group=group,
    )
    job = _job(study, table, trial, train, validation, seed, group)
    return Member(table.annotations.task(job))


def _job(
    study: Study,
    table: ClipTable,
    trial: TrialRecord,
    train: tuple[str, ...],
    validation: tuple[str, ...] = (),
    seed: int = 0,
    member: int = 0,
) -> FoldJob:
    """Nothing is kept under its id."""
    return FoldJob(
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
        "",
        member=member,
    )


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
