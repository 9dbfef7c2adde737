"""Fold jobs as Ray tasks: any free slot of the cluster takes any trial's fold.

A task asks for one CPU (and a share of a GPU), runs on one thread and gets the table from the object store. A
fold whose worker or node dies is started again by Ray; a fold that raises is tried once more here; one that
runs out of memory is given more, or its pack is halved. Each is said in the log, and a fold that fails for
good fails its trial, by name.
"""

from __future__ import annotations

import logging
import math
import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ray
from ray.exceptions import OutOfMemoryError, RayTaskError, WorkerCrashedError
from ray.experimental.internal_kv import _internal_kv_exists, _internal_kv_put

from orchestrator.runners import sizing
from orchestrator.runners.limit import time_limit
from orchestrator.runners.sizing import Need, Peak
from orchestrator.search.control import Control
from orchestrator.study.jobs import FoldJob, FoldResult
from orchestrator.workspace.store import FoldStore

if TYPE_CHECKING:
    from orchestrator.study.table import ClipTable

# What trains is imported where it is used: torch takes a second, and a trial's own process only waits for its
# folds.

log = logging.getLogger(__name__)
# glibc hands large blocks back to the system after every step and faults them in again: kept, an STSTNet fold
# took 2.5 s instead of 4.4 s here. Read at a process' start, so they are the environment of the workers.
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "2000000000",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "67108864",
}
CRASHES = 4  # times that Ray starts a fold again whose worker or node died
ATTEMPTS = 2  # times that a fold which raises is tried
ENLARGED = 4  # times that a fold which runs out of memory is given more
ON_HEAD = {"node:__internal_head__": 0.001}

Pack = tuple[FoldJob, ...]


class FoldFailed(RuntimeError):
    """A fold failed in every attempt; the text holds its name and the worker's traceback."""


@ray.remote(max_retries=CRASHES)
def _folds(pack: Pack, table: ClipTable, need: Need, sweep: str) -> tuple[list[FoldResult], Peak] | None:
    """Results of the pack's folds and what they took; None if the sweep is ending, so that nothing was
    begun."""
    from orchestrator.runners.inline import run_folds

    if drains(sweep):
        return None
    sizing.reset(need.device)
    with time_limit(need.limit_s):
        results = run_folds(pack, table, need.device)
    return results, sizing.measure(need.device)


