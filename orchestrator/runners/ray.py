"""Fold jobs as Ray tasks: any free slot of the cluster takes any trial's fold.

A task asks for one CPU (and a share of a GPU), runs on one thread and gets the table from the object store. A fold whose worker
dies is started again by Ray; a fold that raises is tried once more here, said in the log, and then fails its trial.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence

import ray
from ray.exceptions import RayTaskError, WorkerCrashedError

from orchestrator.data import Table
from orchestrator.jobs import FoldJob, FoldResult
from orchestrator.runners.inline import run_fold
from orchestrator.store import FoldStore

log = logging.getLogger(__name__)
# glibc hands large blocks back to the system after every step and faults them in again: kept, an STSTNet fold took 2.5 s instead
# of 4.4 s here. Read at a process' start, so they are the environment of the workers.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "2000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_TOP_PAD_": "67108864"}
CRASHES = 2  # times that Ray starts a fold again whose worker process died
ATTEMPTS = 2  # times that a fold which raises is tried


class FoldFailed(RuntimeError):
    """A fold raised in every attempt; the text holds its name and the worker's traceback."""


@ray.remote(max_retries=CRASHES)
def _fold(job: FoldJob, table: Table, device: str) -> FoldResult:
    return run_fold(job, table, device)


def start(address: str | None, cpus: int | None = None, gpus: int | None = None) -> None:
    """Join the cluster at ``address``, or start Ray on this machine, without a dashboard.

    Ray's own ports answer to holders of its token only (its default since 2.60), which ``ray.init`` makes and keeps.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")  # Tune's new reporter prints a banner even when told to be silent
    if ray.is_initialized():
        return
    if address:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, runtime_env={"env_vars": KEEP_MEMORY})
    else:
        for name, value in KEEP_MEMORY.items():  # Ray's processes on this machine inherit it
            os.environ.setdefault(name, value)
        ray.init(num_cpus=cpus, num_gpus=gpus, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)


def run(
    jobs: Sequence[FoldJob], store: FoldStore, table: ray.ObjectRef, *, gpus: float = 0.0
) -> Iterator[tuple[FoldResult, bool]]:
    """Yield (result, reused) as folds end, in the order in which they end. Leaves nothing running when it is closed early.

    table  reference to the study's Table in the object store.
    gpus   share of a GPU per fold; 0 for CPU.
    Raises FoldFailed with the worker's traceback.
    """
    task = _fold.options(num_cpus=1, num_gpus=gpus, scheduling_strategy="SPREAD")
    device = "cuda" if gpus else "cpu"
    pending: dict[ray.ObjectRef, tuple[FoldJob, int]] = {}
    try:
        for job in jobs:
            held = store.load(job.job_id)
            if held is not None:
                yield held, True
            else:
                pending[task.remote(job, table, device)] = (job, 1)
        while pending:
            done, _ = ray.wait(list(pending), num_returns=1)
            job, attempt = pending.pop(done[0])
            try:
                result = ray.get(done[0])
            except (RayTaskError, WorkerCrashedError) as error:
                if attempt >= ATTEMPTS:
                    raise FoldFailed(
                        f"fold {job.fold} seed {job.seed} (job {job.job_id}) failed {attempt} times:\n{error}"
                    ) from error
                log.warning("fold %s seed %d failed, trying once more: %s", job.fold, job.seed, str(error).splitlines()[-1])
                pending[task.remote(job, table, device)] = (job, attempt + 1)
                continue
            store.save(result)
            yield result, False
    finally:
        for reference in pending:
            ray.cancel(reference, force=True)
