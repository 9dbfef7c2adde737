"""Folds that take time, or none, and train nothing: what remains of a sweep's time is orchestration. For the
benchmarks alone.

``as_worker`` is run by Ray in every worker process as it starts, and puts ``fold`` in the place of training
there: tasks, time limit, store, reports and Tune are those that users have.
"""

from __future__ import annotations

import os
import sys
import time
import types

import numpy as np

from orchestrator.study.jobs import FoldJob, FoldResult

SECONDS = "MER_FOLD_SECONDS"


def fold(job: FoldJob) -> FoldResult:
    """Takes so many seconds of this process' processor time, however long the machine lets it wait for them,
    and counts as that."""
    seconds, begin = float(os.environ[SECONDS]), time.process_time()
    while time.process_time() - begin < seconds:
        sum(range(20000))
    v, t, c = len(job.validation), len(job.test), len(job.classes)
    probs = np.full((1, v + t, c), 1 / c, np.float32)
    return FoldResult(
        job_id=job.job_id,
        fold=job.fold,
        seed=job.seed,
        validation=job.validation,
        test=job.test,
        validation_truth=np.arange(v) % c,
        epochs=np.array([1], np.int32),
        train_loss=np.ones(1, np.float32),
        validation_loss=np.ones(1, np.float32),
        validation_probs=probs[:, :v],
        test_probs=probs[:, v:],
        seconds=seconds,
    )


def as_worker() -> None:
    """Ray's worker_process_setup_hook. In every process, those of trials included, which import no torch: so
    neither does this."""
    inline = types.ModuleType("orchestrator.runners.inline")
    inline.run_folds = lambda jobs, table, device: [fold(job) for job in jobs]  # type: ignore[attr-defined]
    sys.modules[inline.__name__] = inline
