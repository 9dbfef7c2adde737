"""Propose configurations, run each one's folds, tell the search how its validation people fared. Test people are not known here.

Two ways with the same proposals and the same numbers: ``with_ray`` (each configuration a Ray Tune trial, its folds Ray tasks) and
``inline`` (this process, no Ray). The published configuration is always trial 0.

Samplers by name:
- random (default): each value from its own seed, the hash of search seed, trial number and parameter name. Proposals do not depend
  on results at all, so a fold's choice among them is blind to its held-out person.
- tpe: Optuna's TPE, which learns from pooled validation scores. Every held-out person is a validation person of other folds, so the
  proposals have seen that person's validation score: an adaptive search is efficient, not strictly nested. Outputs name the sampler.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import optuna
import ray
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from ray import tune
from ray.tune.search.optuna import OptunaSearch

from orchestrator.data import Table
from orchestrator.jobs import FoldResult
from orchestrator.runners import inline as inline_runner
from orchestrator.runners import ray as ray_runner
from orchestrator.seeds import seed_of
from orchestrator.selection import Trial, pooled_validation_uf1
from orchestrator.store import FoldStore
from orchestrator.study import Study
from preprocessing.schema import write_atomically
from search_spaces import SPACES

METRIC = "validation_uf1"


class NamedSampler(optuna.samplers.BaseSampler):
    """Random search in which a draw depends on search seed, trial number and parameter name alone.

    Adding a parameter leaves the others' draws as they were, and a resumed search draws what an undisturbed one would have.
    """

    def __init__(self, seed: int):
        self.seed = seed

    def infer_relative_search_space(self, study: optuna.Study, trial: Any) -> dict:
        return {}

    def sample_relative(self, study: optuna.Study, trial: Any, search_space: dict) -> dict:
        return {}

    def sample_independent(self, study: optuna.Study, trial: Any, param_name: str, param_distribution: Any) -> Any:
        one = optuna.samplers.RandomSampler(seed=seed_of(self.seed, trial.number, param_name) % 2**32)
        return one.sample_independent(study, trial, param_name, param_distribution)


SAMPLERS: dict[str, Callable[[int], optuna.samplers.BaseSampler]] = {
    "random": NamedSampler,
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed % 2**32),
}


@dataclass(frozen=True)
class Outcome:
    """One trial's end. results: one per fold and seed, or () with ``error`` saying why there are none."""

    index: int
    drawn: Mapping[str, Any]
    config: Mapping[str, Any]
    results: tuple[FoldResult, ...] = ()
    error: str = ""

    @property
    def trial(self) -> Trial:
        """As the selection rules take it."""
        return Trial(self.index, dict(self.config), self.results)


class Watcher(Protocol):
    """Is told what happens, as it happens, in the sweep's own process."""

    def fold(self, trial: int, done: int, total: int, score: float, seconds: float, reused: bool) -> None: ...
    def trial(self, outcome: Outcome) -> None: ...


