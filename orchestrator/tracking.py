"""A sweep in MLflow: sweep, trials and folds as nested runs. The only writer of MLflow, called from the sweep's own process.

sweep  parameters of the study; for every selection rule ``<rule>.uf1``, ``.uar``, ``.war``, ``.f1.<class>``, ``.recall.<class>``;
       the report's pictures (confusion matrices ...), CSV files and summary.json; all chosen predictions as a table; the
       refitted model.
trial  its configuration; validation of all its folds, pooled, epoch by epoch. Never a test score: a trial that can be sorted by
       its test score will be chosen by it.
fold   training loss, validation loss and UF1, epoch by epoch.

The experiment is ``mer-<corpus>-<n>class`` (``mer-<corpus>-5-restclass`` for a scheme with a name of its own): scores within one
experiment may be compared. A resumed sweep finds its run by the
tag ``mer.sweep``, and does not log a trial twice. Fold results are on disk before they come here, so a failure of MLflow loses
nothing: it becomes a TrackingError that says how to go on.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

# Both are read when mlflow is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.types.schema import ColSpec, Schema, TensorSpec
from sqlalchemy.exc import SQLAlchemyError

from orchestrator import metrics, predictor
from orchestrator.data import Table
from orchestrator.jobs import FoldResult, canonical_json, digest
from orchestrator.names import redacted
from orchestrator.records import Trial, best, pooled_ranks, validation_ranks
from orchestrator.report import prediction_rows
from orchestrator.training.loop import TrainedModel

CURVE_POINTS = 300  # a longer curve is thinned to this many epochs: a run is one batch, and MLflow takes 1000 metrics a batch
PREDICTIONS = "predictions.json"
ROOT = Path(__file__).parents[1]  # holds our packages
LIBRARIES = ("mlflow", "numpy", "pydantic", "safetensors", "torch")  # what the logged model imports


class TrackingError(RuntimeError):
    """MLflow cannot be written. Fold results are safe: names the address, MLflow's own words, and the next step."""


@contextmanager
def _guarded(uri: str) -> Iterator[None]:
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise TrackingError(
            f"MLflow at {redacted(uri)} failed: {first.replace(uri, redacted(uri))}. All fold results are kept; give a place that can "
            "be written with --tracking-uri and run the same command with --resume: nothing is trained again"
        ) from error


