"""Folds of all lines in one queue: while the sweep of one line is scored and written, those of later lines
train.

A line's own sweep begins when its folds are in the store, and trains none. The next line's folds wait in
Ray's queue behind those of the line before, so that no core waits for the last fold of a line. Equal folds of
two lines are trained once.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Collection, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from types import TracebackType

from orchestrator.common.errors import Interrupted
from orchestrator.runners import marks, room
from orchestrator.runners import ray as ray_runner
from orchestrator.runners.pending import FoldFailed, places
from orchestrator.runners.ray import RayRunner
from orchestrator.search.draining import Draining
from orchestrator.search.events import Event, Listener, Note, Preparing
from orchestrator.search.fold_order import informative
from orchestrator.search.proposals import proposals
from orchestrator.study.action_units import settled
from orchestrator.study.jobs import FoldJob
from orchestrator.study.table import merged
from orchestrator.sweeps import corpora
from orchestrator.sweeps.after_features import identified
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment
from orchestrator.sweeps.run import planned
from orchestrator.workspace.store import FoldStore
from preprocessing import extract, lost_ray
from preprocessing.places import place

# Lines whose clips lie in memory: the folds of the second begin as soon as the first leaves a core idle.
AT_ONCE = 2
LOOK = 0.2  # seconds between two looks at what has ended


class Ahead:
    """Use as a context manager, from the main thread. Left early, folds that run may end and are kept."""

    def __init__(self, wanted: Sequence[tuple[str, Experiment]], execution: Execution, tell: Listener):
        """wanted: (any name that no other has, experiment) of each sweep, in the order of the sweeps."""
        self.execution, self.tell = execution, tell
        self.store = FoldStore(place(execution.store or execution.workspace) / "folds")
        self.mark = secrets.token_hex(8)  # as the name of a sweep in runners/marks.py
        self.ending = False
        self.queued: set[str] = set()  # jobs of all lines so far
        self.trained: list[str] = []
        self.seconds, self.begin, self.end = 0.0, 0.0, 0.0
        self._said = 0
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._order = [threading.Event() for _ in wanted]
        self._wanted = list(wanted)
        self._folds: dict[str, Future[tuple[list[str], list[str]]]] = {}

    def __enter__(self) -> Ahead:
        if not self.execution.address:
            room.refused(self.execution.need)
        ray_runner.start(self.execution.address or None)
        for at, (name, experiment) in enumerate(self._wanted):
            self._folds[name] = self._pool.submit(self._line, at, experiment)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending = True
        if lost_ray.ended():  # its threads are held in calls of Ray's
            self._pool.shutdown(wait=False, cancel_futures=True)
            return
        try:
            if kind is not None:
                marks.drain(self.mark)
            self._pool.shutdown(cancel_futures=True)
        except KeyboardInterrupt:
            ray_runner.stop()  # ends the folds that run, and so the threads that wait for them
            raise

    def folds(self, name: str) -> Collection[str] | None:
        """Wait for the folds of that name: the store has all of its sweep now. Ids of those that were trained
        for it, less those that were there or belong to a line before. None where some failed, or are not
        known before others have ended: the sweep trains them, and says what failed.

        Raises as sweeps.run.run for what cannot be run; Interrupted when the user ends it.
        """
        mine, draining = self._folds[name], Draining()
        with draining.listens(lambda text: self.tell(Note(text))):
            while not wait([mine], LOOK).done:
                self._show()
                if draining.asked:
                    raise Interrupted("interrupted; folds are kept; the same command goes on")
        self._show()
        try:
            known, trained = mine.result()
        except FoldFailed:
            return None
        return trained if known and all(job in self.store for job in known) else None

    @property
    def summary(self) -> str:
        """What was trained and how busy that kept the cores, or GPUs, as a sentence; "" for nothing."""
        if not self.trained:
            return ""
        wall = self.end - self.begin
        busy = self.seconds / (places(self.execution.need) * wall)
        return (
            f"one queue: {len(self.trained)} folds, {self.seconds:.0f} s of training in {wall:.0f} s; "
            f"from the first fold's start to the last one's end a place for a fold was idle "
            f"{max(0.0, 1 - busy):.0%} of the time"
        )

    def _line(self, at: int, experiment: Experiment) -> tuple[list[str], list[str]]:
        """Train what the store lacks. (ids of all jobs of the sweep, [] where not all are known yet; those
        that were trained)."""
        mine: list[str] = []
        if at:
            self._order[at - 1].wait()  # so that of two lines with equal folds the first one trains them
        try:
            runner, jobs, known = self._prepared(experiment)
        finally:
            self._order[at].set()
        for result, reused in runner.run(jobs):
            if not reused:
                mine.append(result.job_id)
                self.trained.append(result.job_id)
                self.seconds += result.seconds
                self.end = time.monotonic()
        return known, mine

    def _prepared(self, experiment: Experiment) -> tuple[RayRunner, list[FoldJob], list[str]]:
        """(what runs folds of the line's clips, jobs that no line before has, ids of all jobs)."""
        experiment, plans = planned(experiment, self.execution, self._hear)
        made = [
            extract.prepared(one, ray_runner.cpus(), self.execution.max_failed, corpora.reporter(self._hear))
            for one in plans
        ]
        study = experiment.study(self.execution.arithmetic)
        tables = corpora.tables(experiment, [one.folders[experiment.features] for one in made])
        clips = tuple(clip for one in made for clip in one.labelled)
        table = identified(merged(tables, study.rule.all_classes), experiment, clips)[0]
        table = settled(table, experiment.au, study.jobs(table, {}))
        order = informative(study.jobs(table, {}))
        drawn = proposals(study.model, experiment.sampler, experiment.trials)
        # a scheduler stops trials, of which no fold is to be trained in vain
        drawn = drawn if experiment.scheduler == "none" else drawn[:1]
        jobs = [job for one in drawn for job in study.under(order, one)]
        own = [job for job in jobs if job.job_id not in self.queued]
        self.queued.update(job.job_id for job in own)
        known = [job.job_id for job in jobs] if len(drawn) == experiment.trials else []
        self.begin = self.begin or time.monotonic()
        runner = ray_runner.of_table(
            table, self.store, self.execution.need, self.mark, plugins=experiment.brought
        )
        return runner, own, known

    def _hear(self, event: Event) -> None:
        """Hands on how far features are; what else is said of a line, its own sweep says too. Raises
        CancelledError where nobody waits for them any more."""
        if self.ending:
            raise CancelledError("the experiment is ending")
        if isinstance(event, Preparing):
            self.tell(event)

    def _show(self) -> None:
        if len(self.trained) != self._said:
            self._said = len(self.trained)
            lines = sum(one.is_set() for one in self._order)
            self.tell(
                Preparing("folds", self._said, len(self.queued), f"of {lines} of {len(self._order)} sweeps")
            )
