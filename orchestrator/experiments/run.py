"""Runs what is missing of an experiment: a sweep a line, all folds in one queue (ahead.py) and one store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from orchestrator.common.errors import NoResult
from orchestrator.experiments.ahead import Ahead
from orchestrator.experiments.lines import Line
from orchestrator.results import report
from orchestrator.search.events import Listener, Note
from orchestrator.sweeps import kept
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.reads import Reads
from orchestrator.sweeps.run import sweep
from orchestrator.tracking import address
from orchestrator.workspace import looks
from orchestrator.workspace.sweep_folder import EXPERIMENT, SWEEPS

Summary = dict[str, Any]


@dataclass(frozen=True)
class Done:
    """A line and what came of it. sweep: name of its sweep, "" where nothing is run. summary, predictions: as
    results.report.read gives them; None where there is no complete result. looks: at its people in this
    workspace, counted when all lines are done, 0 before.
    """

    line: Line
    sweep: str = ""
    summary: Summary | None = None
    predictions: pd.DataFrame | None = None
    looks: int = 0

    @property
    def rule(self) -> str:
        """Behind the headline."""
        return str(self.summary["rule"]) if self.summary else ""

    def score(self, rule: str = "") -> dict[str, Any]:
        """Of a rule (the headline's if none is given), of the line's part; {} where there is none."""
        if self.summary is None:
            return {}
        score: dict[str, Any] = self.summary["selection"].get(rule or self.rule, {})
        if not self.line.part or not score:
            return score
        found: dict[str, Any] = score["parts"].get(self.line.part, {})
        return found


def run_all(lines: Sequence[Line], execution: Execution, tell: Listener) -> Iterator[list[Done]]:
    """Sweep line by line; what is finished is read. Yields after each line what is there of all, and at the
    end once more.

    A sweep is named after what it asks, the code that answers and what it reads (lines.Line.sweep): so equal
    lines, of this and of other experiments, are one sweep, and a line that has changed is another, also where
    a label, a file or the code of the features has. Folds that are equal are found in the store whatever they
    are asked for by. Raises as sweeps.run.run, but for a line of which no trial is complete: it stays without
    a result.
    """
    address.ready(execution.tracking)
    reads = Reads(execution, tell)
    named = [Done(line, line.sweep(reads.of(line.asked)) if line.experiment else "") for line in lines]
    done = [_read(one, execution, tell) for one in named]
    missing = {one.sweep: one.line.asked for one in done if one.sweep and not one.summary}
    begun = execution.runner == "ray" and missing
    with Ahead(list(missing.items()), execution, tell) if begun else nullcontext() as queue:
        for line, name in [(one.line, one.sweep) for one in done]:
            if name in missing:
                del missing[name]
                tell(Note(f"--- {line.name} ({name})"))
                try:
                    _sweep(line, execution.but(name=name), tell, queue.folds(name) if queue else None)
                except NoResult as error:
                    tell(Note(f"{line.name}: {error}", "error"))
                # equal lines have it too
                done = [one if one.summary else _read(one, execution, tell) for one in done]
            yield done
    if queue and queue.summary:
        tell(Note(queue.summary))
    # sweeps of later lines have looked at the same people
    looked = {one.sweep: _looks(one, execution) for one in done if one.summary}
    yield [replace(one, looks=looked[one.sweep]) if one.summary else one for one in done]


def _sweep(line: Line, execution: Execution, tell: Listener, ahead: Collection[str] | None) -> None:
    """ahead: as sweeps.run.sweep has it."""
    if (execution.workspace / SWEEPS / execution.name / EXPERIMENT).is_file():
        asked, how = kept.continued(execution.name, execution.workspace, {}, {})
        sweep(asked, how, tell, resumed=True, ahead=ahead)
    else:
        sweep(line.asked, execution, tell, ahead=ahead)


def _read(one: Done, execution: Execution, tell: Listener) -> Done:
    """With what is there of the line. A damaged summary is told, and as none."""
    if not one.sweep:
        return one
    summary, damage = report.earlier(execution.workspace / SWEEPS / one.sweep)
    if damage:
        tell(Note(damage, "warning"))
    if not summary or summary.get("failed_trials"):
        return one
    summary, predictions = report.read(execution.workspace / SWEEPS / one.sweep)
    return replace(one, summary=summary, predictions=predictions)


def _looks(one: Done, execution: Execution) -> int:
    folder = execution.workspace / SWEEPS / one.sweep
    counted = int((one.summary or {}).get("looks", {}).get("sweep", 0))
    return looks.counted(folder, counted)["workspace"]
