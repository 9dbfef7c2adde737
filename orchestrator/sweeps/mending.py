"""Before a sweep is continued: files of its folder that are not as they were written are named, set aside,
and made again."""

from __future__ import annotations

from pathlib import Path

from orchestrator.common.errors import ConfigError
from orchestrator.results import report
from orchestrator.search.samplers import Search
from orchestrator.tracking.outbox import MODEL
from orchestrator.tracking.record import RECORD, read_record
from orchestrator.workspace import looks, sealed


def mended(folder: Path, plan: Search) -> tuple[list[str], int]:
    """(what to say of damaged files, looks at test people that an earlier run has counted).

    Raises sealed.Damaged where the proposals are damaged and would be others now.
    """
    summary, damaged = report.earlier(folder)
    before = summary.get("looks", {}).get("sweep", 0)
    said = [plan.mended(), damaged, looks.lost(folder, before)]
    if (folder / RECORD).exists():
        try:
            read_record(folder)
        except ConfigError as error:
            said.append(f"{error} (it is now)")
            sealed.set_aside(folder / RECORD)
    if (folder / MODEL / sealed.SUMS).exists():
        try:
            sealed.check_files(folder / MODEL, "the model is made again")
        except sealed.Damaged as error:
            said.append(str(error))
    return [text for text in said if text], before
