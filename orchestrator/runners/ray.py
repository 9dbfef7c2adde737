"""Fold jobs as Ray tasks: any free slot of the cluster takes any trial's fold.

A task asks for one CPU (and a share of a GPU), runs on one thread, and is given what study/tasks.py says: the
inputs of all clips from the object store, without labels or names, and the fold's own labels as its argument.
What it gives back holds no label either; who handed the fold out joins names and labels again.
"""

from __future__ import annotations

import functools
import gc
import os
import signal
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import ray

from orchestrator.common.signals import handled
from orchestrator.runners import marks, sizing
from orchestrator.runners.limit import time_limit
from orchestrator.runners.pending import CRASHES, Pending, packs
from orchestrator.runners.sizing import Need, Peak
from orchestrator.study.jobs import FoldJob, FoldResult
from orchestrator.study.tasks import Annotations, FoldTask, SharedInputs, unsigned
from orchestrator.workspace.store import FoldStore
from preprocessing import joined_ray, local_ray

if TYPE_CHECKING:
    from orchestrator.runners.inline import Ended
    from orchestrator.study.table import ClipTable
    from preprocessing.plugins import Plugin

# What trains is imported where it is used: torch takes a second, and a trial's own process only waits for its
# folds.

# glibc hands large blocks back to the system after every step and faults them in again: kept, an STSTNet fold
# took 2.5 s instead of 4.4 s here. Read at a process' start, so they are the environment of the workers.
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "2000000000",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "67108864",
}
ON_HEAD = {"node:__internal_head__": 0.001}


@ray.remote(max_retries=CRASHES)
def _folds(
    tasks: tuple[FoldTask, ...], shared: SharedInputs, need: Need, sweep: str
) -> tuple[list[FoldResult], Peak] | None:
    """Results of the pack's folds and what they took; None if the sweep is ending, so that nothing was
    begun."""
    from orchestrator.runners.inline import train
    from orchestrator.study import plugins

    if not marks.begins(sweep):
        return None
    try:
        plugins.install(shared.plugins, only=("MODEL",))
        _imports_stay()
        sizing.reset(need.device)
        with time_limit(need.limit_s):
            results = train(tasks, shared, need.device, need.keep)
        return [unsigned(result) for result in results], sizing.measure(need.device)
    finally:
        marks.ends(sweep)
        gc.collect()  # this process runs other people's folds next: nothing of this one's labels stays behind


def start(address: str | None, cpus: int | None = None, gpus: int | None = None) -> None:
    """Join the cluster at ``address``, or start Ray on this machine alone, without a dashboard, also where
    another one runs already.

    What listens then, and to whom it answers: preprocessing/local_ray.py. Raises BadInput, OSError; for a
    cluster that does not answer within seconds too (preprocessing/joined_ray.py).
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Tune's new reporter prints a banner even when told to be silent
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    if ray.is_initialized():
        return
    if address:
        joined_ray.join(address, runtime_env={"env_vars": KEEP_MEMORY})
    else:
        for name, value in KEEP_MEMORY.items():  # Ray's processes on this machine inherit it
            os.environ.setdefault(name, value)
        # Ray's processes do not end with the terminal: the sweep ends them, after the folds that run
        with handled([signal.SIGHUP], signal.SIG_IGN):
            local_ray.start(num_cpus=cpus, num_gpus=gpus)


def stop() -> None:
    """Leave Ray, or end it where this process started it: folds that run are ended."""
    ray.shutdown()


@ray.remote(num_cpus=1)
def _imported(model: str, brought: tuple[Plugin, ...]) -> None:
    """Its worker has imported all that a fold of the model needs."""
    from mer_models import MODELS
    from orchestrator.runners import inline
    from orchestrator.study import plugins

    plugins.install(brought, only=("MODEL",))
    _ = inline, MODELS[model]
    _imports_stay()


@functools.cache
def _imports_stay() -> None:
    """Once a process: what is imported by now is not looked through after every fold, which would cost as
    much as a small fold."""
    gc.collect()
    gc.freeze()


def cpus() -> int:
    """Of the Ray that is running, at least 1: a container may have fewer than its host."""
    return max(1, int(ray.cluster_resources().get("CPU", 0)))


def warm(model: str, brought: tuple[Plugin, ...] = ()) -> None:
    """Let a worker for every CPU begin to import what folds need, while the sweep itself is still reading;
    waits for none. brought: the user's plugins."""
    for _ in range(int(ray.cluster_resources().get("CPU", 0))):
        _imported.options(scheduling_strategy="SPREAD").remote(model, brought)


@dataclass(frozen=True)
class RayRunner:
    """Folds of one table on the Ray that is running, finished ones from the store.

    shared       reference to the study's SharedInputs in the object store.
    annotations  of the table: in this process alone.
    sweep        any name of the sweep that no other one on this Ray has: once it drains, folds that have not
                 begun are left out, and those that wait for room are called back.
    share        this trial takes one of so many parts of the cluster's places, so that trials which race run
                 side by side: a fold begun before its trial's first ones have spoken is often wasted
                 (replayed with 16 places and 8 trials: 75 % of all folds instead of 26 %). 0 = all of its
                 folds at once, which no place can wait for.
    task         Ray task with the arguments and result of ``_folds``, in its place: a benchmark's.
    """

    store: FoldStore
    shared: Any
    annotations: Annotations
    need: Need = field(default_factory=Need)
    sweep: str = ""
    share: int = 0
    task: Any = None

    def run(self, jobs: Sequence[FoldJob]) -> Generator[Ended, None, None]:
        """Yield results as folds end, in the order in which they end. Leaves nothing running when it is
        closed early.

        Raises FoldFailed with the workers' tracebacks, after all others have ended; OSError when a result
        cannot be stored.
        """
        missing = []
        for job in jobs:
            held = self.store.load(job.job_id, job)
            if held is not None:
                yield held, True
            else:
                missing.append(job)
        pending = Pending(
            self.store,
            self.annotations,
            lambda pack, need: (tuple(map(self.annotations.task, pack)), self.shared, need, self.sweep),
            self.task or _folds,
            self.need,
            self.share,
            self.sweep,
        )
        yield from ((result, False) for result in pending.run(packs(missing, self.need)))


def of_table(
    table: ClipTable, store: FoldStore, need: Need, sweep: str, *, plugins: tuple[Plugin, ...] = ()
) -> RayRunner:
    """Folds of the table, all at once. sweep, plugins: as in RayRunner and SharedInputs."""
    shared = ray.put(replace(table.shared, plugins=plugins))
    return RayRunner(store, shared, table.annotations, need, sweep)
