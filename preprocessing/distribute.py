"""Shards over a pool of Ray Data actors, each holding the landmark model once. The same make_shard as the
inline runner.

Why so: Ray Data's own writer leaves files whose rows nobody can trace to a half-done job; here each task
writes one named shard atomically with its marker, so a killed job loses at most the shards in flight. Half a
CPU an actor, because Ray Data's own operators need the rest (measured: with whole CPUs two actors on two
cores took twice as long).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import ray

from preprocessing.pipeline import Pipeline
from preprocessing.plan import Plan, make_shard
from preprocessing.plugins import install


class _Worker:
    def __init__(self, plans: list[ray.ObjectRef[Any]]) -> None:
        cv2.setNumThreads(1)  # one worker, one core; more would only fight
        self.plan: Plan = ray.get(plans[0])
        install(self.plan.plugins)
        self.pipeline = Pipeline(tuple(self.plan.specs), self.plan.settings)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return make_shard(self.plan, self.pipeline, int(row["id"]))


def with_ray(workers: int) -> Callable[[Plan, list[int]], Iterator[dict[str, int]]]:
    """A runner for extract.run over ``workers`` actors on the Ray that is running (ray.init first)."""

    def runner(plan: Plan, numbers: list[int]) -> Iterator[dict[str, int]]:
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False  # ours counts clips
        order = ray.data.from_items([{"id": n} for n in numbers], override_num_blocks=len(numbers))
        pool = ray.data.ActorPoolStrategy(size=min(workers, len(numbers)))
        # The plan by reference: it stays in this process, so a restarted actor finds it again.
        held = ray.put(plan)
        done = order.map(
            _Worker,  # type: ignore[arg-type]
            fn_constructor_args=([held],),
            compute=pool,
            num_cpus=0.5,
        )
        for row in done.iter_rows():
            yield {key: int(value) for key, value in row.items()}

    return runner
