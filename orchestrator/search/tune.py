"""The search on Ray: each configuration a Tune trial, its folds Ray tasks (runners/ray.py). Same numbers as
search.inline.

A trial's own process only waits for its folds, on the head; killed, it is started again and finds finished
folds in the store. Ctrl-C, or SIGTERM: the sweep drains, that is, folds which run may end and none begins; a
second one ends it at once. Either way ``--resume`` goes on where it stood.
"""

from __future__ import annotations

import logging
import math
import os
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import optuna
import ray
from optuna.trial import TrialState
from ray import tune
from ray.air._internal import usage
from ray.tune.execution import class_cache
from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch

from orchestrator.runners import ray as ray_runner
from orchestrator.runners.sizing import Need
from orchestrator.search.fold_order import informative
from orchestrator.search.search import Outcome, Search, Watcher
from orchestrator.search.trial_process import METRIC, run_trial
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable
from orchestrator.workspace.store import FoldStore
from search_spaces import SPACES

RESTARTS = 3  # times that a trial whose own process died is started again
# Tune's own Ctrl-C handler would end the folds that run; its loggers write every report three times, which
# nobody reads.
SETTINGS = {
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "3600",
}

# Tune gives its trials an environment of their own, and their folds inherit it: those could then not run in
# the workers that have been warmed, but only in others, started for them. It would also hand on AWS
# credentials, which Ray logs in clear; every machine has its own, or its role.
class_cache.DEFAULT_ENV_VARS.clear()
class_cache.ENV_VARS_TO_PROPAGATE.clear()
# Counts callbacks for Ray's usage statistics, which are off here, and imports MLflow to do so.
usage.tag_callbacks = lambda callbacks: False


class Draining:
    """Whether the user has asked the sweep to end."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def listens(self, say: Callable[[str], None]) -> Iterator[None]:
        """While open, the first SIGINT or SIGTERM sets ``asked``; the second raises KeyboardInterrupt."""

        def handle(*_: object) -> None:
            if self.asked:
                raise KeyboardInterrupt
            self.asked = True
            say("ending: folds that run may finish and are kept; once more ends them too")

        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Numbered(OptunaSearch):
    """OptunaSearch that numbers its proposals and keeps them on disk before they are run."""

    plan: Search
    study: Study
    table: ClipTable
    proposed: list[dict[str, Any]]
    draining: Draining

    def suggest(self, trial_id: str) -> dict[str, Any] | None:
        if self.draining.asked:
            return cast(
                dict[str, Any], Searcher.FINISHED
            )  # a word, which Tune reads as the end of the search
        drawn = super().suggest(trial_id)
        if drawn is None:
            return None
        self.proposed.append(drawn)
        self.plan.keep(self.proposed)
        config = self.study.config(drawn)
        code = self.study.code(self.table, config)
        return {"trial": len(self.proposed) - 1, "drawn": drawn, "config": config, "code": code}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Nothing: the score of some folds is no observation of a configuration either."""

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """A trial without all its folds is no observation of its configuration: it would be told as if it
        were complete."""
        state = {"stopped": TrialState.PRUNED, "complete": None}.get(
            (result or {}).get("state", ""), TrialState.FAIL
        )
        if error or state is None:
            super().on_trial_complete(trial_id, result, error)
        else:
            cast(optuna.Study, self._ot_study).tell(self._ot_trials[trial_id], state=state)


class _Follow(tune.Callback):
    """Tells the watcher in the sweep's process. Results are read back from the store, where the trial has put
    them."""

    def __init__(
        self, study: Study, table: ClipTable, store: FoldStore, watcher: Watcher, outcomes: dict[int, Outcome]
    ):
        self.study, self.table, self.store, self.watcher, self.outcomes = (
            study,
            table,
            store,
            watcher,
            outcomes,
        )
        self.draining, self.told = Draining(), False
        self.sweep = secrets.token_hex(8)  # its name on this Ray
        self.control: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """Tune keeps a copy of its callbacks for its own resume, which is not used here: ours goes by fold
        results."""
        return {}

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        if self.draining.asked and not self.told:
            self.told = True
            ray_runner.drain(self.sweep)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        if result["state"] in ("running", "complete", "stopped"):
            seen = (result["folds"], result["of"], result[METRIC], result["seconds"], bool(result["reused"]))
            self.watcher.fold(trial.config["trial"], *seen)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        self._end(trial, trial.last_result.get("error", ""), trial.last_result.get("state", "failed"))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        path = Path(trial.error_file) if trial.error_file else None
        self._end(
            trial,
            path.read_text() if path and path.is_file() else "the trial failed and left no traceback",
            "failed",
        )

    def _end(self, trial: Any, error: str, state: str) -> None:
        index, drawn = trial.config["trial"], trial.config["drawn"]
        jobs = self.study.jobs(self.table, drawn)
        held = [self.store.load(job.job_id) for job in jobs]
        missing = sum(result is None for result in held)
        if state == "complete" and missing:
            error = (
                f"{missing} of {len(jobs)} fold results are not in {self.store.root}: do head node and this "
                "process share that folder?"
            )
            state = "failed"
        if state == "failed" and self.control is not None:
            self.control.failed.remote(index)
        results = tuple(result for result in held if result is not None)
        outcome = Outcome(index, drawn, jobs[0].config, results, error, state)
        self.outcomes[index] = outcome
        self.watcher.trial(outcome)


def with_ray(
    study: Study,
    table: ClipTable,
    store: FoldStore,
    search: Search,
    watcher: Watcher,
    *,
    need: Need | None = None,
    at_once: int = 0,
    say: Callable[[str], None] = print,
) -> list[Outcome]:
    """Every trial a Tune trial on the Ray that is running.

    need     what a fold asks for; a CPU by default.
    at_once  trials under way together: folds of the next one fill the places that the last folds of one leave
             idle. 0 = two, or as many as fill every place twice; each costs a process of its own at the
             start.
    say      told when the user asks the sweep to end.
    Raises KeyboardInterrupt when asked twice.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
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
    jobs = informative(study.jobs(table, {}))
    at_once = at_once or max(2, math.ceil(2 * ray_runner.places(need or Need()) / len(jobs)))
    outcomes: dict[int, Outcome] = {}
    follow = _Follow(study, table, store, watcher, outcomes)
    algorithm.plan, algorithm.study, algorithm.table, algorithm.proposed, algorithm.draining = (
        search,
        study,
        table,
        [],
        follow.draining,
    )
    racing = search.scheduler != "none"
    control = follow.control = ray_runner.control(search.scheduler) if racing else None
    trainable = tune.with_parameters(
        run_trial,
        jobs=jobs,
        handles=[ray.put(table)],
        store=store,
        need=need or Need(),
        judged=bool(study.inner_folds),
        sweep=follow.sweep,
        control=[control],
        share=at_once if racing else 0,
    )
    tuner = tune.Tuner(
        # The trial's own process only waits: no CPU, on the head, where the store is.
        tune.with_resources(trainable, tune.PlacementGroupFactory([dict(ray_runner.ON_HEAD)])),
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
            callbacks=[follow],
            failure_config=tune.FailureConfig(max_failures=RESTARTS),
        ),
    )
    with follow.draining.listens(say):
        tuner.fit()
    if control is not None:
        ray.kill(control)
    return [outcomes[index] for index in sorted(outcomes)]
