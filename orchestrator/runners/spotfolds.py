"""Folds of long videos as Ray tasks. The curves of all videos lie in the object store once; a fold's own
labels come with its task.

A spotter learns from curves on one CPU, in seconds: no task asks for a GPU.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ray
from ray.exceptions import RayTaskError, WorkerCrashedError

from orchestrator.runners import ray as ray_runner
from orchestrator.runners.ending import end
from orchestrator.runners.pending import CRASHES, FoldFailed
from orchestrator.spotting.folds import Fold
from orchestrator.spotting.jobs import Runner, SpotTask
from orchestrator.spotting.marked import Seen
from orchestrator.spotting.spotters import Spotter, spotters


def begun(address: str, cpus: float) -> Runner:
    """``on_ray``, between the start of Ray, or the way to a cluster, and its end. Raises BadInput and OSError
    as runners.ray.start."""

    def run(asked: Sequence[SpotTask], seen: Mapping[str, Seen]) -> Iterator[tuple[SpotTask, Fold]]:
        ray_runner.start(address or None)
        try:
            yield from on_ray(asked, seen, cpus)
        finally:
            ray_runner.stop()

    return run


@functools.cache
def _spotters() -> dict[str, Spotter]:
    """Of this worker: what one finds in a video without being trained, it finds once for all folds here."""
    return spotters()


@ray.remote(max_retries=CRASHES)
def _fold(task: SpotTask, seen: Mapping[str, Seen]) -> Fold:
    return task.run(seen, _spotters()[task.spotter])


def on_ray(
    asked: Sequence[SpotTask], seen: Mapping[str, Seen], cpus: float = 1.0, task: Any = None
) -> Iterator[tuple[SpotTask, Fold]]:
    """On the Ray that is running: each task with its fold as it ends. Leaves nothing running when it is
    closed early.

    cpus  share of a CPU that a fold asks for. task: Ray task in the place of ``_fold``, for tests.
    Raises FoldFailed with the names of those that failed, after all others have ended.
    """
    curves: Mapping[str, Seen] = dict(seen)
    shared = ray.put(curves)
    one = (task or _fold).options(num_cpus=cpus, scheduling_strategy="SPREAD")
    running = {one.remote(each, shared): each for each in asked}
    failed = []
    try:
        while running:
            (done,), _ = ray.wait(list(running), num_returns=1)
            each = running.pop(done)
            try:
                fold = ray.get(done)
            except (RayTaskError, WorkerCrashedError) as error:
                failed.append(f"{each.spotter} without {each.person} failed:\n{error}")
                continue
            yield each, fold
    finally:
        end(running)
    if failed:
        raise FoldFailed("\n".join(failed))
