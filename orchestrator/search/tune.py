"""The search on Ray: each configuration a Tune trial, its folds Ray tasks (runners/ray.py). Same numbers as
search/inline.py.

A trial's own process only waits for its folds, on the head; killed, it is started again and finds finished
folds in the store. Ctrl-C, or SIGTERM: the sweep drains, that is, folds which run may end and none begins; a
second one ends it at once. Either way a resumed sweep goes on where it stood.
"""

from __future__ import annotations

import logging
import math
import os
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import optuna
import ray
from optuna.trial import TrialState
from ray import tune
from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch

from orchestrator.runners import marks, ray_quirks
from orchestrator.runners import ray as ray_runner
from orchestrator.runners.pending import places
from orchestrator.runners.room import Watch
from orchestrator.runners.sizing import Need
from orchestrator.search.control import Control
from orchestrator.search.draining import Draining
from orchestrator.search.events import FoldEnded, Listener, Note, Outcome, TrialEnded, Waits
from orchestrator.search.fold_order import informative
from orchestrator.search.samplers import Search
from orchestrator.search.trial_process import METRIC, run_trial
from orchestrator.selection.records import Sums, remembered
from orchestrator.study.jobs import FoldJob
from orchestrator.study.record import FoldRecord
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable
from orchestrator.workspace.store import FoldStore
from preprocessing import lost_ray
from preprocessing.plugins import Plugin
from search_spaces import SPACES

RESTARTS = 3  # times that a trial whose own process died is started again

ray_quirks.apply()


class Proposals(OptunaSearch):
    """OptunaSearch that numbers its proposals and keeps them on disk before they are run."""

    def __init__(self, search: Search, study: Study, table: ClipTable, draining: Draining):
        self.search, self.study, self.au, self.draining = search, study, table.au, draining
        self.proposed: list[dict[str, Any]] = []
        sampler, first = search.open(SPACES[study.model].PUBLISHED)
        super().__init__(
            SPACES[study.model].space,
            metric=METRIC,
            mode="max",
            points_to_evaluate=first,
            sampler=sampler,
        )

    def suggest(self, trial_id: str) -> dict[str, Any] | None:
        if self.draining.asked:
            # a word, which Tune reads as the end of the search
            return cast(dict[str, Any], Searcher.FINISHED)
        drawn = super().suggest(trial_id)
        if drawn is None:
            return None
        self.proposed.append(drawn)
        self.search.keep(self.proposed)
        config = self.study.config(drawn)
        code = self.study.code_of(config, self.au)
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


