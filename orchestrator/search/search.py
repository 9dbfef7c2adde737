"""Propose configurations, run each one's folds, tell the search how its validation people fared. Test people
are not known here.

Two ways with the same proposals and the same numbers: ``trials.with_ray`` (each configuration a Ray Tune
trial, its folds Ray tasks) and ``inline`` (this process, no Ray). The published configuration is always trial
0.

Samplers by name:
- random (default): each value from its own seed, the hash of search seed, trial number and parameter name.
  Proposals do not depend on results at all, so a fold's choice among them is blind to its held-out person.
- tpe: Optuna's TPE, which learns from pooled validation scores. Every held-out person is a validation person
  of other folds, so the proposals have seen that person's validation score: an adaptive search is efficient,
  not strictly nested. Outputs name the sampler.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from orchestrator.common.seeds import seed_of
from orchestrator.search import schedulers
from orchestrator.search.control import Control
from orchestrator.search.fold_order import informative
from orchestrator.search.trial_progress import TrialProgress
from orchestrator.selection.rules import TrialRecord
from orchestrator.study.jobs import FoldResult
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable
from orchestrator.workspace.store import FoldStore
from preprocessing.places import write_atomically
from search_spaces import SPACES


class NamedSampler(optuna.samplers.BaseSampler):
    """Random search in which a draw depends on search seed, trial number and parameter name alone.

    Adding a parameter leaves the others' draws as they were, and a resumed search draws what an undisturbed
    one would have.
    """

    def __init__(self, seed: int):
        self.seed = seed

    def infer_relative_search_space(self, study: optuna.Study, trial: Any) -> dict[str, Any]:
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: Any, search_space: dict[str, Any]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: Any, param_name: str, param_distribution: Any
    ) -> Any:
        one = optuna.samplers.RandomSampler(seed=seed_of(self.seed, trial.number, param_name) % 2**32)
        return one.sample_independent(study, trial, param_name, param_distribution)


SAMPLERS: dict[str, Callable[[int], optuna.samplers.BaseSampler]] = {
    "random": NamedSampler,
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed % 2**32),
}


@dataclass(frozen=True)
class Outcome:
    """One trial's end.

    results  one per fold and seed; of a trial that was stopped, failed or interrupted, those that had ended.
    state    "complete"; "stopped" by the scheduler; "failed", and ``error`` says why; "interrupted": --resume
             goes on with it.
    """

    index: int
    drawn: Mapping[str, Any]
    config: Mapping[str, Any]
    results: tuple[FoldResult, ...] = ()
    error: str = ""
    state: str = "complete"

    @property
    def trial(self) -> TrialRecord:
        """As the selection rules take it."""
        return TrialRecord(self.index, dict(self.config), self.results)


class Watcher(typing.Protocol):
    """Is told what happens, as it happens, in the sweep's own process."""

    def fold(self, trial: int, done: int, total: int, score: float, seconds: float, reused: bool) -> None: ...
    def trial(self, outcome: Outcome) -> None: ...


@dataclass(frozen=True)
class Search:
    """How many configurations, from where, and who stops one early. folder keeps the study (study.log) and
    every proposal (trials.json)."""

    trials: int
    seed: int
    sampler: str
    folder: Path
    scheduler: str = schedulers.DEFAULT

    def earlier(self) -> list[dict[str, Any]]:
        """Configurations that an interrupted run of the same sweep has proposed, in order."""
        path = self.folder / "trials.json"
        return json.loads(path.read_text()) if path.is_file() else []

    def keep(self, proposed: list[dict[str, Any]]) -> None:
        """Write the proposals down, unless an earlier run has already proposed as many: those are the same
        and may be more."""
        if len(proposed) > len(self.earlier()):
            write_atomically(self.folder / "trials.json", lambda path: path.write_text(json.dumps(proposed)))

    def open(
        self, published: Mapping[str, Any]
    ) -> tuple[JournalStorage, str, optuna.samplers.BaseSampler, list[dict[str, Any]]]:
        """Storage, a new study's name, sampler and the configurations to try first. One study per run of the
        sweep."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        storage = JournalStorage(JournalFileBackend(str(self.folder / "study.log")))
        first = self.earlier() or [dict(published)]
        name = f"run-{len(optuna.get_all_study_names(storage)) + 1}"
        return storage, name, SAMPLERS[self.sampler](seed_of(self.seed, "search")), first[: self.trials]


def inline(
    study: Study, table: ClipTable, store: FoldStore, search: Search, watcher: Watcher
) -> list[Outcome]:
    """Every trial in this process. A fold that raises ends the sweep with its own traceback: what a debugger
    wants."""
    # and with it torch, which naming a sampler does without
    from orchestrator.runners import inline as inline_runner

    space = SPACES[study.model]
    storage, name, sampler, first = search.open(space.PUBLISHED)
    optuna_study = optuna.create_study(
        storage=storage, study_name=name, sampler=sampler, direction="maximize"
    )
    for point in first:
        optuna_study.enqueue_trial(point)
    outcomes: list[Outcome] = []
    proposed: list[dict[str, Any]] = []
    control = Control(search.scheduler)
    for index in range(search.trials):
        trial = optuna_study.ask()
        space.space(trial)
        drawn = dict(trial.params)
        proposed.append(drawn)
        search.keep(proposed)
        jobs = informative(study.jobs(table, drawn))
        progress = TrialProgress(bool(study.inner_folds))
        stopped = False
        ended = inline_runner.run(jobs, store, lambda job: inline_runner.run_fold(job, table))
        for result, reused in ended:
            score = progress.add(result)
            watcher.fold(index, len(progress.results), len(jobs), score, result.seconds, reused)
            if (
                progress.evidence
                and control.reports(index, progress.evidence[-1])
                and len(progress.results) < len(jobs)
            ):
                stopped = True
                break
        if stopped:
            optuna_study.tell(trial, state=TrialState.PRUNED)
        else:
            control.completed(index)
            optuna_study.tell(trial, score)
        state = "stopped" if stopped else "complete"
        outcomes.append(Outcome(index, drawn, jobs[0].config, tuple(progress.results), state=state))
        watcher.trial(outcomes[-1])
    return outcomes
