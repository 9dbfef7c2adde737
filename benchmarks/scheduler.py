"""Many folds over many nodes, none of which does anything: how fast a trial's process hands them out, and
what limits it.

python -m benchmarks.scheduler [--folds 10000] [--nodes 64]; the last line is one JSON object with

folds_s        folds a second, from the first task to the last result in the store, all through
               RayRunner
memory_only_s  the same without the store: what is between them is the price of writing a result durably
bare_s         the same tasks as bare Ray tasks, without the runner: what Ray itself takes
driver_mib     memory of this process at a tenth of the folds and at their end: flat = nothing is kept per
               fold
lost           folds without a result, or with two; nodes: how many nodes have run any

Nodes are simulated: one raylet each on this machine, with one logical CPU (ray.cluster_utils). They share its
cores, so what is measured is the sum of all nodes' work beside that of the process that hands out, which a
real head does not have to share.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import ray
import typer
from ray.cluster_utils import Cluster

from benchmarks.figures import show
from benchmarks.folds import table
from benchmarks.invented import untrained
from orchestrator.runners import ray as ray_runner
from orchestrator.runners.sizing import Need, Peak
from orchestrator.study.jobs import FoldJob, FoldResult
from orchestrator.study.study import Study
from orchestrator.study.tasks import FoldTask, unsigned
from orchestrator.workspace.store import FoldStore

TRIALS = 10
CLIPS = table(6)
TOGETHER = 8  # nodes that start at once: each has three processes to start


class Nowhere(FoldStore):
    """Keeps nothing and has nothing."""

    def save(self, result: FoldResult, job: FoldJob | None = None) -> None:
        pass

    def load(self, job_id: str) -> FoldResult | None:
        return None


@ray.remote(max_retries=0)
def no_op(tasks: tuple[FoldTask, ...], shared: None, need: Need, sweep: str) -> tuple[list[FoldResult], Peak]:
    """In the place of the runner's task: a result as large as a real one of one epoch, and the node in its
    notes."""
    node = ray.get_runtime_context().get_node_id()
    return [unsigned(untrained(task, notes=(node,))) for task in tasks], Peak(1)


def begun(task: FoldTask) -> ray.ObjectRef[Any]:
    """The fold as a bare Ray task."""
    return no_op.options(scheduling_strategy="SPREAD").remote((task,), None, Need(), "")


def resident() -> float:
    """MiB of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def jobs(folds: int) -> list[FoldJob]:
    """So many folds that differ in their names alone."""
    one = Study("stag", "loso", 4, 1, {}).jobs(CLIPS, {})[0]
    return [replace(one, fold=f"synthetic/p{i}", train=()) for i in range(folds)]


def through_runner(todo: list[FoldJob], store: FoldStore) -> tuple[float, list[float], list[tuple[str, str]]]:
    """(folds a second, memory after each trial, (job, node) of each result), trial after trial."""
    per_trial = max(1, len(todo) // TRIALS)
    begin, sizes, ended = time.perf_counter(), [], []
    runner = ray_runner.RayRunner(store, ray.put(None), CLIPS.annotations, task=no_op)
    for at in range(0, len(todo), per_trial):
        for one, _ in runner.run(todo[at : at + per_trial]):
            ended.append((one.job_id, one.notes[0]))
        sizes.append(resident())
    return len(todo) / (time.perf_counter() - begin), sizes, ended


def main(
    folds: Annotated[int, typer.Option(help="folds in all")] = 10_000,
    nodes: Annotated[int, typer.Option(help="simulated nodes of one logical CPU")] = 64,
) -> None:
    """Print the table and, last, one JSON object."""
    begin = time.perf_counter()
    # Each node's agent would look at every process of this one machine, hence at those of all nodes, every
    # five seconds.
    os.environ["REPORTER_UPDATE_INTERVAL_MS"] = "3600000"
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 200 * 2**20}
    )
    for at in range(nodes):
        cluster.add_node(
            num_cpus=1,
            object_store_memory=80 * 2**20,
            include_log_monitor=False,
            wait=at % TOGETHER == TOGETHER - 1,
        )
    cluster.wait_for_nodes()
    ray_runner.start(cluster.address)
    todo = jobs(folds)
    tasks = [CLIPS.annotations.task(job) for job in todo]
    ray.get([begun(tasks[0]) for _ in range(4 * nodes)])
    up_s = time.perf_counter() - begin
    print(f"{nodes} nodes with a worker each after {up_s:.0f} s", flush=True)
    begin = time.perf_counter()
    waiting = [begun(task) for task in tasks]
    while waiting:
        done, waiting = ray.wait(waiting, num_returns=min(100, len(waiting)))
        ray.get(done)
    bare = folds / (time.perf_counter() - begin)
    print(f"{folds} bare tasks in {folds / bare:.0f} s", flush=True)
    only, _, _ = through_runner(todo, Nowhere("nowhere"))
    print(f"{folds} folds without the store in {folds / only:.0f} s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        store = FoldStore(folder)
        stored, sizes, ended = through_runner(todo, store)
        kept = sum(job.job_id in store for job in todo)
    ray.shutdown()
    cluster.shutdown()
    names = {job for job, _ in ended}
    figures = {
        "folds": folds,
        "nodes": len({node for _, node in ended}),
        "up_s": up_s,
        "folds_s": stored,
        "memory_only_s": only,
        "bare_s": bare,
        "driver_mib": [round(sizes[0]), round(sizes[-1])],
        "lost": folds - len(names) + folds - kept + len(ended) - len(names),
    }
    show(figures, digits=1)


if __name__ == "__main__":
    typer.run(main)
