"""Folds that take time, or none, and train nothing: what remains of a sweep's time is orchestration. For the
benchmarks alone.

``as_worker`` is run by Ray in every worker process as it starts, and puts ``train`` in the place of training
there: tasks, time limit, store, reports and Tune are those that users have.
"""

from __future__ import annotations

import os
import sys
import time
import types
from collections.abc import Sequence

import numpy as np

from orchestrator.study.jobs import FoldResult
from orchestrator.study.tasks import FoldTask, SharedInputs

SECONDS = "MER_FOLD_SECONDS"


def untrained(task: FoldTask, seconds: float = 0.0, notes: tuple[str, ...] = ()) -> FoldResult:
    """A result as large as a real one of one epoch: all classes equally likely."""
    job, v, t = task.job, len(task.validation), len(task.test)
    probs = np.full((1, v + t, len(job.classes)), 1 / len(job.classes), np.float32)
    return FoldResult(
        job_id=job.job_id,
        fold=job.fold,
        seed=job.seed,
        validation=tuple(map(str, task.validation)),
        test=tuple(map(str, task.test)),
        validation_truth=task.y_validation.astype(np.int64),
        epochs=np.array([1], np.int32),
        train_loss=np.ones(1, np.float32),
        validation_loss=np.ones(1, np.float32),
        validation_probs=probs[:, :v],
        test_probs=probs[:, v:],
        seconds=seconds,
        notes=notes,
    )


def fold(task: FoldTask) -> FoldResult:
    """Takes so many seconds of this process' processor time, however long the machine lets it wait for them,
    and counts as that."""
    seconds, begin = float(os.environ[SECONDS]), time.process_time()
    while time.process_time() - begin < seconds:
        sum(range(20000))
    return untrained(task, seconds)


def train(
    tasks: Sequence[FoldTask], shared: SharedInputs, device: str = "cpu", keep: bool = False
) -> list[FoldResult]:
    """In the place of orchestrator.runners.inline.train."""
    return [fold(task) for task in tasks]


def as_worker() -> None:
    """Ray's worker_process_setup_hook. In every process, those of trials included, which import no torch: so
    neither does this."""
    inline = types.ModuleType("orchestrator.runners.inline")
    inline.train = train  # type: ignore[attr-defined]
    sys.modules[inline.__name__] = inline
