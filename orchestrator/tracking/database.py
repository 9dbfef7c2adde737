"""The SQLite file of MLflow: made whole or not at all, by one process; looked at before each use; and its
artifacts found again after their folder was moved.

MLflow itself fills a new file in place, in about forty steps: a kill or a full disk among them leaves a file
that no MLflow opens again, and two processes that begin together break each other's. And it brings the tables
of an older MLflow up to date without being asked, after which that one cannot open them.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlparse

from mer_mlflow_files import ARTIFACTS
from orchestrator.common.commands import command
from orchestrator.tracking.errors import TrackingError
from orchestrator.tracking.lock import alone
from preprocessing.pasted import line

# what holds the address of an artifact
ADDRESSES = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}
MOVE = "move it away"
ANEW = f"or {MOVE}: `{command('send', 'NAME')}` of each sweep fills a new one"


def usable(file: Path, patience: float) -> None:
    """Return when MLflow can write ``file``, which is made where it is missing or empty.

    patience: seconds that a writer's lock is waited for. Raises TrackingError with the way out when it is no
    database of this version of MLflow; sqlite3.Error or OSError when it cannot be opened or made.
    """
    if not file.exists() or (file.is_file() and not file.stat().st_size):
        make(file)
    if not file.is_file():
        raise TrackingError(f"{file} is no file; give another address with --tracking-uri")
    with closing(sqlite3.connect(file, timeout=patience, isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        tables = {name for (name,) in held.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        found = list(held.execute("SELECT version_num FROM alembic_version")) if _VERSION in tables else []
        held.execute("ROLLBACK")
    _check(file, tables, found[0][0] if found else "")


_VERSION = "alembic_version"


def _check(file: Path, tables: set[str], found: str) -> None:
    if not {"experiments", "runs"} <= tables:
        names = ", ".join(sorted(tables)[:3]) or "none"
        raise TrackingError(
            f"{file} is a database of another program (tables: {names}); give another address with "
            "--tracking-uri"
        )
    ours, known = _revisions()
    if found == ours:
        return
    if not found:
        why, way = "is not whole: its making was cut off", MOVE
    elif found in known:
        why = f"is of an older MLflow, or its making was cut off (tables {found}, here {ours})"
        upgrade = line("mlflow", "db", "upgrade", f"sqlite:///{file.absolute()}")
        way = f"copy it, then run `{upgrade}`"
    else:
        why = f"is of a newer MLflow (tables {found}, here {ours})"
        way = "use that version here, or give another address with --tracking-uri"
    anew = ANEW if found else ANEW.removeprefix(f"or {MOVE}: ")
    raise TrackingError(f"{file} {why}; {way}{', ' if found else ': '}{anew}")


@functools.cache
def _revisions() -> tuple[str, frozenset[str]]:
    """(the schema of this MLflow, all that it knows)."""
    from alembic.script import ScriptDirectory
    from mlflow.store.db.utils import _get_alembic_config

    script = ScriptDirectory.from_config(_get_alembic_config(db_url=""))
    head = script.get_current_head() or ""
    return head, frozenset(one.revision for one in script.walk_revisions())


def make(file: Path) -> None:
    """An empty database of this MLflow at ``file``, whole or not at all; one that is there already stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with alone(file.with_name(f".{file.name}.lock")) as locked:
        if locked:  # then what lies here is of a process that was killed
            for rest in file.parent.glob(f".{file.name}.*.part*"):
                rest.unlink(missing_ok=True)
        if file.exists() and file.stat().st_size:
            return
        part = file.with_name(f".{file.name}.{uuid.uuid4().hex[:12]}.part")
        try:
            _fill(part)
            if file.exists():
                os.replace(part, file)  # an empty one
            else:
                _place(part, file)
        finally:
            part.unlink(missing_ok=True)


def _fill(part: Path) -> None:
    import sqlalchemy
    from mlflow.store.db.utils import _initialize_tables

    engine = sqlalchemy.create_engine(f"sqlite:///{part}", poolclass=sqlalchemy.NullPool)

    @sqlalchemy.event.listens_for(engine, "connect")
    def _fast(connection: sqlite3.Connection, _: object) -> None:
        # nobody sees the file before it is whole, so that no step need be on disk before the next: 1 s, not 5
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")

    try:
        _initialize_tables(engine)
    finally:
        engine.dispose()
    with open(part, "rb") as handle:
        os.fsync(handle.fileno())


def _place(part: Path, file: Path) -> None:
    """Rename, but never over another's: on a file system without locks two may come here."""
    try:
        os.link(part, file)
    except FileExistsError:
        return
    except OSError:  # a file system without second names for a file
        os.rename(part, file)


def artifacts_of(file: Path, experiment: str) -> str:
    """Where the artifacts of an experiment go, as an address."""
    return (file.resolve().parent / ARTIFACTS / experiment).as_uri()


def moved(file: Path, experiment: str, location: str) -> str:
    """What has been done about artifacts that are looked for where the workspace was before it was moved or
    copied; "" where nothing had to be. location: of the experiment's artifacts, as the database has it.

    A location that is not ``mlartifacts/<experiment>`` was the user's own wish, and stays.
    """
    here = artifacts_of(file, experiment).removesuffix(f"/{experiment}")
    before, _, name = location.rpartition("/")
    if before == here or name != experiment or not before.endswith(f"/{ARTIFACTS}"):
        return ""
    old, new = (Path(unquote(urlparse(one).path)).parent / file.name for one in (before, here))
    if old.exists() and new.exists() and os.path.samefile(old, new):
        return ""  # one folder under two paths
    with _writing(file) as held:
        changed = 0
        for table, columns in ADDRESSES.items():
            for column in columns:
                update = f"UPDATE {table} SET {column} = ? || substr({column}, ?)"  # noqa: S608, names of ours
                values = (here, len(before) + 1, len(before) + 1, f"{before}/")
                changed += held.execute(f"{update} WHERE substr({column}, 1, ?) = ?", values).rowcount
    return f"{file} was moved here: {changed} addresses of artifacts led to {before}, and lead to {here} now"


@contextmanager
def _writing(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, timeout=20, isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        try:
            yield held
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                held.execute("ROLLBACK")
            raise
        held.execute("COMMIT")
