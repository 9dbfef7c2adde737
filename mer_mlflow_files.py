"""Where MLflow finds the files of a workspace that was moved or copied: beside the database that it was asked
with, by any client and by ``mlflow ui``, before a command of ours has mended the addresses.

MLflow keeps an absolute address of each run's files. A relative one would go by the folder that a client
happens to be started in. So the package registers this class with MLflow (entry point
``mlflow.artifact_repository``, pyproject.toml) for ``file:`` addresses. It is MLflow's own, but for files
below ``mlartifacts/<experiment>`` whose folder is gone and lies beside the database instead. MLflow imports
it at its own start, before a logged model's own code is on the path: so it lies outside of our packages and
imports nothing of ours, or the model would run the installed code in place of that which came with it.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, unquote, urlparse

from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

ARTIFACTS = "mlartifacts"  # beside the database, in it a folder for each experiment
_SERVER = "_MLFLOW_SERVER_FILE_STORE"  # how a server of MLflow hands its database's address to its processes


class FilesBesideDatabase(LocalArtifactRepository):
    """Files of a run or model, of a local folder."""

    def __init__(self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None):
        uri = tracking_uri or os.environ.get(_SERVER, "")
        super().__init__(now_at(artifact_uri, uri), tracking_uri, registry_uri)


def now_at(artifacts: str, database: str) -> str:
    """The address itself, or that of the same files beside the database. database: ``sqlite:///FILE``; of
    another kind it moves nothing."""
    before, found, rest = unquote(urlparse(artifacts).path).rpartition(f"/{ARTIFACTS}/")
    file = database.removeprefix("sqlite:///")
    if not found or file in (database, "", ":memory:"):
        return artifacts
    experiment = rest.split("/", 1)[0]
    here = Path(file).resolve().parent / ARTIFACTS
    if Path(before, ARTIFACTS, experiment).exists() or not (here / experiment).is_dir():
        return artifacts
    return f"{here.as_uri()}/{quote(rest)}"
