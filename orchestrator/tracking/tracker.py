"""A sweep in MLflow: sweep, trials and folds as nested runs. The only writer of MLflow, called from the
sweep's own process.

sweep  parameters of the study; for every selection rule ``<rule>.uf1``, ``.uar``, ``.war``,
       ``.uar_per_person``, ``.f1.<class>``, ``.recall.<class>``, and as a tag ``mer.kind.<rule>`` whether it
       is blind, not blind or an oracle; the report's pictures (confusion matrices ...), CSV files and
       summary.json; all chosen predictions as a table; the refitted model; each look at test people, a step
       of ``look.uf1``.
trial  its configuration; validation of all its folds, pooled, epoch by epoch. Never a test score: a trial
       that can be sorted by its test score will be chosen by it.
fold   training loss, validation loss and UF1, epoch by epoch.

The experiment is ``mer-<corpus>-<n>class`` (``mer-<corpus>-5-restclass`` for a scheme with a name of its
own): scores within one experiment may be compared. A sweep's run is found again by the tag ``mer.sweep``, and
nothing is logged twice: a trial and the model carry a digest of their content. All that comes here is on disk
before, so a failure of MLflow loses nothing: it becomes a TrackingError, and outbox.py keeps what was not
written.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
import sqlalchemy

# The first two are read when mlflow is imported. The others are for a server that goes away: what fails is
# kept and written later (outbox.py), so that MLflow's own 7 retries, about four minutes of a sweep for one
# lost request, are of no use here.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
# at once, without a pause: for a connection that was cut
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")  # seconds without an answer
# two lines a run, with the password of the address
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModelStatus, Metric, Param, Run
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.types.schema import ColSpec, Schema, TensorSpec
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.common.errors import ConfigError
from orchestrator.common.names import redacted
from orchestrator.inference import predictor
from orchestrator.results.action_units import au_of
from orchestrator.results.report import read
from orchestrator.selection.records import TrialRecord
from orchestrator.selection.rules import kind_of
from orchestrator.study.jobs import digest
from orchestrator.study.record import FoldRecord
from orchestrator.tracking.kept_model import EXAMPLE
from orchestrator.tracking.tracked_metrics import Measured, flat, of_fold, of_looks, of_sweep, of_trial
from orchestrator.workspace import sealed

PREDICTIONS = "predictions.json"
# as predictor.save names them
MODEL_FILES = {predictor.WEIGHTS: "weights.safetensors", predictor.DESCRIPTION: "model.json"}
PATIENCE = 5.0  # seconds that MLflow is waited for before it counts as down
ROOT = Path(__file__).parents[2]  # holds our packages
LIBRARIES = ("mlflow", "numpy", "pydantic", "safetensors", "torch")  # what the logged model imports


class TrackingError(RuntimeError):
    """MLflow cannot be written: names the address, without its password, and MLflow's own words. Who catches
    it says what is kept."""


@contextmanager
def _guarded(uri: str) -> Iterator[None]:
    try:
        yield
    except (
        MlflowException,
        SQLAlchemyError,
        sqlite3.Error,
        OSError,
        ImportError,
    ) as error:  # ImportError: a database's driver
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise TrackingError(f"MLflow at {redacted(uri)} failed: {redacted(first)}") from error


def reach(uri: str) -> None:
    """Return when MLflow answers; raise TrackingError within PATIENCE seconds when it does not.

    Asked before every write, because MLflow itself waits longer: for a locked SQLite file 20 s at each
    statement, for a server or database that is down up to some minutes. A server answers with any status but
    408, 429 and 5xx; a database lets us connect; an SQLite file, where there is one, can be locked for
    writing.
    """
    with _guarded(uri):
        if uri.startswith(("http://", "https://")):
            http_request(get_default_host_creds(uri), "/health", "GET", max_retries=0, timeout=PATIENCE)
        elif uri.startswith("sqlite:///"):
            if _file(uri).is_file():
                with closing(sqlite3.connect(_file(uri), timeout=PATIENCE, isolation_level=None)) as held:
                    held.execute("BEGIN IMMEDIATE")
                    held.execute("ROLLBACK")
        elif uri.startswith(("postgresql", "mysql", "mssql")):
            sqlalchemy.create_engine(uri, poolclass=sqlalchemy.NullPool).connect().close()


def _file(uri: str) -> Path:
    return Path(uri.removeprefix("sqlite:///"))


class Tracker:
    """One sweep's runs in MLflow.

    uri    tracking address; ``sqlite:///FILE`` is made when missing, with its artifacts in ``mlartifacts/``
           beside it.
    sweep  what the sweep is; "name", "model", "corpus", "classes" and "au" are required, everything is logged
           as parameters.
    Every method raises TrackingError, and nothing else, when MLflow fails.
    """

    def __init__(self, uri: str, sweep: Mapping[str, Any]):
        for noisy in ("alembic", "mlflow"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        # what they log before they raise it
        for repeated in ("mlflow.store.db.utils", "urllib3.connectionpool"):
            logging.getLogger(repeated).setLevel(logging.CRITICAL)
        self.uri, self.classes = uri, tuple(sweep["classes"])
        # two schemes may have as many classes: scores of "5" and "5-rest" do not compare
        scheme = sweep.get("scheme", "")
        self.experiment = f"mer-{sweep['corpus']}-{scheme if '-' in scheme else len(self.classes)}class"
        with _guarded(uri):
            self.client = MlflowClient(tracking_uri=uri)
            self.experiment_id = self._experiment()
            found = self._children(f"tags.`mer.level` = 'sweep' and tags.`mer.sweep` = '{sweep['name']}'")
            if found:
                self.run_id = found[0].info.run_id
                self.client.update_run(self.run_id, status="RUNNING")
            else:
                self.run_id = self._start(
                    f"{sweep['name']} (AUs {au_of(sweep)})",
                    {"mer.level": "sweep", "mer.sweep": sweep["name"]},
                )
            if not (found and found[0].data.params):  # new, or cut off before
                self._write(self.run_id, [], flat(sweep))

    def _experiment(self) -> str:
        found = self.client.get_experiment_by_name(self.experiment)
        if found is not None:
            return found.experiment_id
        place = None
        if self.uri.startswith("sqlite:///"):
            place = (_file(self.uri).resolve().parent / "mlartifacts" / self.experiment).as_uri()
        return self.client.create_experiment(self.experiment, artifact_location=place)

    def _children(self, condition: str) -> list[Run]:
        runs, token = [], None
        while True:
            page = self.client.search_runs(
                [self.experiment_id], condition, max_results=1000, page_token=token
            )
            runs += list(page)
            if not (token := page.token):
                return runs

    def _start(self, name: str, tags: Mapping[str, str], parent: str | None = None) -> str:
        tags = {**tags, **({"mlflow.parentRunId": parent} if parent else {})}
        return str(self.client.create_run(self.experiment_id, run_name=name, tags=tags).info.run_id)

    def trial(self, trial: TrialRecord, state: str = "complete") -> bool:
        """Log one trial and its folds. state: "complete", "pruned" or "failed". False when it is there
        already, unchanged."""
        with _guarded(self.uri):
            content = digest([state, sorted(result.job_id for result in trial.results)])
            earlier = self._children(
                f"tags.`mlflow.parentRunId` = '{self.run_id}' and tags.`mer.trial` = '{trial.index}'"
            )
            if [(run.info.status, run.data.tags["mer.content"]) for run in earlier] == [
                ("FINISHED", content)
            ]:
                return False
            for run in earlier:  # cut off half-way, or the trial has more folds now
                for fold in self._children(f"tags.`mlflow.parentRunId` = '{run.info.run_id}'"):
                    self.client.delete_run(fold.info.run_id)
                self.client.delete_run(run.info.run_id)
            tags = {
                "mer.level": "trial",
                "mer.trial": str(trial.index),
                "mer.state": state,
                "mer.content": content,
            }
            run_id = self._start(f"trial {trial.index}", tags, self.run_id)
            self._write(run_id, of_trial(trial, self.classes), flat(trial.config))
            for result in sorted(trial.results, key=lambda r: (r.fold, r.seed, r.member)):
                self._fold(result, run_id)
            self.client.set_terminated(run_id, "FINISHED")
            return True

    def _fold(self, result: FoldRecord, parent: str) -> None:
        params = {"fold": result.fold, "seed": str(result.seed), "job": result.job_id}
        tags = {"mer.level": "fold", **({"mer.notes": "\n".join(result.notes)} if result.notes else {})}
        which = f", model {result.member}" if result.member else ""
        run_id = self._start(f"{result.fold}, seed {result.seed}{which}", tags, parent)
        self._write(run_id, of_fold(result), params)
        self.client.set_terminated(run_id, "FINISHED")

    def _write(
        self, run_id: str, made: Sequence[Measured], params: Mapping[str, str], when: int | None = None
    ) -> None:
        now = when or int(time.time() * 1000)
        metrics = [Metric(name, value, now, step) for name, value, step in made]
        self.client.log_batch(run_id, metrics=metrics, params=[Param(k, v[:6000]) for k, v in params.items()])

    def model(self, folder: Path) -> str:
        """Log the refitted model that keep_model has left in ``folder``, once. Returns its address for
        mlflow.pyfunc."""
        sealed.check_files(folder, "run the sweep again with --resume: the model is made again")
        files = {name: folder / file for name, file in MODEL_FILES.items()}
        content = hashlib.sha256(b"".join(files[name].read_bytes() for name in sorted(files))).hexdigest()[
            :16
        ]
        held_example = safetensors.numpy.load_file(folder / EXAMPLE)
        example = {
            name: held_example[name] for name in ("flow", "aus") if name in held_example
        }  # in the model's order, not by name
        about = json.loads(files[predictor.DESCRIPTION].read_text())
        try:
            predictor.check(files[predictor.WEIGHTS], about)
        except ConfigError as error:
            raise TrackingError(str(error)) from error
        classes = about["classes"]
        tensors: list[ColSpec | TensorSpec] = [
            TensorSpec(np.dtype(np.float32), (-1, *array.shape[1:]), name) for name, array in example.items()
        ]
        output = Schema([TensorSpec(np.dtype(np.float32), (-1, len(classes)))])
        with _guarded(self.uri):
            for held in self.client.search_logged_models(
                [self.experiment_id], f"source_run_id = '{self.run_id}'"
            ):
                if held.status != LoggedModelStatus.READY:
                    self.client.delete_logged_model(held.model_id)  # cut off half-way
                elif held.tags.get("mer.content") == content:
                    return held.model_uri
            mlflow.set_tracking_uri(self.uri)
            with mlflow.start_run(run_id=self.run_id):
                logged = mlflow.pyfunc.log_model(
                    name="model",
                    python_model=str(ROOT / "orchestrator" / "inference" / "predictor.py"),
                    artifacts={name: str(path) for name, path in files.items()},
                    code_paths=[
                        str(ROOT / package)
                        for package in ("orchestrator", "mer_models", "search_spaces", "preprocessing")
                    ],
                    signature=ModelSignature(inputs=Schema(tensors), outputs=output),
                    input_example=example,
                    pip_requirements=[f"{name}=={version(name).split('+')[0]}" for name in LIBRARIES],
                    tags={"mer.content": content},
                )
            return str(logged.model_uri)

    def finish(self, folder: Path) -> None:
        """Scores of every rule, predictions as a table, and the files of the report on the sweep's run; ends
        the run.

        folder: where report.write has been called before; what it left there is what is logged. Raises
        report.ReportError when its files do not read.
        """
        summary, predictions = read(folder)
        with _guarded(self.uri):
            self._write(self.run_id, of_sweep(summary), {})
            for rule in summary["selection"]:
                self.client.set_tag(self.run_id, f"mer.kind.{rule}", kind_of(rule, summary))
            for when, made in of_looks(folder):
                self._write(self.run_id, made, {}, when)
            for file in sorted(folder.glob("*")):
                if file.suffix in (".png", ".csv") or file.name in ("summary.json", "looks.jsonl"):
                    self.client.log_artifact(self.run_id, str(file), "report")
            # log_table would append
            if any(file.path == PREDICTIONS for file in self.client.list_artifacts(self.run_id)):
                get_artifact_repository(self.client.get_run(self.run_id).info.artifact_uri).delete_artifacts(
                    PREDICTIONS
                )
            self.client.log_table(self.run_id, predictions, PREDICTIONS)
            self.client.set_terminated(self.run_id, "FINISHED")

    def left(self, status: str) -> None:
        """End the sweep's run before its end. status: KILLED or FAILED."""
        with _guarded(self.uri):
            self.client.set_terminated(self.run_id, status)

    def failed(self, why: str) -> None:
        """End the sweep's run as failed, with the reason as a tag."""
        with _guarded(self.uri):
            self.client.set_tag(self.run_id, "mer.error", why[:5000])
            self.client.set_terminated(self.run_id, "FAILED")
