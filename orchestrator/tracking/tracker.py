"""A sweep in MLflow: the sweep and its trials as nested runs. The only writer of MLflow, called from one
thread of the sweep's own process, or by orchestrator.send.

sweep  parameters of the study; ``uf1``, ``uar``, ``war`` of the rule that was asked for; for every rule
       ``<rule>/uf1``, ``/uar``, ``/war``, ``/uar_per_person``, ``/f1/<class>``, ``/recall/<class>``, and as a
       tag ``mer.kind.<rule>`` whether it is blind, not blind or an oracle; a description with all rules in a
       table; the report's pictures (confusion matrices ...), CSV files and summary.json; its explanations
       (results/page/explained.py); all chosen predictions as a table; the refitted model (logged_model.py);
       each look at test people, a step of ``looks/uf1``.
trial  its configuration; validation of all its folds, pooled, epoch by epoch; its folds as two files,
       folds.csv and curves.parquet (fold_facts.py). Never a test score: a trial that can be sorted by its
       test score will be chosen by it.

The experiment is ``mer-<corpus>-<n>class`` (``mer-<corpus>-5-restclass`` for a scheme with a name of its
own): scores within one experiment may be compared. A sweep's run is found again by the tag ``mer.id``, which
is in its mlflow.json, and not by its name: another workspace may have a sweep of that name. Nothing is logged
twice: ``holds_...`` look whether it is there and whole. All that comes here is on disk before, so a failure
of MLflow loses nothing: it becomes a TrackingError, and outbox.py keeps what was not written.

A trial that an older program has sent has a run a fold, no files, and no tag ``mer.wrote``: it stays as it is
while all its fold runs are there.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlflow.entities import Run

from orchestrator.common.commands import resume
from orchestrator.common.names import redacted
from orchestrator.results.page import explained
from orchestrator.results.page.page import PAGE
from orchestrator.results.report import read
from orchestrator.results.trials import RANKS
from orchestrator.selection.rules import kind_of
from orchestrator.statistics.people import SCORES
from orchestrator.study.jobs import digest
from orchestrator.tracking import logged_model
from orchestrator.tracking.connection import files_of, guarded
from orchestrator.tracking.fold_facts import CURVES, FOLDS, FoldFacts, write_curves, write_table
from orchestrator.tracking.names import LONGEST_TAG, cut
from orchestrator.tracking.sweep_run import SweepRun
from orchestrator.tracking.tracked_metrics import (
    described,
    flat,
    of_looks,
    of_sweep,
    of_trial,
)
from orchestrator.workspace import sealed
from orchestrator.workspace.looks import LOOKS

PREDICTIONS = "predictions.json"
REPORT = "report"  # folder of its files
EXPLAINED = f"{REPORT}/{explained.FOLDER}"
# what was written of a trial, and of the scores, so that it can be compared with what is there
WROTE, SCORED = "mer.wrote", "mer.scored"


class Tracker(SweepRun):
    """One sweep's runs in MLflow.

    Every method raises TrackingError when MLflow fails, OSError when a file of the sweep does not read, and
    Damaged when one is not as it was written.
    """

    def begins(self) -> None:
        """The sweep runs, or runs again."""
        with guarded(self.uri):
            self.client.update_run(self.run_id, status="RUNNING")

    def _trials(self, index: int) -> list[Run]:
        return self.search(f"tags.`mlflow.parentRunId` = '{self.run_id}' and tags.`mer.trial` = '{index}'")

    def holds_trial(self, index: int, state: str, jobs: Sequence[str]) -> bool:
        """Whether MLflow has the trial with these fold results, once and whole."""
        with guarded(self.uri):
            held = self._trials(index)
            if len(held) != 1 or held[0].info.status != "FINISHED":
                return False
            tags, data = held[0].data.tags, held[0].data
            if tags.get("mer.content") != digest([state, sorted(jobs)]):
                return False
            if WROTE not in tags:  # of an older program
                folds = self.search(f"tags.`mlflow.parentRunId` = '{held[0].info.run_id}'")
                return len(folds) == len(jobs) and all(fold.info.status == "FINISHED" for fold in folds)
            files = files_of(held[0], self.uri)
            there = {file.path: file.file_size for file in files.list_artifacts()}
            table = b""
            if FOLDS in there:
                with tempfile.TemporaryDirectory() as folder:
                    table = Path(files.download_artifacts(FOLDS, folder)).read_bytes()
            return tags[WROTE] == _wrote(len(data.metrics), len(data.params), table, there.get(CURVES))

    def trial(
        self, index: int, config: Mapping[str, Any], folds: Sequence[FoldFacts], state: str = "complete"
    ) -> None:
        """Log one trial and its folds, in the place of what is there of it. state: "complete", "pruned" or
        "failed"."""
        jobs = [fold.job_id for fold in folds]
        folds = sorted(folds, key=lambda fold: (fold.fold, fold.seed, fold.member))
        with guarded(self.uri), tempfile.TemporaryDirectory() as folder:
            for run in self._trials(index):  # cut off half-way, or the trial has more folds now
                for fold in self.search(f"tags.`mlflow.parentRunId` = '{run.info.run_id}'"):
                    self.client.delete_run(fold.info.run_id)
                self.client.delete_run(run.info.run_id)
            table, curves = Path(folder) / FOLDS, Path(folder) / CURVES
            write_table(folds, table)
            write_curves(folds, curves)
            made, params = of_trial(folds, self.classes), flat(config)
            tags = {
                "mer.level": "trial",
                "mer.trial": str(index),
                "mer.state": state,
                "mer.content": digest([state, sorted(jobs)]),
                "mlflow.note.content": RANKS,
            }
            run_id = self.start(f"trial {index}", tags, self.run_id)
            names = {name for name, _, _ in made}
            wrote = _wrote(len(names), len(params), table.read_bytes(), curves.stat().st_size)
            self.write(run_id, made, params, {WROTE: wrote})
            self.client.log_artifacts(run_id, folder)
            self.client.set_terminated(run_id, "FINISHED")

    def holds_model(self, folder: Path) -> bool:
        """Whether MLflow has the refitted model that keep_model has left in ``folder``."""
        sealed.check_files(folder, f"it is made again by: {resume(folder.parent)}")
        content = logged_model.content_of(folder)
        with guarded(self.uri):
            return bool(
                logged_model.held(
                    self.client, self.uri, self.experiment_id, self.run_id, content, self.registered
                )
            )

    def model(self, folder: Path) -> str:
        """Log the refitted model that keep_model has left in ``folder``, once. Returns its address for
        mlflow.pyfunc."""
        sealed.check_files(folder, f"it is made again by: {resume(folder.parent)}")
        with guarded(self.uri):
            where = (self.client, self.uri, self.experiment_id, self.run_id)
            address = logged_model.log(*where, folder, self.model_name, self.registered)
        if not address.startswith("models:/"):
            self.notes.append(
                f"MLflow at {redacted(self.uri)} is older than 3 and keeps no logged models: the model is a "
                f"file of the run, {address}"
            )
        return address

    def holds_scores(self, folder: Path) -> bool:
        """Whether MLflow has what ``finish`` writes, as it is in ``folder``. Raises report.ReportError."""
        summary, _ = read(folder)
        with guarded(self.uri):
            run = self.client.get_run(self.run_id)
            place = files_of(run, self.uri)
            files = {file.path for file in place.list_artifacts()}
            if run.info.status != "FINISHED" or PREDICTIONS not in files:
                return False
            if SCORED not in run.data.tags:  # of an older program, if it is of this state of the sweep
                named = {
                    f"{rule}.{name}": score[name]
                    for rule, score in summary["selection"].items()
                    for name in SCORES
                }
                return bool(named) and named.items() <= run.data.metrics.items()
            wanted = {name: value for name, value, _ in of_sweep(summary)}
            report = {Path(file.path).name for file in place.list_artifacts(REPORT)}
            why = {Path(file.path).name for file in place.list_artifacts(EXPLAINED)}
            return (
                run.data.tags[SCORED] == _state(folder)
                and wanted.items() <= run.data.metrics.items()
                and {file.name for file in _files(folder)} <= report
                and {file.name for file in explained.files(folder)} <= why
            )

    def finish(self, folder: Path) -> None:
        """Scores of every rule, predictions as a table, and the files of the report on the sweep's run; ends
        the run.

        folder: where report.write has been called before; what it left there is what is logged. Raises
        report.ReportError when its files do not read.
        """
        summary, predictions = read(folder)
        with guarded(self.uri):
            tags: dict[str, str] = {
                f"mer.kind.{rule}": kind_of(rule, summary) for rule in summary["selection"]
            }
            tags["mlflow.note.content"] = described(summary)
            self.write(self.run_id, of_sweep(summary), {}, tags)
            for when, made in of_looks(folder):
                self.write(self.run_id, made, {}, when=when)
            for file in _files(folder):
                self.client.log_artifact(self.run_id, str(file), REPORT)
            for file in explained.files(folder):
                self.client.log_artifact(self.run_id, str(file), EXPLAINED)
            # log_table would append
            place = files_of(self.client.get_run(self.run_id), self.uri)
            if any(file.path == PREDICTIONS for file in place.list_artifacts()):
                place.delete_artifacts(PREDICTIONS)
            self.client.log_table(self.run_id, predictions, PREDICTIONS)
            self.client.set_tag(self.run_id, SCORED, _state(folder))
            self.client.set_terminated(self.run_id, "FINISHED")

    def left(self, status: str) -> None:
        """End the sweep's run before its end. status: KILLED or FAILED."""
        with guarded(self.uri):
            self.client.set_terminated(self.run_id, status)

    def holds_failure(self, why: str) -> bool:
        """Whether the sweep's run says that it failed, and why."""
        with guarded(self.uri):
            run = self.client.get_run(self.run_id)
            return run.info.status == "FAILED" and run.data.tags.get("mer.error") == cut(why, LONGEST_TAG)

    def failed(self, why: str) -> None:
        """End the sweep's run as failed, with the reason as a tag."""
        with guarded(self.uri):
            self.client.set_tag(self.run_id, "mer.error", cut(why, LONGEST_TAG))
            self.client.set_terminated(self.run_id, "FAILED")


def _wrote(metrics: int, params: int, table: bytes, curves: int | None) -> str:
    """What of a trial can be compared with what is there."""
    return f"{metrics} metrics, {params} parameters, {FOLDS} {_digest(table)}, {CURVES} {curves} bytes"


def _files(folder: Path) -> list[Path]:
    """The files of a report that go to MLflow."""
    return [
        file
        for file in sorted(folder.glob("*"))
        if file.suffix in (".png", ".csv") or file.name in ("summary.json", LOOKS, PAGE)
    ]


def _state(folder: Path) -> str:
    """Digest of what a report is made of."""
    own = ("summary.json", "predictions.csv", LOOKS, f"{explained.FOLDER}/{explained.INDEX}")
    named = (folder / name for name in own)
    return _digest(b"".join(file.read_bytes() for file in named if file.is_file()))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
