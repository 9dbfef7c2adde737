"""Before a sweep is continued: files of its folder that are not as they were written are named, set aside,
and made again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.common.errors import ConfigError
from orchestrator.results import report
from orchestrator.search.proposals import drawn_again
from orchestrator.search.samplers import Search
from orchestrator.study.study import Study
from orchestrator.tracking.outbox import MODEL
from orchestrator.tracking.record import RECORD, read_record
from orchestrator.workspace import looks, sealed
from search_spaces import SPACES


def mended(folder: Path, plan: Search, study: Study) -> tuple[list[str], int]:
    """(what to say of damaged files, looks at test people that an earlier run has counted).

    Raises sealed.Damaged where the proposals are damaged, cannot be put together again, and would be others
    now.
    """
    summary, damaged = report.earlier(folder)
    before = summary.get("looks", {}).get("sweep", 0)
    said = [plan.mended(lambda: ended(folder, summary, study)), damaged, looks.lost(folder, before)]
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


def ended(folder: Path, summary: Mapping[str, Any], study: Study) -> list[dict[str, Any]]:
    """What the first trials of a sweep had drawn, up to the last one that has ended: the published
    configuration, and those that mlflow.json, written as each trial ends, and the summary tell. summary: {}
    where there is none.

    Fold results in the store tell their configuration too, and not which trial of which sweep it was.
    Raises ValueError, with the reason, where that of some trial is not known.
    """
    known = {0: study.config(SPACES[study.model].PUBLISHED)}
    known |= {int(index): config for index, config in summary.get("configuration", {}).items()}
    named = {int(i) for key in ("failed_trials", "stopped_trials") for i in summary.get(key, {})}
    try:
        record = read_record(folder)
        known |= {int(i): config for i, config in record["others"].items()}
        known |= {int(i): trial["config"] for i, trial in record["trials"].items()}
    except ConfigError as error:
        if not summary:
            raise ValueError(f"so is what else tells which trials have ended: {error}") from error
    drawn = []
    for index in range(1 + max({*known, *named})):
        one = drawn_again(study, known[index]) if index in known else None
        if one is None:
            raise ValueError(f"nothing else tells what trial {index} had drawn")
        drawn.append(one)
    return drawn
