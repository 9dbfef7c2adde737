"""The refitted model of a sweep in MLflow: a logged model of its run, with a version in the registry; on a
server older than MLflow 3, which has no logged models, files of the run.

It is looked for before it is written: one that carries the same digest and has its files is there.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import safetensors.numpy
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelStatus
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types.schema import ColSpec, Schema, TensorSpec

from orchestrator.common.commands import command
from orchestrator.common.errors import ConfigError
from orchestrator.common.names import redacted
from orchestrator.inference.bundle_files import EXAMPLE, MODEL, SUMS, WEIGHTS
from orchestrator.inference.predictor import BUNDLE
from orchestrator.tracking import address, database
from orchestrator.tracking.connection import files_of, guarded, reach
from orchestrator.tracking.names import LONGEST_TAG, cut

ROOT = Path(__file__).parents[2]  # holds our packages
LIBRARIES = ("mlflow", "numpy", "pydantic", "safetensors", "torch")  # what the logged model imports
PACKAGES = ("orchestrator", "mer_models", "search_spaces", "preprocessing")
FILES_OF_RUN = "model"  # their folder, on an older server
CONTENT = "mer.content"
OF_BUNDLES = "mer-bundles"  # experiment of what export registers
CHAMPION = "champion"
# what a server older than MLflow 3, or Azure's, answers to a question for logged models
NO_LOGGED_MODELS = ("ENDPOINT_NOT_FOUND", "NOT_FOUND")


def content_of(folder: Path) -> str:
    """Digest of what decides the probabilities of the bundle in ``folder``. Raises OSError."""
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in (MODEL, WEIGHTS))).hexdigest()[
        :16
    ]


def held(
    client: MlflowClient, uri: str, experiment_id: str, run_id: str, content: str, registered: str
) -> str:
    """Address of the model with this content for mlflow.pyfunc; "" where it is not there, not whole, not
    alone, or has no version of ``registered`` in the registry."""
    try:
        model = _ready(client, experiment_id, run_id, content)
        if _unfinished(client, experiment_id, run_id):
            return ""
    except MlflowException as error:
        if error.error_code not in NO_LOGGED_MODELS:
            raise
        run = client.get_run(run_id)
        names = {Path(file.path).name for file in files_of(run, uri).list_artifacts(FILES_OF_RUN)}
        there = "MLmodel" in names and run.data.tags.get("mer.model") == content
        return f"{run.info.artifact_uri}/{FILES_OF_RUN}" if there else ""
    if model is None or not _has_version(client, registered, model):
        return ""
    return str(model.model_uri)


def log(
    client: MlflowClient, uri: str, experiment_id: str, run_id: str, folder: Path, name: str, registered: str
) -> str:
    """Write the model that keep_model has left in ``folder``. Returns its address for mlflow.pyfunc.

    name: of the model in MLflow, where characters that it refuses are replaced. registered: of the registry's
    model that gets a version more.
    """
    content, given = content_of(folder), _given(folder)
    try:
        for one in _unfinished(client, experiment_id, run_id):
            client.delete_logged_model(one.model_id)
        model = _ready(client, experiment_id, run_id, content)
    except MlflowException as error:
        if error.error_code not in NO_LOGGED_MODELS:
            raise
        with tempfile.TemporaryDirectory() as made:
            mlflow.pyfunc.save_model(path=f"{made}/{FILES_OF_RUN}", **given)
            client.log_artifacts(run_id, f"{made}/{FILES_OF_RUN}", FILES_OF_RUN)
        client.set_tag(run_id, "mer.model", content)
        return f"{client.get_run(run_id).info.artifact_uri}/{FILES_OF_RUN}"
    if model is None:
        mlflow.set_tracking_uri(uri)
        with mlflow.start_run(run_id=run_id):
            logged = mlflow.pyfunc.log_model(
                name="".join("-" if one in "/:.%\"'" else one for one in name),
                tags={CONTENT: content},
                **given,
            )
        model = client.get_logged_model(str(logged.model_id))
    if not _has_version(client, registered, model):
        _register(client, registered, model, run_id)
    return str(model.model_uri)


@contextmanager
def downloaded(address: str, uri: str) -> Iterator[Path]:
    """A folder with the bundle of a model in MLflow, removed at the end.

    address: "models:/NAME/VERSION", "models:/NAME@ALIAS" or "models:/ID". Raises ConfigError where MLflow
    has no such model, or one that an older program has logged, TrackingError when MLflow fails.
    """
    with tempfile.TemporaryDirectory() as made:
        with guarded(uri):
            reach(uri)
            mlflow.set_tracking_uri(uri)
            try:
                held = Path(mlflow.artifacts.download_artifacts(artifact_uri=address, dst_path=made))
            except MlflowException as error:
                raise ConfigError(f"{redacted(uri)} has no model {address}: {error.message}") from error
        sums = next(held.glob(f"artifacts/*/{SUMS}"), None)
        if sums is None:
            why = f"its files are gone; log it again with `{command('send', 'NAME')}` of its sweep"
            if any(held.iterdir()):
                why = "an older program logged it; run its sweep again"
            raise ConfigError(f"{address} holds no bundle: {why}")
        yield sums.parent


def register(folder: Path, uri: str, name: str, card: str, champion: bool) -> str:
    """Log the bundle in ``folder`` and make it a new version of the registry's model ``name``, with its card
    as description. champion: the alias ``champion`` moves to it. Returns "models:/NAME/VERSION".

    Raises TrackingError when MLflow fails or refuses the name.
    """
    reach(uri)
    with guarded(uri):
        client = MlflowClient(uri)
        found = client.get_experiment_by_name(OF_BUNDLES)
        if found is None:
            file = address.file_of(uri)
            place = None if file is None else database.artifacts_of(file, OF_BUNDLES)
            experiment = client.create_experiment(OF_BUNDLES, place)
        else:
            experiment = found.experiment_id
        mlflow.set_tracking_uri(uri)
        # a run by its id: set_experiment would change what this process' next runs are of
        with mlflow.start_run(run_id=client.create_run(experiment, run_name=name).info.run_id):
            made = mlflow.pyfunc.log_model(name="bundle", registered_model_name=name, **_given(folder))
        version_ = str(made.registered_model_version)
        client.update_model_version(name, version_, cut(card, LONGEST_TAG))
        if champion:
            client.set_registered_model_alias(name, CHAMPION, version_)
    return f"models:/{name}/{version_}"


def _given(folder: Path) -> dict[str, Any]:
    held_example = safetensors.numpy.load_file(folder / EXAMPLE)
    # in the model's order, not by name
    example = {name: held_example[name] for name in ("flow", "aus") if name in held_example}
    classes = json.loads((folder / MODEL).read_text())["classes"]
    tensors: list[ColSpec | TensorSpec] = [
        TensorSpec(np.dtype(np.float32), (-1, *array.shape[1:]), name) for name, array in example.items()
    ]
    output = Schema([TensorSpec(np.dtype(np.float32), (-1, len(classes)))])
    return {
        "python_model": str(ROOT / "orchestrator" / "inference" / "predictor.py"),
        "artifacts": {BUNDLE: str(folder)},
        "code_paths": [
            str(ROOT / package)
            for package in ("orchestrator", "mer_models", "search_spaces", "preprocessing")
        ],
        "signature": ModelSignature(inputs=Schema(tensors), outputs=output),
        "input_example": example,
        "pip_requirements": [f"{name}=={version(name).split('+')[0]}" for name in LIBRARIES],
    }


def _models(client: MlflowClient, experiment_id: str, run_id: str) -> list[LoggedModel]:
    return list(client.search_logged_models([experiment_id], f"source_run_id = '{run_id}'"))


def _unfinished(client: MlflowClient, experiment_id: str, run_id: str) -> list[LoggedModel]:
    """Those that were cut off half-way."""
    models = _models(client, experiment_id, run_id)
    return [one for one in models if one.status != LoggedModelStatus.READY]


def _ready(client: MlflowClient, experiment_id: str, run_id: str, content: str) -> LoggedModel | None:
    for one in _models(client, experiment_id, run_id):
        if one.status == LoggedModelStatus.READY and one.tags.get(CONTENT) == content:
            files = client.list_logged_model_artifacts(one.model_id)
            if "MLmodel" in {Path(file.path).name for file in files}:
                return one
    return None


def _has_version(client: MlflowClient, registered: str, model: LoggedModel) -> bool:
    versions = client.search_model_versions(f"name = '{registered}'")
    return any(one.source == model.model_uri for one in versions)


def _register(client: MlflowClient, registered: str, model: LoggedModel, run_id: str) -> None:
    try:
        client.create_registered_model(registered)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    client.create_model_version(registered, str(model.model_uri), run_id, model_id=model.model_id)
