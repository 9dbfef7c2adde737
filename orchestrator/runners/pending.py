"""Tasks that are under way, and what becomes of one that fails.

A fold whose worker or node dies is started again by Ray; a fold that raises is tried once more here; one that
runs out of memory is given more, or its pack is halved. Each is said in the log. A fold that fails for good
fails its trial, by name, once all others have ended: else one person's fold would take the trial from the
choice of everybody's.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import OutOfMemoryError, RayTaskError, TaskCancelledError, WorkerCrashedError

from orchestrator.runners import marks, room, sizing
from orchestrator.runners.ending import end
from orchestrator.runners.sizing import Need, Peak
from orchestrator.study.jobs import FoldJob
from orchestrator.study.record import FoldRecord
from orchestrator.study.tasks import Annotations
from orchestrator.workspace.store import FoldStore

log = logging.getLogger(__name__)
CRASHES = 4  # times that Ray starts a fold again whose worker or node died
ATTEMPTS = 2  # times that a fold which raises is tried
ENLARGED = 4  # times that a fold which runs out of memory is given more
LOOK = 1.0  # seconds between two looks at tasks none of which ends
PATIENT = 4.0  # seconds in which no task of a trial runs before its wait is said

Pack = tuple[FoldJob, ...]


class FoldFailed(RuntimeError):
    """Folds failed in every attempt; the text holds their names and the workers' tracebacks."""


def places(need: Need) -> float:
    """How many folds the cluster can run at once, as it is now."""
    held = ray.cluster_resources()
    return float(held.get("GPU", 0) / need.gpus if need.gpus else held.get("CPU", 0))


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


class Pending:
    """Tasks that are under way, and what becomes of one that fails."""

    def __init__(
        self,
        store: FoldStore,
        annotations: Annotations,
        arguments: Callable[[Pack, Need], tuple[Any, ...]],
        task: Any,
        need: Need,
        share: int,
        sweep: str = "",
    ):
        """arguments: what the Ray task ``task`` is called with, of a pack and its need. share, sweep: as in
        RayRunner."""
        self.store, self.annotations, self.arguments = store, annotations, arguments
        self.task, self.need, self.share, self.sweep = task, need, share, sweep
        self.drains = False
        self._waiting = ""  # id of the task under which the wait of all was said
        self._since = time.monotonic()  # when one was last seen to run
        self.failed: list[str] = []  # of each fold that failed for good, its name and traceback
        # of a task: its pack, its need, failures, enlargements
        self.tasks: dict[ray.ObjectRef[Any], tuple[Pack, Need, int, int]] = {}

    def run(self, packs: list[Pack]) -> Iterator[FoldRecord]:
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
            while (rest and not self.drains) or self.tasks:
                while rest and not self.drains and len(self.tasks) < self._places(len(packs)):
                    self._start(rest.popleft(), self.need)
                yield from self._next([])
            if self.failed:
                raise FoldFailed("\n".join(self.failed))
        finally:
            end(self.tasks)
            self._runs()

    def _start(self, pack: Pack, need: Need, failures: int = 0, enlarged: int = 0) -> None:
        # SPREAD: else the placement group of the trial, which has no CPU, would hold the task.
        asked = {"num_cpus": 1, "num_gpus": need.gpus, "scheduling_strategy": "SPREAD"} | (
            {"memory": need.memory} if need.memory else {}
        )
        self.tasks[self.task.options(**asked).remote(*self.arguments(pack, need))] = (
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

    def _next(self, peaks: list[Peak]) -> Iterator[FoldRecord]:
        """Wait for one task. Its results, kept; none if it is to be tried again, or the sweep is ending."""
        done: list[ray.ObjectRef[Any]] = []
        while not done:
            done, _ = ray.wait(list(self.tasks), num_returns=1, timeout=LOOK)
            if not done:
                self._look()
        self._runs()
        pack, need, failures, enlarged = self.tasks.pop(done[0])
        try:
            ended = ray.get(done[0])
        except TaskCancelledError:
            return
        except (RayTaskError, WorkerCrashedError, OutOfMemoryError) as error:
            if self.sweep:
                marks.forget(self.sweep, done[0].task_id().hex())
            self._again(pack, need, failures, enlarged, error)
            return
        if ended is None:
            return
        peaks.append(ended[1])
        records = []
        for one, job in zip(ended[0], pack, strict=True):
            records.append(FoldRecord.of(self.annotations.signed(one, job), self.store))
            self.store.save(records[-1], job, one.weights)
        yield from records

    def _look(self) -> None:
        """None has ended: call back those that wait for room if the sweep drains, else say what they wait
        for."""
        if not self.sweep:
            return
        self.drains = marks.drains(self.sweep)
        running = marks.running(self.sweep)
        idle = [reference for reference in self.tasks if reference.task_id().hex() not in running]
        if self.drains:
            for reference in idle:
                ray.cancel(reference, force=False)
        elif len(idle) < len(self.tasks):
            self._runs()
        elif not self._waiting and time.monotonic() - self._since >= PATIENT:
            self._waiting = idle[0].task_id().hex()
            marks.waits(self.sweep, self._waiting, room.asked(self.tasks[idle[0]][1]))

    def _runs(self) -> None:
        """A task runs, or has ended."""
        self._since = time.monotonic()
        if self._waiting:
            marks.waits(self.sweep, self._waiting, None)
            self._waiting = ""

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
            self.failed.append(
                f"{names(pack)} failed {1 + (CRASHES if crashed else failures)} times:\n{error}"
            )
            return
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
