"""Shards over a pool of Ray Data actors, each holding the landmark model once. The same make_shard as the
inline runner.

Why so: Ray Data's own writer leaves files whose rows nobody can trace to a half-done job; here each task
writes one named shard atomically with its marker, so a killed job loses at most the shards in flight. Half a
CPU an actor, because Ray Data's own operators need the rest (measured: with whole CPUs two actors on two
cores took twice as long). A worker whose process ends is started again and its shard tried again, ENDS times
at most.
"""

from __future__ import annotations

import errno
import secrets
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import ray
from ray.exceptions import RayError
from ray.experimental.internal_kv import _internal_kv_exists, _internal_kv_put

from preprocessing.errors import BadInput
from preprocessing.pipelines import pipeline
from preprocessing.plan import CLIPS_PER_SHARD, Plan, make_shard
from preprocessing.plugins import install
from preprocessing.quiet import quiet_ray_data
from preprocessing.schema import CorpusError
from preprocessing.tries import TRIES, Tries

# Ends of a worker's process that one shard is worth. Ray Data's own number is infinite. A clip that ends its
# process is quarantined after TRIES on one machine; twice that, for a second machine and for kills that mean
# no clip.
ENDS = 2 * TRIES * CLIPS_PER_SHARD
CPUS = 0.5  # of a worker
PATIENT = 8.0  # seconds in which no worker begins before it is said


class _Worker:
    def __init__(self, plans: list[ray.ObjectRef[Any]], began: bytes) -> None:
        _internal_kv_put(began, b"1")
        cv2.setNumThreads(1)  # one worker, one core; more would only fight
        self.plan: Plan = ray.get(plans[0])
        install(self.plan.plugins)
        self.pipeline = pipeline(tuple(self.plan.specs), self.plan.settings)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            return {**make_shard(self.plan, self.pipeline, int(row["id"])), "why": "", "errno": 0}
        except BadInput as error:  # Ray would wrap it, and its sentence drown in a traceback
            return {"shard": row["id"], "clips": 0, "failed": 0, "why": str(error), "errno": 0}
        except OSError as error:
            told = {"why": error.strerror or str(error), "errno": error.errno or errno.EIO}
            return {"shard": row["id"], "clips": 0, "failed": 0, **told}


@contextmanager
def _told_of_wait(began: bytes, say: Callable[[str], None] | None) -> Iterator[None]:
    """While no worker has begun, say what they wait for and what is there: once, as long as that is the
    same."""
    over = threading.Event()

    def watch() -> None:
        said = ""
        while say and not over.wait(PATIENT) and not _internal_kv_exists(began):
            held = float(ray.cluster_resources().get("CPU", 0))
            free = float(ray.available_resources().get("CPU", 0))
            text = (
                f"waiting, no clip is read: a worker asks for {CPUS:g} CPU; Ray has {len(ray.nodes())} nodes "
                f"with {held:g} CPU ({free:g} free). Ctrl-C ends it"
            )
            if free < CPUS and text != said:
                say(text)
                said = text

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def with_ray(
    workers: int, say: Callable[[str], None] | None = None
) -> Callable[[Plan, list[int]], Iterator[dict[str, int]]]:
    """A runner for extract.run over up to ``workers`` actors on the Ray that is running (ray.init first).
    Those for which there is room begin; the others do as it comes. say: is told what they wait for."""

    def runner(plan: Plan, numbers: list[int]) -> Iterator[dict[str, int]]:
        context = ray.data.DataContext.get_current()
        quiet_ray_data()
        context.enable_progress_bars = False  # ours counts clips
        order = ray.data.from_items([{"id": n} for n in numbers], override_num_blocks=len(numbers))
        most = min(workers, len(numbers))
        room = int(ray.cluster_resources().get("CPU", 0) / CPUS)
        pool = ray.data.ActorPoolStrategy(min_size=max(1, min(most, room)), max_size=most)
        began = f"mer-extracts-{secrets.token_hex(8)}".encode()
        # The plan by reference: it stays in this process, so a restarted actor finds it again.
        held = ray.put(plan)
        with warnings.catch_warnings():
            # of the last two, which have no other way in: Ray 2.60 has no named parameters for them
            warnings.filterwarnings("ignore", message="`ray_remote_args` is deprecated")
            done = order.map(
                _Worker,  # type: ignore[arg-type]
                fn_constructor_args=([held], began),
                compute=pool,
                num_cpus=CPUS,
                max_restarts=ENDS * len(numbers),
                max_task_retries=ENDS,
            )
        try:
            with _told_of_wait(began, say):
                for row in done.iter_rows():
                    if row["why"]:
                        number, why = int(row["errno"]), str(row["why"])
                        raise OSError(number, why) if number else CorpusError(why)
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
