"""Fold jobs in this very process, one after the other: no Ray, for a debugger, a notebook or a small
table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from orchestrator.study.jobs import FoldJob, FoldResult
from orchestrator.study.table import ClipTable, fold_data
from orchestrator.training.loop import train_fold
from orchestrator.training.packed.folds import train_folds
from orchestrator.workspace.store import FoldStore


def run_fold(job: FoldJob, table: ClipTable, device: str = "cpu") -> FoldResult:
    """One fold: cut its arrays out of the table and train. The function that every runner calls."""
    return train_fold(job, fold_data(table, job), device=device)


def run_folds(jobs: Sequence[FoldJob], table: ClipTable, device: str = "cpu") -> list[FoldResult]:
    """Several folds, as one program if they are more than one (training/packed.py)."""
    if len(jobs) == 1:
        return [run_fold(jobs[0], table, device)]
    return train_folds(jobs, [fold_data(table, job) for job in jobs], device=device)


def run(
    jobs: Iterable[FoldJob], store: FoldStore, compute: Callable[[FoldJob], FoldResult]
) -> Iterator[tuple[FoldResult, bool]]:
    """Yield (result, reused) for each job, finished ones from the store, others computed and kept at once."""
    for job in jobs:
        held = store.load(job.job_id)
        if held is not None:
            yield held, True
            continue
        result = compute(job)
        store.save(result)
        yield result, False
