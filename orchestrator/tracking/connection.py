"""Whether MLflow answers, and what it raises when it does not."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy
from alembic.util.exc import CommandError
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.common.names import redacted
from orchestrator.tracking import database
from orchestrator.tracking.address import DATABASES, PORTS, driver_lacking, file_of
from orchestrator.tracking.errors import TrackingError
from preprocessing import reachable

PATIENCE = 5.0  # seconds that MLflow is waited for before it counts as down


@contextmanager
def guarded(uri: str) -> Iterator[None]:
    """Around calls of MLflow: what it, its database or the way there raises is a TrackingError."""
    try:
        yield
    except (
        MlflowException,
        SQLAlchemyError,
        CommandError,
        sqlite3.Error,
        OSError,
        ImportError,
    ) as error:
        lacking = isinstance(error, ImportError) and uri.startswith(DATABASES) and driver_lacking(uri)
        if lacking:
            raise TrackingError(f"MLflow at {redacted(uri)}: {lacking}") from error
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise TrackingError(f"MLflow at {redacted(uri)} failed: {redacted(first)}") from error


def reach(uri: str) -> None:
    """Return when MLflow answers; raise TrackingError within PATIENCE seconds when it does not.

    Asked before every write, because MLflow itself waits longer: for a locked SQLite file 20 s at each
    statement, for one that cannot be opened 103 s, for a server or database that is down up to some minutes.
    A server answers with any status but 408, 429 and 5xx; a database lets us connect; an SQLite file is made
    where there is none, is one of this MLflow, and can be locked for writing.
    """
    with guarded(uri):
        if uri.startswith(("http://", "https://")):
            http_request(get_default_host_creds(uri), "/health", "GET", max_retries=0, timeout=PATIENCE)
        elif file := file_of(uri):
            quiet()
            database.usable(file, PATIENCE)
        elif uri.startswith(tuple(PORTS)):
            _answers(uri)
            sqlalchemy.create_engine(uri, poolclass=sqlalchemy.NullPool).connect().close()


def _answers(uri: str) -> None:
    """Raises OSError where nothing listens there, or every packet is swallowed: drivers wait for minutes."""
    where = sqlalchemy.make_url(uri)
    if where.host:  # else a socket of this machine
        port = where.port or PORTS[where.get_backend_name()]
        reachable.listens(where.host, port)


def files_of(run: Run, uri: str) -> ArtifactRepository:
    """The files of a run. MLflow's own way to them asks for logged models first, which an older server does
    not know."""
    return get_artifact_repository(run.info.artifact_uri, tracking_uri=uri)


def quiet() -> None:
    """What MLflow and its libraries say is left to what they raise."""
    for noisy in ("alembic", "mlflow"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # what they log before they raise it
    for repeated in ("mlflow.store.db.utils", "urllib3.connectionpool"):
        logging.getLogger(repeated).setLevel(logging.CRITICAL)
