"""The models of all folds that a rule has chosen, for a bundle of folds: each fold's own trial, epoch and, in
a committee, all of its models.

Weights come from the store where the sweep kept them, and are trained again from the fold's job where not.
Either way each model is asked for its fold's tested clips, and must give what the sweep was scored by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.common.errors import ConfigError
from orchestrator.inference.bundle import ALIKE, HEAD, Bundle
from orchestrator.inference.validated import Validated, given, rows_of
from orchestrator.selection.choose import choose
from orchestrator.selection.records import Records, TrialRecord
from orchestrator.selection.rules.rule import Choices
from orchestrator.study.jobs import FoldJob, under
from orchestrator.study.record import FoldRecord
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable
from orchestrator.training.packed.keeping import Kept, State, train_keeping
from orchestrator.training.parts.au_head import AUHead
from orchestrator.workspace.store import FoldStore


@dataclass(frozen=True)
class FoldModel:
    """One model that counts in a fold's prediction. row: of its record, whose epoch it is at."""

    job: FoldJob
    record: FoldRecord
    trial: int
    row: int

    @property
    def epoch(self) -> int:
        return int(self.record.epochs[self.row])


def chosen(study: Study, table: ClipTable, trials: Sequence[TrialRecord], rule: str) -> list[FoldModel]:
    """All models that count under the rule, fold by fold. Raises SelectionError as ``choose``."""
    choices: Choices = choose(rule, trials)
    records, folds = Records.of_trials(trials), study.jobs(table, {})
    made = []
    for trial in trials:
        its = {key: choice for key, choice in choices.items() if choice.trial == trial.index}
        jobs = under(folds, trial.config, study.code_of(trial.config, table.au)) if its else ()
        for job in jobs:
            choice = its.get((job.fold, job.seed))
            if choice and job.member < len(choice.rows):
                own = records.models[trial.index][job.fold, job.seed][job.member]
                made.append(FoldModel(job, own, trial.index, choice.rows[job.member]))
    places = {(job.fold, job.seed, job.member): number for number, job in enumerate(folds)}
    return sorted(made, key=lambda one: places[one.job.fold, one.job.seed, one.job.member])


def with_weights(
    models: Sequence[FoldModel], table: ClipTable, store: FoldStore, again: Callable[[FoldModel], object]
) -> list[tuple[dict[str, Any], State]]:
    """Of each model: AboutModel's fields, and its arrays by name. again: is told of each that is trained
    again. Raises OSError, and as train_fold."""
    made = []
    for one in models:
        data = store.weights(one.job.job_id)
        kept = None if data is None else Kept.of_bytes(data)
        if kept is None or one.epoch not in kept.states:
            again(one)
            task = table.annotations.task(one.job).opened(table.shared)
            kept = Kept.of_bytes(train_keeping([task[0]], [task[1]], also=one.epoch)[0].weights)
        about = {
            "epochs": one.epoch,
            "normaliser": {name: values.tolist() for name, values in kept.normaliser.items()},
            "fold": one.job.fold,
            "seed": one.job.seed,
            "member": one.job.member,
            "trial": one.trial,
            "config": one.job.config,
        }
        made.append((about, kept.states[one.epoch] | _head(kept.head)))
    return made


def check(bundle: Bundle, models: Sequence[FoldModel], table: ClipTable) -> None:
    """Raises ConfigError where a model gives its fold's tested clips other probabilities than the sweep has
    scored."""
    for number, one in enumerate(models):
        rows = rows_of(table, one.job.test)
        now = bundle.by(number, table.x[rows], given(table, rows))
        apart = float(np.abs(now - one.record.test_probs[one.row]).max(initial=0))
        if not apart <= ALIKE:
            raise ConfigError(
                f"the model of fold {one.job.fold}, seed {one.job.seed} gives its clips other "
                f"probabilities than the sweep was scored by (by {apart:.3g}, at most {ALIKE:g} is "
                "rounding): it was trained again here, and other hardware or libraries trained it then; run "
                "the sweep with --keep-weights under another --store, or export --refit"
            )


def validated(bundle: Bundle, models: Sequence[FoldModel], table: ClipTable) -> Validated | None:
    """What each model says of the people who validated it, whom it has not trained on; None where nobody did.
    The groups are people: nobody measures a temperature that her own clips have fitted."""
    probs: list[NDArray[Any]] = []
    truth: list[NDArray[Any]] = []
    people: list[str] = []
    for number, one in enumerate(models):
        if one.job.validation:
            rows = rows_of(table, one.job.validation)
            probs.append(bundle.by(number, table.x[rows], given(table, rows)))
            truth.append(table.y[rows])
            people += [table.subjects[row] for row in rows]
    names = {who: number for number, who in enumerate(sorted(set(people)))}
    if len(names) < 2:
        return None
    return Validated(np.concatenate(probs), np.concatenate(truth), [names[who] for who in people], len(names))


def _head(head: AUHead | None) -> State:
    import torch

    if head is None:
        return {}
    return {HEAD + name: torch.from_numpy(values.copy()) for name, values in head.state().items()}