def start(address: str | None, cpus: int | None = None, gpus: int | None = None) -> None:
    """Join the cluster at ``address``, or start Ray on this machine alone, without a dashboard, also where
    another one runs already.

    Ray's own ports answer to holders of its token only (its default since 2.60), which ``ray.init`` makes and
    keeps.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Tune's new reporter prints a banner even when told to be silent
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    if ray.is_initialized():
        return
    if address:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": KEEP_MEMORY},
        )
    else:
        for name, value in KEEP_MEMORY.items():  # Ray's processes on this machine inherit it
            os.environ.setdefault(name, value)
        ray.init(
            address="local",
            num_cpus=cpus,
            num_gpus=gpus,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )


@ray.remote(num_cpus=1)
def _imported(model: str) -> None:
    """Its worker has imported all that a fold of the model needs."""
    from mer_models import MODELS
    from orchestrator.runners import inline

    _ = inline, MODELS[model]


def warm(model: str) -> None:
    """Let a worker for every CPU begin to import what folds need, while the sweep itself is still reading;
    waits for none."""
    for _ in range(int(ray.cluster_resources().get("CPU", 0))):
        _imported.options(scheduling_strategy="SPREAD").remote(model)


def places(need: Need) -> float:
    """How many folds the cluster can run at once, as it is now."""
    held = ray.cluster_resources()
    return float(held.get("GPU", 0) / need.gpus if need.gpus else held.get("CPU", 0))


def control(scheduler: str) -> Any:
    """The sweep's Control as an actor on the head. One that dies is started again, with what it knew
    forgotten: fewer trials are stopped then, and none wrongly."""
    return (
        ray.remote(Control)
        .options(num_cpus=0, resources=ON_HEAD, max_restarts=-1, max_task_retries=-1)
        .remote(scheduler)
    )


def drain(sweep: str) -> None:
    """From now on no fold of the sweep begins; those that run may end."""
    _internal_kv_put(_flag(sweep), b"1")


def drains(sweep: str) -> bool:
    """Asked by every task. Not of an actor: while a task waits for ``ray.get``, Ray gives its CPU away, and
    then too many run."""
    return bool(sweep) and _internal_kv_exists(_flag(sweep))


def _flag(sweep: str) -> bytes:
    return f"mer-drains-{sweep}".encode()


def run(
    jobs: Sequence[FoldJob],
    store: FoldStore,
    table: ray.ObjectRef[Any],
    *,
    need: Need | None = None,
    sweep: str = "",
    share: int = 0,
    task: Any = None,
) -> Generator[tuple[FoldResult, bool], None, None]:
    """Yield (result, reused) as folds end, in the order in which they end. Leaves nothing running when it is
    closed early.

    table    reference to the study's ClipTable in the object store.
    sweep    any name of the sweep that no other one on this Ray has: once it drains, folds that have not
             begun are left out.
    share    this trial takes one of so many parts of the cluster's places, so that trials which race run side
             by side: a fold begun before its trial's first ones have spoken is often wasted (replayed with 16
             places and 8 trials: 75 % of all folds instead of 26 %). 0 = all of its folds at once, which no
             place can wait for.
    task     Ray task with the arguments and result of ``_folds``, in its place: a benchmark's.
    Raises FoldFailed with the worker's traceback; OSError when a result cannot be stored.
    """
    missing = []
    for job in jobs:
        held = store.load(job.job_id)
        if held is not None:
            yield held, True
        else:
            missing.append(job)
    yield from (
        (result, False)
        for result in _Pending(store, table, need or Need(), sweep, share, task or _folds).run(
            packs(missing, need)
        )
    )


def packs(jobs: Sequence[FoldJob], need: Need | None) -> list[Pack]:
    """The jobs in their order, together where they may train as one program, at most ``need.pack`` of
    them."""
    size = need.pack if need else 1
    if size == 1:
        return [(job,) for job in jobs]
    from orchestrator.training.packed.folds import pack_key, why_not

    made: list[list[FoldJob]] = []
    open_: dict[Any, list[FoldJob]] = {}
    for job in jobs:
        key = None if why_not(job.model, job.config) else pack_key(job)
        if key is None or len(open_.get(key, [])) in (0, size):
            made.append([])
            if key is not None:
                open_[key] = made[-1]
        (made[-1] if key is None else open_[key]).append(job)
    return [tuple(pack) for pack in made]


class _Pending:
    """Tasks that are under way, and what becomes of one that fails."""

    def __init__(
        self, store: FoldStore, table: ray.ObjectRef[Any], need: Need, sweep: str, share: int, task: Any
    ):
        self.store, self.table, self.need, self.sweep, self.share = store, table, need, sweep, share
        self.task = task
        self.tasks: dict[
            ray.ObjectRef[Any], tuple[Pack, Need, int, int]
        ] = {}  # of a task: failures, enlargements

    def run(self, packs: list[Pack]) -> Iterator[FoldResult]:
        try:
            if self.need.measured and packs:
                first = replace(self.need, gpus=1.0 if self.need.gpus else 0.0, measured=False)
                self._start(packs[0], first)
                peaks: list[Peak] = []
                while self.tasks:
                    yield from self._next(peaks)
                self.need = self._sized(peaks[-1]) if peaks else first
                packs = packs[1:]
            rest = deque(packs)
            while rest or self.tasks:
                while rest and len(self.tasks) < self._places(len(packs)):
                    self._start(rest.popleft(), self.need)
                yield from self._next([])
        finally:
            for reference in self.tasks:
                ray.cancel(reference, force=True)

    def _start(self, pack: Pack, need: Need, failures: int = 0, enlarged: int = 0) -> None:
        # SPREAD: else the placement group of the trial, which has no CPU, would hold the task.
        asked = {"num_cpus": 1, "num_gpus": need.gpus, "scheduling_strategy": "SPREAD"} | (
            {"memory": need.memory} if need.memory else {}
        )
        self.tasks[self.task.options(**asked).remote(pack, self.table, need, self.sweep)] = (
            pack,
            need,
            failures,
            enlarged,
        )

    def _places(self, most: int) -> int:
        """How many tasks this trial may have under way: one more than its part, or a cluster that could grow
        would never be asked to."""
        if not self.share:
            return most
        return 1 + math.ceil(places(self.need) / self.share)

    def _next(self, peaks: list[Peak]) -> Iterator[FoldResult]:
        """Wait for one task. Its results, kept; none if it is to be tried again, or the sweep is ending."""
        (done,), _ = ray.wait(list(self.tasks), num_returns=1)
        pack, need, failures, enlarged = self.tasks.pop(done)
        try:
            ended = ray.get(done)
        except (RayTaskError, WorkerCrashedError, OutOfMemoryError) as error:
            self._again(pack, need, failures, enlarged, error)
            return
        if ended is None:
            return
        peaks.append(ended[1])
        for result in ended[0]:
            self.store.save(result)
        yield from ended[0]

    def _again(self, pack: Pack, need: Need, failures: int, enlarged: int, error: Exception) -> None:
        if (
            _out_of_memory(error)
            and enlarged < ENLARGED
            and (len(pack) > 1 or need.gpus < 1 or isinstance(error, OutOfMemoryError))
        ):
            if len(pack) > 1:
                halves = [pack[: len(pack) // 2], pack[len(pack) // 2 :]]
            else:
                halves, need = [pack], _enlarged(need, error)
            log.warning(
                "%s ran out of memory; next as %d task(s) of at most %d folds, each with %.2f GPU and %.1f "
                "GiB of the host",
                names(pack),
                len(halves),
                len(halves[0]),
                need.gpus,
                need.memory / 2**30,
            )
            for half in halves:
                self._start(half, need, failures, enlarged + 1)
            return
        # Ray has started it again several times already
        crashed = isinstance(error, WorkerCrashedError | OutOfMemoryError)
        if crashed or failures + 1 >= ATTEMPTS:
            raise FoldFailed(
                f"{names(pack)} failed {1 + (CRASHES if crashed else failures)} times:\n{error}"
            ) from error
        log.warning("%s failed, tried once more: %s", names(pack), str(error).strip().splitlines()[-1])
        for job in pack:  # one by one: the others of its pack have done nothing wrong
            self._start((job,), need, failures + 1, enlarged)

    def _sized(self, peak: Peak) -> Need:
        need = replace(
            self.need,
            measured=False,
            memory=sizing.host_bytes(peak),
            gpus=sizing.gpu_share(peak) if self.need.gpus else 0.0,
        )
        log.warning(
            "a fold took %.2f GiB of the host and %.2f GiB of its GPU: each of the others asks for %.2f GPU "
            "and %.2f GiB",
            peak.host / 2**30,
            peak.gpu / 2**30,
            need.gpus,
            need.memory / 2**30,
        )
        return need


def names(pack: Pack) -> str:
    """How a log and an error call the folds of a task."""
    return " and ".join(f"fold {job.fold} seed {job.seed} (job {job.job_id})" for job in pack)


def _out_of_memory(error: Exception) -> bool:
    from torch import OutOfMemoryError as TorchOutOfMemory

    return isinstance(error, OutOfMemoryError) or isinstance(getattr(error, "cause", None), TorchOutOfMemory)


def _enlarged(need: Need, error: Exception) -> Need:
    if isinstance(error, OutOfMemoryError):
        return replace(need, memory=2 * (need.memory or 2**30))
    return replace(need, gpus=min(1.0, 2 * need.gpus))
