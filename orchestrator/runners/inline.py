"""Fold jobs in this very process, one after the other: no Ray, for a debugger, a notebook or a small table.

Everything is in one process here, the labels of held-out people too: what a worker cannot see is kept from a
fold only where Ray runs it (runners/ray.py). The arrays that a fold trains on are the same.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from orchestrator.study.jobs import FoldJob, FoldResult
from orchestrator.study.record import FoldRecord
from orchestrator.study.table import ClipTable
from orchestrator.study.tasks import FoldTask, SharedInputs
from orchestrator.training.loop import train_fold
from orchestrator.training.packed.folds import train_folds
from orchestrator.workspace.store import FoldStore

Ended = tuple[FoldRecord, bool]  # a fold's result, and whether it was there before


def train(
    tasks: Sequence[FoldTask], shared: SharedInputs, device: str = "cpu", keep: bool = False
) -> list[FoldResult]:
    """Train the folds, as one program if they are more than one (training/packed). What every runner calls,
    wherever it does. The results name row numbers in the place of clips, and hold no label of a tested
    one. keep: they hold the models' weights."""
    opened = [task.opened(shared) for task in tasks]
    if keep:
        from orchestrator.training.packed.keeping import train_keeping

        return train_keeping([job for job, _ in opened], [data for _, data in opened], device=device)
    if len(opened) == 1:
        return [train_fold(*opened[0], device=device)]
    return train_folds([job for job, _ in opened], [data for _, data in opened], device=device)


def run_fold(job: FoldJob, table: ClipTable, device: str = "cpu", keep: bool = False) -> FoldResult:
    """One fold of a table, with its clip ids. keep: as in ``train``."""
    held = table.annotations
    return held.signed(train([held.task(job)], table.shared, device, keep)[0], job)


@dataclass(frozen=True)
class InlineRunner:
    """Folds of one table, finished ones from the store. keep: their weights go into the store too."""

    store: FoldStore
    table: ClipTable
    keep: bool = False

    def run(self, jobs: Sequence[FoldJob]) -> Generator[Ended, None, None]:
        """Yield each job's result in order; a new one is kept before it is yielded. A fold that raises ends
        all with its own traceback. Raises OSError when a result cannot be stored."""
        for job in jobs:
            held = self.store.load(job.job_id, job)
            if held is not None:
                yield held, True
                continue
            result = run_fold(job, self.table, keep=self.keep)
            record = FoldRecord.of(result, self.store)
            self.store.save(record, job, result.weights)
            yield record, False