class Follow(tune.Callback):
    """Takes what the trials report, in the sweep's own process, and tells the listener."""

    def __init__(
        self,
        study: Study,
        jobs: Sequence[FoldJob],
        store: FoldStore,
        listener: Listener,
        draining: Draining,
        sweep: str,
        control: Any,
    ):
        """jobs: of any trial. sweep: its name on this Ray. control: its Control's actor, or None."""
        self.study, self.deal, self.store, self.listener = study, jobs, store, listener
        self.draining, self.sweep, self.control = draining, sweep, control
        self.told = False
        self.watch = Watch(sweep, lambda text: listener(Waits(text)))
        self.outcomes: dict[int, Outcome] = {}
        self.jobs: dict[int, dict[str, FoldJob]] = {}
        self.results: dict[int, dict[str, FoldRecord]] = {}
        self.sums: dict[int, Sums] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Tune keeps a copy of its callbacks for its own resume, which is not used here: ours goes by fold
        results."""
        return {}

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        if self.draining.asked and not self.told:
            self.told = True
            marks.drain(self.sweep)
        if not self.told:
            self.watch.look()

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        ended: dict[str, Any] | None = result.get("ended")
        if ended is None:
            return
        self.watch.moved()
        index = trial.config["trial"]
        job, held = self._jobs(trial)[ended["job"]], self.results.setdefault(index, {})
        if job.job_id in held:
            return  # a trial whose process died tells again what it has told
        record = self.store.kept(job)
        if record is None:
            raise FileNotFoundError(
                f"the result of fold {job.fold!r}, seed {job.seed} (job {job.job_id}) has gone from "
                f"{self.store.root} since it was computed; go on with --resume, which computes it again"
            )
        remembered(record)
        if record.validation:
            self.sums.setdefault(index, Sums()).add(record)
        record.let_go()
        held[job.job_id] = record
        self.listener(
            FoldEnded(
                index, record, ended["reused"], ended["done"], ended["of"], result[METRIC], result["state"]
            )
        )

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        self._end(trial, trial.last_result.get("error", ""), trial.last_result.get("state", "failed"))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        path = Path(trial.error_file) if trial.error_file else None
        why = path.read_text() if path and path.is_file() else "the trial failed and left no traceback"
        self._end(trial, why, "failed")

    def _jobs(self, trial: Any) -> dict[str, FoldJob]:
        index = trial.config["trial"]
        if index not in self.jobs:
            own = self.study.under(self.deal, trial.config["drawn"])
            self.jobs[index] = {job.job_id: job for job in own}
        return self.jobs[index]

    def _end(self, trial: Any, error: str, state: str) -> None:
        index, jobs = trial.config["trial"], self._jobs(trial)
        held = self.results.pop(index, {})
        if state == "failed" and self.control is not None:
            self.control.failed.remote(index)
        results = tuple(held[name] for name in jobs if name in held)
        del self.jobs[index]
        # that of all its folds: what a process that died had told may be told no more
        score = trial.last_result[METRIC] if state in ("complete", "stopped") else None
        self.outcomes[index] = Outcome(
            index, trial.config["drawn"], trial.config["config"], results, error, state, score,
            self.sums.pop(index, Sums()),
        )  # fmt: skip
        self.listener(TrialEnded(self.outcomes[index]))


def control_actor(scheduler: str, plugins: tuple[Plugin, ...]) -> Any:
    """The sweep's Control as an actor on the head. One that dies is started again, with what it knew
    forgotten: fewer trials are stopped then, and none wrongly."""
    asked = {"num_cpus": 0, "resources": ray_runner.ON_HEAD, "max_restarts": -1, "max_task_retries": -1}
    return ray.remote(Control).options(**asked).remote(scheduler, plugins)


def with_ray(
    study: Study,
    table: ClipTable,
    store: FoldStore,
    search: Search,
    listener: Listener,
    *,
    need: Need | None = None,
    at_once: int = 0,
    plugins: tuple[Plugin, ...] = (),
) -> list[Outcome]:
    """Every trial a Tune trial on the Ray that is running.

    need     what a fold asks for; a CPU by default.
    at_once  trials under way together: folds of the next one fill the places that the last folds of one leave
             idle. 0 = two, or as many as fill every place twice; each costs a process of its own at the
             start.
    plugins  code that the folds need and other machines have not.
    Raises KeyboardInterrupt when the user asks twice to end it; OSError when the store cannot be written, or
    Ray has died (lost_ray.Watched).
    """
    for name, value in ray_quirks.TUNE_SETTINGS.items():
        os.environ.setdefault(name, value)
    logging.getLogger("ray.tune").setLevel(logging.ERROR)
    need = need or Need()
    jobs = informative(study.jobs(table, {}))
    at_once = at_once or max(2, math.ceil(2 * places(need) / len(jobs)))
    draining, racing = Draining(), search.scheduler != "none"
    sweep = secrets.token_hex(8)
    control = control_actor(search.scheduler, plugins) if racing else None
    follow = Follow(study, study.jobs(table, {}), store, listener, draining, sweep, control)
    table.annotations.keep(store.labels(table.content))
    trainable = tune.with_parameters(
        run_trial,
        jobs=jobs,
        handles=[ray.put(replace(table.shared, plugins=plugins))],
        store=store,
        table=table.content,
        need=need,
        judged=bool(study.inner_folds),
        sweep=sweep,
        control=[control],
        share=at_once if racing else 0,
    )
    tuner = tune.Tuner(
        # The trial's own process only waits: no CPU, on the head, where the store is.
        tune.with_resources(trainable, tune.PlacementGroupFactory([dict(ray_runner.ON_HEAD)])),
        tune_config=tune.TuneConfig(
            num_samples=search.trials,
            search_alg=Proposals(search, study, table, draining),
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
    with draining.listens(lambda text: listener(Note(text))):
        tuner.fit()
    lost_ray.check()  # Tune may keep the interrupt, and tell the trials as failed
    if control is not None:
        ray.kill(control)
    return [follow.outcomes[index] for index in sorted(follow.outcomes)]