def flat(section: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested sections as flat parameters: {"recipe": {"lr": 1e-3}} -> {"recipe.lr": "0.001"}; lists as JSON."""
    out: dict[str, str] = {}
    for key, value in section.items():
        if isinstance(value, Mapping):
            out |= flat(value, f"{prefix}{key}.")
        else:
            out[f"{prefix}{key}"] = canonical_json(value) if isinstance(value, list | tuple) else str(value)
    return out


class Tracker:
    """One sweep's runs in MLflow.

    uri    tracking address; ``sqlite:///FILE`` is made when missing, with its artifacts in ``mlartifacts/`` beside it.
    sweep  what the sweep is; "name", "model", "corpus", "classes" and "au" are required, everything is logged as parameters.
    Every method raises TrackingError, and nothing else, when MLflow fails.
    """

    def __init__(self, uri: str, sweep: Mapping[str, Any]):
        for noisy in ("alembic", "mlflow"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        self.uri, self.model_name, self.classes = uri, sweep["model"], tuple(sweep["classes"])
        scheme = sweep.get("scheme", "")  # two schemes may have as many classes: scores of "5" and "5-rest" do not compare
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
                    f"{sweep['name']} (AUs {sweep['au']})", {"mer.level": "sweep", "mer.sweep": sweep["name"]}
                )
                self.client.log_batch(self.run_id, params=[Param(k, v[:6000]) for k, v in flat(sweep).items()])

    def _experiment(self) -> str:
        found = self.client.get_experiment_by_name(self.experiment)
        if found is not None:
            return found.experiment_id
        place = None
        if self.uri.startswith("sqlite:///"):
            database = Path(self.uri.removeprefix("sqlite:///"))
            place = (database.resolve().parent / "mlartifacts" / self.experiment).as_uri()
        return self.client.create_experiment(self.experiment, artifact_location=place)

    def _children(self, condition: str) -> list[Run]:
        runs, token = [], None
        while True:
            page = self.client.search_runs([self.experiment_id], condition, max_results=1000, page_token=token)
            runs += list(page)
            if not (token := page.token):
                return runs

    def _start(self, name: str, tags: Mapping[str, str], parent: str | None = None) -> str:
        tags = {**tags, **({"mlflow.parentRunId": parent} if parent else {})}
        return self.client.create_run(self.experiment_id, run_name=name, tags=tags).info.run_id

    def trial(self, trial: Trial, state: str = "complete") -> bool:
        """Log one trial and its folds. state: "complete", "pruned" or "failed". False when it is there already, unchanged."""
        with _guarded(self.uri):
            content = digest([state, sorted(result.job_id for result in trial.results)])
            earlier = self._children(f"tags.`mlflow.parentRunId` = '{self.run_id}' and tags.`mer.trial` = '{trial.index}'")
            if [(run.info.status, run.data.tags["mer.content"]) for run in earlier] == [("FINISHED", content)]:
                return False
            for run in earlier:  # cut off half-way, or the trial has more folds now
                for fold in self._children(f"tags.`mlflow.parentRunId` = '{run.info.run_id}'"):
                    self.client.delete_run(fold.info.run_id)
                self.client.delete_run(run.info.run_id)
            tags = {"mer.level": "trial", "mer.trial": str(trial.index), "mer.state": state, "mer.content": content}
            run_id = self._start(f"trial {trial.index}", tags, self.run_id)
            self._write(run_id, self._trial_metrics(trial), flat(trial.config))
            for result in sorted(trial.results, key=lambda r: (r.fold, r.seed)):
                self._fold(result, run_id)
            self.client.set_terminated(run_id, "FINISHED")
            return True

    def _trial_metrics(self, trial: Trial) -> list[Metric]:
        made = [_metric("folds_done", len(trial.results)), _metric("seconds", sum(r.seconds for r in trial.results))]
        results = [result for result in trial.results if result.validation]
        if not results:
            return made
        epochs, ranks, rows = pooled_ranks(results)
        made += _curve("validation_uf1", epochs, [uf1 for uf1, _ in ranks]) + _curve(
            "validation_loss", epochs, [-x for _, x in ranks]
        )
        at = best(ranks)
        called = np.concatenate([r.validation_probs[row[at]].argmax(axis=1) for r, row in zip(results, rows, strict=True)])
        scores = metrics.evaluate(np.concatenate([r.validation_truth for r in results]), called, self.classes)
        return [*made, _metric("best_epoch", epochs[at]), *_scores("best_validation", scores)]

    def _fold(self, result: FoldResult, parent: str) -> None:
        made = _curve("train_loss", result.epochs, result.train_loss)
        if result.validation:
            ranks = validation_ranks(result)
            made += _curve("validation_loss", result.epochs, result.validation_loss)
            made += _curve("validation_uf1", result.epochs, [uf1 for uf1, _ in ranks])
            made.append(_metric("best_epoch", result.epochs[best(ranks)]))
        made += [_metric("seconds", result.seconds), _metric("test_clips", len(result.test))]
        params = {"fold": result.fold, "seed": str(result.seed), "job": result.job_id}
        tags = {"mer.level": "fold", **({"mer.notes": "\n".join(result.notes)} if result.notes else {})}
        run_id = self._start(f"{result.fold}, seed {result.seed}", tags, parent)
        self._write(run_id, made, params)
        self.client.set_terminated(run_id, "FINISHED")

    def _write(self, run_id: str, made: Sequence[Metric], params: Mapping[str, str]) -> None:
        self.client.log_batch(run_id, metrics=made, params=[Param(k, v[:6000]) for k, v in params.items()])

    def model(self, trained: TrainedModel, config: Mapping[str, Any], table: Table, *, trial: int, epochs: int) -> str:
        """Log the model refitted on all clips of ``table``. Returns its address for mlflow.pyfunc.load_model.

        trial, epochs: where its configuration and length of training come from; they are logged with it.
        """
        example = {"flow": table.x[:2].astype(np.float32)}
        if table.aus is not None and table.au == "annotated":
            example["aus"] = table.aus[:2]
        tensors: list[ColSpec | TensorSpec] = [
            TensorSpec(np.dtype(np.float32), (-1, *array.shape[1:]), name) for name, array in example.items()
        ]
        output = Schema([TensorSpec(np.dtype(np.float32), (-1, len(table.classes)))])
        description = {
            "model": self.model_name,
            "config": config,
            "classes": list(table.classes),
            "kind": table.kind,
            "channels": list(table.channels),
            "n_rois": table.x.shape[2] if table.kind == "roi_flow" else None,
            "n_aus": None if table.aus is None else table.aus.shape[1],
            "normaliser": {name: values.tolist() for name, values in trained.normaliser.items()},
            "features": table.features,
            "au": table.au,
            "trial": trial,
            "epochs": epochs,
        }
        with _guarded(self.uri), tempfile.TemporaryDirectory() as folder:
            mlflow.set_tracking_uri(self.uri)
            with mlflow.start_run(run_id=self.run_id):
                return mlflow.pyfunc.log_model(
                    name="model",
                    python_model=str(ROOT / "orchestrator" / "predictor.py"),
                    artifacts=predictor.save(Path(folder), trained.model, description, trained.au_head),
                    code_paths=[str(ROOT / package) for package in ("orchestrator", "mer_models", "search_spaces")],
                    signature=ModelSignature(inputs=Schema(tensors), outputs=output),
                    input_example=example,
                    pip_requirements=[f"{name}=={version(name).split('+')[0]}" for name in LIBRARIES],
                ).model_uri

    def finish(self, summary: Mapping[str, Any], scores: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
        """Scores of every rule, predictions as a table, and the files of the report on the sweep's run; ends the run.

        summary, scores, folder: as for report.write, which has been called before.
        """
        with _guarded(self.uri):
            made = [metric for rule, score in scores.items() for metric in _scores(rule, score)]
            made += [
                _metric(f"{rule}.{name}.{part}", held[name])
                for rule, s in scores.items() for part, held in s["parts"].items() for name in ("uf1", "uar")
            ]  # fmt: skip
            made += [_metric(f"{rule}.uf1_sd", s["sd"]["uf1"]) for rule, s in scores.items() if s["sd"]["uf1"] is not None]
            self.client.log_batch(self.run_id, metrics=made)
            for file in sorted(folder.glob("*")):
                if file.suffix in (".png", ".csv") or file.name == "summary.json":
                    self.client.log_artifact(self.run_id, str(file), "report")
            if any(file.path == PREDICTIONS for file in self.client.list_artifacts(self.run_id)):  # log_table would append
                get_artifact_repository(self.client.get_run(self.run_id).info.artifact_uri).delete_artifacts(PREDICTIONS)
            rows = prediction_rows(scores, self.classes)
            self.client.log_table(self.run_id, {column: [row[column] for row in rows] for column in rows[0]}, PREDICTIONS)
            self.client.set_terminated(self.run_id, "FINISHED")

    def failed(self, why: str) -> None:
        """End the sweep's run as failed, with the reason as a tag."""
        with _guarded(self.uri):
            self.client.set_tag(self.run_id, "mer.error", why[:5000])
            self.client.set_terminated(self.run_id, "FAILED")


def _metric(name: str, value: Any, step: int = 0) -> Metric:
    return Metric(name, float(value), int(time.time() * 1000), step)


def _curve(name: str, epochs: Sequence[int] | np.ndarray, values: Sequence[float] | np.ndarray) -> list[Metric]:
    """One metric an epoch, thinned evenly to CURVE_POINTS; first and last epoch stay."""
    keep = np.unique(np.linspace(0, len(epochs) - 1, min(CURVE_POINTS, len(epochs))).round().astype(int))
    return [_metric(name, values[i], int(epochs[i])) for i in keep]


def _scores(prefix: str, score: Mapping[str, Any]) -> list[Metric]:
    made = [_metric(f"{prefix}.{name}", score[name]) for name in ("uf1", "uar", "war")]
    return made + [
        _metric(f"{prefix}.{kind}.{name}", each[kind]) for name, each in score["per_class"].items() for kind in ("f1", "recall")
    ]
