"""Many folds over many nodes, none of which does anything: how fast the sweep's process hands them out, and what limits it.

python -m benchmarks.scheduler [--folds 10000] [--nodes 64]; the last line is one JSON object with

folds_s        folds a second, from the first task to the last result in the store, all through runners/ray.run
memory_only_s  the same without the store: what is between them is the price of writing a result durably
bare_s         the same tasks as bare Ray tasks, without the runner: what Ray itself takes
driver_mib     memory of this process at a tenth of the folds and at their end: flat = nothing is kept per fold
lost           folds without a result, or with two; nodes: how many nodes have run any

Nodes are simulated: one raylet each on this machine, with one logical CPU (ray.cluster_utils). A worker imports
nothing of ours: with torch in each, 64 would not fit.
"""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import ray
import typer
from ray.cluster_utils import Cluster

from benchmarks.figures import show
from benchmarks.folds import table
from orchestrator.jobs import FoldJob, FoldResult
from orchestrator.runners import ray as ray_runner
from orchestrator.runners.sizing import Peak
from orchestrator.store import FoldStore
from orchestrator.study import Study

TRIALS = 10


class Nowhere(FoldStore):
    """Keeps nothing and has nothing."""

    def save(self, result: FoldResult) -> None:
        pass

    def load(self, job_id: str) -> FoldResult | None:
        return None


def resident() -> float:
    """MiB of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def jobs(folds: int) -> list[FoldJob]:
    one = Study("stag", "loso", 4, 1, {}).jobs(table(6), {})[0]
    return [replace(one, fold=f"synthetic/p{i}", train=(), validation=one.validation, test=one.test) for i in range(folds)]


def main(
    folds: Annotated[int, typer.Option(help="folds in all")] = 10_000,
    nodes: Annotated[int, typer.Option(help="simulated nodes of one logical CPU")] = 64,
) -> None:
    """Print the table and, last, one JSON object."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 200 * 2**20})
    for _ in range(nodes):
        cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    ray_runner.start(cluster.address)
    used: set[str] = set()

    @ray.remote(num_cpus=1, max_retries=0)
    def no_op(job_id: str) -> tuple[str, str]:
        return job_id, ray.get_runtime_context().get_node_id()

    v = 4
    probs = np.full((1, v, 3), 1 / 3, np.float32)

    def result(job: FoldJob) -> FoldResult:
        return FoldResult(job.job_id, job.fold, job.seed, job.validation[:v], job.test[:v], np.arange(v) % 3, np.array([1], np.int32),
                          np.ones(1, np.float32), np.ones(1, np.float32), probs, probs, 0.0)  # fmt: skip

    class Task:
        """Stands for the runner's task, whose result is made here: what is sent is the job, what comes back its id."""

        def options(self, **asked: Any) -> Task:
            self.asked = asked
            return self

        def remote(self, pack: tuple[FoldJob, ...], *_: Any) -> ray.ObjectRef:
            return no_op.options(**self.asked).remote(pack[0].job_id)

    def get(reference: Any) -> Any:
        job_id, node = real_get(reference)
        used.add(node)
        return [result(by_id[job_id])], Peak(1)

    todo = jobs(folds)
    by_id = {job.job_id: job for job in todo}
    real_get, real_folds = ray.get, ray_runner._folds
    per_trial = max(1, folds // TRIALS)

    def through_runner(store: FoldStore) -> tuple[float, list[float], list[str]]:
        begin, sizes, ended = time.perf_counter(), [], []
        for at in range(0, folds, per_trial):
            for one, _ in ray_runner.run(todo[at : at + per_trial], store, None):
                ended.append(one.job_id)
            sizes.append(resident())
        return folds / (time.perf_counter() - begin), sizes, ended

    begin = time.perf_counter()
    real_get([no_op.options(scheduling_strategy="SPREAD").remote("") for _ in range(4 * nodes)])  # a worker on every node
    warm_s = time.perf_counter() - begin
    begin = time.perf_counter()
    real_get([no_op.options(scheduling_strategy="SPREAD").remote(job.job_id) for job in todo])
    bare = folds / (time.perf_counter() - begin)
    ray_runner._folds, ray_runner.ray.get = Task(), get  # type: ignore[assignment]
    try:
        only, _, _ = through_runner(Nowhere(Path("/nowhere")))
        with tempfile.TemporaryDirectory() as folder:
            stored, sizes, ended = through_runner(FoldStore(Path(folder)))
            kept = len(FoldStore(Path(folder)).present(by_id))
    finally:
        ray_runner._folds, ray_runner.ray.get = real_folds, real_get
    ray.shutdown()
    cluster.shutdown()
    figures = {
        "folds": folds, "nodes": len(used), "warm_s": warm_s, "folds_s": stored, "memory_only_s": only, "bare_s": bare,
        "driver_mib": [round(sizes[0]), round(sizes[-1])], "lost": folds - len(set(ended)) + folds - kept + len(ended) - len(set(ended)),
    }  # fmt: skip
    show(figures, digits=1)


if __name__ == "__main__":
    typer.run(main)