@dataclass(frozen=True)
class Search:
    """How many configurations, from where. folder keeps the study (study.log) and every proposal (trials.json)."""

    trials: int
    seed: int
    sampler: str
    folder: Path

    def earlier(self) -> list[dict[str, Any]]:
        """Configurations that an interrupted run of the same sweep has proposed, in order."""
        path = self.folder / "trials.json"
        return json.loads(path.read_text()) if path.is_file() else []

    def keep(self, proposed: list[dict[str, Any]]) -> None:
        """Write the proposals down, unless an earlier run has already proposed as many: those are the same and may be more."""
        if len(proposed) > len(self.earlier()):
            write_atomically(self.folder / "trials.json", lambda path: path.write_text(json.dumps(proposed)))

    def open(self, published: Mapping[str, Any]) -> tuple[JournalStorage, str, optuna.samplers.BaseSampler, list[dict[str, Any]]]:
        """Storage, a new study's name, sampler and the configurations to try first. One study per run of the sweep."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        storage = JournalStorage(JournalFileBackend(str(self.folder / "study.log")))
        first = self.earlier() or [dict(published)]
        name = f"run-{len(optuna.get_all_study_names(storage)) + 1}"
        return storage, name, SAMPLERS[self.sampler](seed_of(self.seed, "search")), first[: self.trials]


def inline(study: Study, table: Table, store: FoldStore, search: Search, watcher: Watcher) -> list[Outcome]:
    """Every trial in this process. A fold that raises ends the sweep with its own traceback: what a debugger wants."""
    space = SPACES[study.model]
    storage, name, sampler, first = search.open(space.PUBLISHED)
    optuna_study = optuna.create_study(storage=storage, study_name=name, sampler=sampler, direction="maximize")
    for point in first:
        optuna_study.enqueue_trial(point)
    outcomes: list[Outcome] = []
    proposed: list[dict[str, Any]] = []
    for index in range(search.trials):
        trial = optuna_study.ask()
        space.space(trial)
        drawn = dict(trial.params)
        proposed.append(drawn)
        search.keep(proposed)
        jobs = study.jobs(table, drawn)
        results: list[FoldResult] = []
        for result, reused in inline_runner.run(jobs, store, lambda job: inline_runner.run_fold(job, table)):
            results.append(result)
            watcher.fold(index, len(results), len(jobs), _score(study, results), result.seconds, reused)
        optuna_study.tell(trial, _score(study, results))
        outcomes.append(Outcome(index, drawn, jobs[0].config, tuple(results)))
        watcher.trial(outcomes[-1])
    return outcomes


def _score(study: Study, results: list[FoldResult]) -> float:
    """What the search sees: pooled validation UF1 of the folds so far; 0 where no one validates (then one trial is all there is)."""
    return pooled_validation_uf1(results) if study.inner_folds else 0.0


class _Numbered(OptunaSearch):
    """OptunaSearch that numbers its proposals and keeps them on disk before they are run."""

    search_plan: Search
    proposed: list[dict[str, Any]]

    def suggest(self, trial_id: str) -> dict | None:
        drawn = super().suggest(trial_id)
        if drawn is None:
            return None
        self.proposed.append(drawn)
        self.search_plan.keep(self.proposed)
        return {"trial": len(self.proposed) - 1, "drawn": drawn}


def _run_trial(config: dict[str, Any], *, study: Study, tables: list, store: Path, gpus: float) -> None:
    """A Tune trial: all folds of one configuration as Ray tasks; reports after every fold what the validation people say."""
    table = ray.get(tables[0])
    jobs = study.jobs(table, config["drawn"])
    results: list[FoldResult] = []
    for result, reused in ray_runner.run(jobs, FoldStore(store), tables[0], gpus=gpus):
        results.append(result)
        tune.report(
            {METRIC: _score(study, results), "folds": len(results), "of": len(jobs), "seconds": result.seconds, "reused": reused}
        )


class _Follow(tune.Callback):
    """Tells the watcher in the sweep's process. Results are read back from the store, where the trial has put them."""

    def __init__(self, study: Study, table: Table, store: FoldStore, watcher: Watcher, outcomes: dict[int, Outcome]):
        self.study, self.table, self.store, self.watcher, self.outcomes = study, table, store, watcher, outcomes

    def __getstate__(self) -> dict:
        """Tune keeps a copy of its callbacks for its own resume, which is not used here: ours goes by fold results."""
        return {}

    def on_trial_result(self, iteration: int, trials: list, trial: Any, result: dict, **info: Any) -> None:
        seen = (result["folds"], result["of"], result[METRIC], result["seconds"], bool(result["reused"]))
        self.watcher.fold(trial.config["trial"], *seen)

    def on_trial_complete(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        self._end(trial, "")

    def on_trial_error(self, iteration: int, trials: list, trial: Any, **info: Any) -> None:
        path = Path(trial.error_file) if trial.error_file else None
        self._end(trial, path.read_text() if path and path.is_file() else "the trial failed and left no traceback")

    def _end(self, trial: Any, error: str) -> None:
        index, drawn = trial.config["trial"], trial.config["drawn"]
        jobs = self.study.jobs(self.table, drawn)
        held = [self.store.load(job.job_id) for job in jobs]
        missing = sum(result is None for result in held)
        if not error and missing:
            error = f"{missing} of {len(jobs)} fold results are not in {self.store.root}: do head node and this process share that folder?"
        results = () if error else tuple(result for result in held if result is not None)
        outcome = Outcome(index, drawn, jobs[0].config, results, error)
        self.outcomes[index] = outcome
        self.watcher.trial(outcome)


def with_ray(
    study: Study, table: Table, store: FoldStore, search: Search, watcher: Watcher, *, gpus: float = 0.0, at_once: int = 4
) -> list[Outcome]:
    """Every trial a Tune trial on the Ray that is running.

    gpus     share of a GPU per fold.
    at_once  trials under way together: folds of the next one fill the slots that the last folds of one leave idle.
    """
    logging.getLogger("ray.tune").setLevel(logging.ERROR)
    storage, name, sampler, first = search.open(SPACES[study.model].PUBLISHED)
    algorithm = _Numbered(
        SPACES[study.model].space,
        metric=METRIC,
        mode="max",
        points_to_evaluate=first,
        sampler=sampler,
        study_name=name,
        storage=storage,
    )
    algorithm.search_plan, algorithm.proposed = search, []
    outcomes: dict[int, Outcome] = {}
    trainable = tune.with_parameters(_run_trial, study=study, tables=[ray.put(table)], store=store.root.resolve(), gpus=gpus)
    tuner = tune.Tuner(
        # The trial's own process only waits: no CPU, on the head, where the store is.
        tune.with_resources(trainable, tune.PlacementGroupFactory([{"node:__internal_head__": 0.001}])),
        tune_config=tune.TuneConfig(
            num_samples=search.trials,
            search_alg=algorithm,
            max_concurrent_trials=at_once,
            reuse_actors=True,
            metric=METRIC,
            mode="max",
        ),
        run_config=tune.RunConfig(
            name="tune",
            storage_path=str(search.folder.resolve()),
            verbose=0,
            callbacks=[_Follow(study, table, store, watcher, outcomes)],
            failure_config=tune.FailureConfig(max_failures=0),
        ),
    )
    tuner.fit()
    return [outcomes[index] for index in sorted(outcomes)]
