"""Folds that were trained before: a runner that trains none. Light to import."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from orchestrator.study.jobs import FoldJob
from orchestrator.study.record import FoldRecord
from orchestrator.workspace.store import FoldStore


@dataclass(frozen=True)
class StoredRunner:
    """Results from the store alone."""

    store: FoldStore

    def run(self, jobs: Sequence[FoldJob]) -> Generator[tuple[FoldRecord, bool], None, None]:
        """Yield each job's result in order. Raises FileNotFoundError for one that is not there: what is
        damaged has been set aside."""
        for job in jobs:
            held = self.store.load(job.job_id, job)
            if held is None:
                raise FileNotFoundError(
                    f"the result of fold {job.fold!r}, seed {job.seed} (job {job.job_id}) has gone from "
                    f"{self.store.root} since it was trained; the same command trains it anew"
                )
            yield held, True
