"""A spotsweep in MLflow: its table as a run, and a run below it for each spotter.

spotsweep  what was asked for as parameters; ``<spotter>/<rule>/f1``, ``/f1_low``, ``/f1_high``,
           ``/micro_f1`` ... of every spotter and rule; the table as its description, as table.json, and with
           all other files of the folder in report/.
spotter    ``f1``, ``micro_f1``, ``strs`` ... of the nested rule, for tables, and as the first charts
           (``Result/f1``); of every rule ``<rule>/f1`` ..., and as a tag ``mer.kind.<rule>`` whether it is
           blind or an oracle.

The experiment is ``mer-<corpus>-spotting``. All is written when the table is, from the folder's files, and
never between two folds: MLflow keeps no fold waiting. A run is found again by the tag ``mer.id``, and nothing
is logged twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.entities import Run

from orchestrator.common.commands import command
from orchestrator.common.names import redacted
from orchestrator.search.events import Note
from orchestrator.study.jobs import canonical_json, digest
from orchestrator.tracking.connection import files_of, guarded, reach
from orchestrator.tracking.errors import TrackingError
from orchestrator.tracking.lock import alone
from orchestrator.tracking.names import parts
from orchestrator.tracking.runs import Runs
from orchestrator.tracking.tracked_metrics import Measured, flat
from orchestrator.tracking.tracker import REPORT, SCORED
from orchestrator.workspace import sealed, spotsweeps

LOCK, TABLE = "mlflow.lock", "table.json"
NOT_ASKED = ("rows", "notes")  # of the summary: what came of it
VIEW = {"orderByKey": "metrics.`f1`", "orderByAsc": False, "selectedColumns": ["metrics.`Result/f1`"]}
EXPERIMENT_TAGS = {
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.sharedViewState.sweeps": canonical_json(VIEW),
}


class SpotRun(Runs):
    """The runs of the finished spotsweep in ``folder``.

    Raises TrackingError when MLflow fails, Damaged or FileNotFoundError where the folder's table is not
    whole.
    """

    def __init__(self, uri: str, folder: Path):
        self.folder = folder
        self.summary = sealed.read_json(folder / spotsweeps.SUMMARY, spotsweeps.AGAIN)
        self.id = spotsweeps.identity(folder)
        super().__init__(uri, f"mer-{self.summary['corpus']}-spotting", EXPERIMENT_TAGS)

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """Of the table: one a spotter and rule."""
        rows: list[Mapping[str, Any]] = self.summary["rows"]
        return rows

    def holds(self) -> bool:
        """Whether MLflow has all of it, as it is in the folder."""
        with guarded(self.uri):
            if (run := self._run()) is None:
                return False
            place = files_of(run, self.uri)
            there = {Path(file.path).name for file in place.list_artifacts(REPORT)}
            return (
                _whole(run, self._state(), {name: value for name, value, _ in self._all()})
                and TABLE in {file.path for file in place.list_artifacts()}
                and {file.name for file in self._files()} <= there
                and all(self._holds_spotter(run, spotter) for spotter in self.summary["spotters"])
            )

    def write_all(self) -> None:
        """Write it, in the place of what is there of it."""
        with guarded(self.uri):
            run = self._run()
            tags = {"mer.level": "spotsweep", "mer.sweep": self.folder.name, "mer.id": self.id}
            run_id = self.start(self.folder.name, tags) if run is None else run.info.run_id
            asked = flat({key: value for key, value in self.summary.items() if key not in NOT_ASKED})
            held = {} if run is None else run.data.params
            asked = {key: value for key, value in asked.items() if parts(asked)[key] not in held}
            text = (self.folder / "table.md").read_text(encoding="utf-8")
            self.write(run_id, self._all(), asked, {"mlflow.note.content": text})
            for file in self._files():
                self.client.log_artifact(run_id, str(file), REPORT)
            place = files_of(self.client.get_run(run_id), self.uri)
            if TABLE in {file.path for file in place.list_artifacts()}:  # log_table would append
                place.delete_artifacts(TABLE)
            self.client.log_table(run_id, pd.read_csv(self.folder / "table.csv"), TABLE)
            for spotter in self.summary["spotters"]:
                self._write_spotter(run_id, spotter)
            self.client.set_tag(run_id, SCORED, self._state())
            self.client.set_terminated(run_id, "FINISHED")

    def _run(self) -> Run | None:
        found = self.search(f"tags.`mer.level` = 'spotsweep' and tags.`mer.id` = '{self.id}'")
        return found[0] if found else None

    def _spotters(self, run_id: str, spotter: str) -> list[Run]:
        return self.search(f"tags.`mlflow.parentRunId` = '{run_id}' and tags.`mer.spotter` = '{spotter}'")

    def _holds_spotter(self, parent: Run, spotter: str) -> bool:
        held = self._spotters(parent.info.run_id, spotter)
        wanted = {name: value for name, value, _ in self._of(spotter)}
        return len(held) == 1 and _whole(held[0], self._state(), wanted)

    def _write_spotter(self, parent: str, spotter: str) -> None:
        for run in self._spotters(parent, spotter):  # cut off half-way, or of another state of the table
            self.client.delete_run(run.info.run_id)
        rules = [row["rule"] for row in self.rows if row["spotter"] == spotter]
        kinds = {f"mer.kind.{rule}": "oracle" if "oracle" in rule else "blind" for rule in rules}
        tags = {"mer.level": "spotter", "mer.spotter": spotter, "mer.sweep": self.folder.name}
        run_id = self.start(spotter, tags | kinds, parent)
        self.write(run_id, self._of(spotter), {"spotter": spotter}, {SCORED: self._state()})
        self.client.set_terminated(run_id, "FINISHED")

    def _all(self) -> list[Measured]:
        named = parts(self.summary["spotters"])
        return [
            (f"{named[row['spotter']]}/{row['rule']}/{name}", value, 0)
            for row in self.rows for name, value in _scores(row).items()
        ]  # fmt: skip

    def _of(self, spotter: str) -> list[Measured]:
        made: list[Measured] = []
        for row in self.rows:
            if row["spotter"] == spotter:
                groups = [f"{row['rule']}/", *(("", "Result/") if row["rule"] == spotsweeps.HEADLINE else ())]
                made += [(group + name, value, 0) for group in groups for name, value in _scores(row).items()]
        return made

    def _files(self) -> list[Path]:
        return [file for file in sorted(self.folder.glob("*")) if file.suffix in (".csv", ".md")] + [
            self.folder / spotsweeps.SUMMARY
        ]

    def _state(self) -> str:
        """Digest of what is sent."""
        return digest([[file.name, sealed.sha256(file)] for file in self._files()])


def send(uri: str, folder: Path, say: Callable[[Note], object]) -> bool:
    """Bring the finished spotsweep in ``folder`` to MLflow, unless it is there. False where MLflow does not
    have it then; ``say`` is told why, and the command that sends it later. Raises Damaged or
    FileNotFoundError where the table is not whole."""
    try:
        with alone(folder / LOCK):
            reach(uri)
            run = SpotRun(uri, folder)
            if not run.holds():
                run.write_all()
                if not run.holds():
                    raise TrackingError(f"MLflow at {redacted(uri)} took {folder.name}, and does not have it")
    except TrackingError as error:
        workspace = folder.parents[1]
        later = command("send", f"spotsweep:{folder.name}", workspace=workspace, tracking_uri=uri)
        say(Note(f"{error}; nothing is lost, all of it is in {folder}; later:\n  {later}", "error"))
        return False
    for text in run.notes:
        say(Note(text, "warning"))
    return True


def _scores(row: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a row of the table; one without an interval has none of its ends."""
    return {
        name: float(value)
        for name, value in row.items()
        if name not in ("spotter", "rule") and value is not None
    }


def _whole(run: Run, state: str, metrics: Mapping[str, float]) -> bool:
    return (
        run.info.status == "FINISHED"
        and run.data.tags.get(SCORED) == state
        and metrics.items() <= run.data.metrics.items()
    )
