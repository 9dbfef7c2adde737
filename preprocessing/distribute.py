"""Shards over a pool of Ray Data actors, each holding the landmark model once. The same make_shard as the
inline runner.

Why so: Ray Data's own writer leaves files whose rows nobody can trace to a half-done job; here each task
writes one named shard atomically with its marker, so a killed job loses at most the shards in flight. Half a
CPU an actor, because Ray Data's own operators need the rest (measured: with whole CPUs two actors on two
cores took twice as long). A worker whose process ends is started again and its shard tried again, ENDS times
at most.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import ray
from ray.exceptions import RayError

from preprocessing.errors import BadInput
from preprocessing.pipeline import Pipeline
from preprocessing.plan import CLIPS_PER_SHARD, Plan, make_shard
from preprocessing.plugins import install
from preprocessing.schema import CorpusError
from preprocessing.tries import TRIES, Tries

# Ends of a worker's process that one shard is worth. Ray Data's own number is infinite. A clip that ends its
# process is quarantined after TRIES on one machine; twice that, for a second machine and for kills that mean
# no clip.
ENDS = 2 * TRIES * CLIPS_PER_SHARD


class _Worker:
    def __init__(self, plans: list[ray.ObjectRef[Any]]) -> None:
        cv2.setNumThreads(1)  # one worker, one core; more would only fight
        self.plan: Plan = ray.get(plans[0])
        install(self.plan.plugins)
        self.pipeline = Pipeline(tuple(self.plan.specs), self.plan.settings)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            return {**make_shard(self.plan, self.pipeline, int(row["id"])), "why": "", "disk": False}
        except (BadInput, OSError) as error:  # Ray would wrap it, and its sentence drown in a traceback
            disk = isinstance(error, OSError)
            return {"shard": row["id"], "clips": 0, "failed": 0, "why": str(error), "disk": disk}


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
            max_restarts=ENDS * len(numbers),
            max_task_retries=ENDS,
        )
        try:
            for row in done.iter_rows():
                if row["why"]:
                    raise OSError(row["why"]) if row["disk"] else CorpusError(row["why"])
                yield {key: int(row[key]) for key in ("shard", "clips", "failed")}
        except RayError as error:
            raise CorpusError(
                f"the workers of this extraction ended again and again: {_first_line(error)}. Look at the "
                "memory of the machines, or make fewer at once with --workers; run the same command again: "
                f"what is finished is kept. Clips that were begun: {_begun(plan, numbers) or 'none'}"
            ) from error

    return runner


def _first_line(error: RayError) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _begun(plan: Plan, numbers: list[int]) -> str:
    shards = [Tries(plan.shard(name, number)) for name in plan.specs for number in numbers]
    return ", ".join(sorted({clip for shard in shards for clip in shard.begun}))
