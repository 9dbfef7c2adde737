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
from orchestrator.sweeps.run import sweep
from orchestrator.tracking import address
from orchestrator.workspace import looks
from orchestrator.workspace.sweep_folder import EXPERIMENT, SWEEPS

Summary = dict[str, Any]


@dataclass(frozen=True)
class Done:
    """A line and what came of it. summary, predictions: as results.report.read gives them; None where there
    is no complete result. looks: at its people in this workspace, counted when all lines are done, 0 before.
    """

    line: Line
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

    A sweep is named after what it asks and the code that answers (lines.Line.sweep): so equal lines, of this
    and of other experiments, are one sweep, and a changed line is another. Folds that are equal are found in
    the store whatever they are asked for by. Raises as sweeps.run.run, but for a line of which no trial is
    complete: it stays without a result.
    """
    address.ready(execution.tracking)
    done = [_read(line, execution, tell) for line in lines]
    missing = {one.line.sweep: one.line.asked for one in done if one.line.experiment and not one.summary}
    begun = execution.runner == "ray" and missing
    with Ahead(list(missing.items()), execution, tell) if begun else nullcontext() as queue:
        for line in lines:
            if line.experiment and line.sweep in missing:
                del missing[line.sweep]
                try:
                    _sweep(line, execution, tell, queue.folds(line.sweep) if queue else None)
                except NoResult as error:
                    tell(Note(f"{line.name}: {error}", "error"))
                # equal lines have it too
                done = [one if one.summary else _read(one.line, execution, tell) for one in done]
            yield done
    if queue and queue.summary:
        tell(Note(queue.summary))
    # sweeps of later lines have looked at the same people
    looked = {one.line.sweep: _looks(one, execution) for one in done if one.summary}
    yield [replace(one, looks=looked[one.line.sweep]) if one.summary else one for one in done]


def _sweep(line: Line, execution: Execution, tell: Listener, ahead: Collection[str] | None) -> None:
    """ahead: as sweeps.run.sweep has it."""
    tell(Note(f"--- {line.name} ({line.sweep})"))
    if (execution.workspace / SWEEPS / line.sweep / EXPERIMENT).is_file():
        asked, how = kept.continued(line.sweep, execution.workspace, {}, {})
        sweep(asked, how, tell, resumed=True, ahead=ahead)
    else:
        sweep(line.asked, execution.but(name=line.sweep), tell, ahead=ahead)


def _read(line: Line, execution: Execution, tell: Listener) -> Done:
    """What is there of the line. A damaged summary is told, and as none."""
    if line.experiment is None:
        return Done(line)
    summary, damage = report.earlier(execution.workspace / SWEEPS / line.sweep)
    if damage:
        tell(Note(damage, "warning"))
    if not summary or summary.get("failed_trials"):
        return Done(line)
    return Done(line, *report.read(execution.workspace / SWEEPS / line.sweep))


def _looks(one: Done, execution: Execution) -> int:
    folder = execution.workspace / SWEEPS / one.line.sweep
    counted = int((one.summary or {}).get("looks", {}).get("sweep", 0))
    return looks.counted(folder, counted)["workspace"]
