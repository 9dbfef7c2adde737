"""The SQLite file of MLflow: whole or not there, made by one of many processes; another program's is refused
with the way out; a moved one finds its artifacts."""

import multiprocessing
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from contextlib import closing
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.store.artifact.artifact_repository_registry import (
    get_artifact_repository,
    get_registered_artifact_repositories,
)
from mlflow.store.db.utils import _get_latest_schema_revision

from mer_mlflow_files import now_at
from orchestrator.tracking import database
from orchestrator.tracking.connection import reach
from orchestrator.tracking.database import ARTIFACTS, make
from orchestrator.tracking.errors import TrackingError
from orchestrator.tracking.tracker import Tracker
from tests.orchestrator.selection.test_rules import two_trials
from tests.orchestrator.tracking.test_tracker import held, log
from tests.waiting import LIMIT, until

SWEEP = {"name": "s", "model": "m", "corpus": "c", "classes": ["neg", "pos"], "au": "none"}


def version(file):
    with closing(sqlite3.connect(file)) as held:
        return [one for (one,) in held.execute("SELECT version_num FROM alembic_version")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    file = tmp_path_factory.mktemp("made") / "mlflow.db"
    make(file)
    return file


def test_a_new_file_is_what_this_mlflow_would_make_and_an_empty_one_is_replaced(made, tmp_path):
    assert version(made) == [_get_latest_schema_revision()]
    assert {path.name for path in made.parent.iterdir()} == {"mlflow.db", ".mlflow.db.lock"}
    empty = tmp_path / "mlflow.db"
    empty.touch()
    reach(f"sqlite:///{empty}")
    assert version(empty) == version(made)


def test_a_file_that_is_there_stays(made, tmp_path):
    file = shutil.copy(made, tmp_path / "mlflow.db")
    before = file.read_bytes(), file.stat().st_ino
    make(file)
    assert (file.read_bytes(), file.stat().st_ino) == before


def _opened(file, go, answers):
    go.wait(LIMIT)
    try:
        answers.put(Tracker(f"sqlite:///{file}", SWEEP, str(os.getpid())).experiment_id)
    except BaseException as error:
        answers.put(repr(error))
        raise


def test_sweeps_that_begin_at_once_on_a_new_workspace_make_one_file_and_one_experiment(tmp_path):
    file, fork = tmp_path / "new" / "mlflow.db", multiprocessing.get_context("fork")
    go, answers = fork.Event(), fork.Queue()
    sweeps = [fork.Process(target=_opened, args=(file, go, answers)) for _ in range(3)]
    for one in sweeps:
        one.start()
    go.set()
    assert len({answers.get(timeout=LIMIT) for _ in sweeps}) == 1
    for one in sweeps:
        one.join(LIMIT)
        assert one.exitcode == 0
    mers = [
        one.name for one in MlflowClient(f"sqlite:///{file}").search_experiments() if one.name != "Default"
    ]
    assert mers == ["mer-c-2class"]


MAKE = "import sys, pathlib; from orchestrator.tracking.database import make; make(pathlib.Path(sys.argv[1]))"


def test_a_kill_at_any_moment_leaves_no_file_or_a_whole_one(tmp_path):
    """The file appears when it is whole: so every kill that comes before finds none."""
    file = tmp_path / "mlflow.db"
    for wait in (0.0, 0.2, 0.5):
        process = subprocess.Popen([sys.executable, "-c", MAKE, str(file)])
        until(lambda: list(tmp_path.glob(".*.part")) or file.exists(), "the making of the file")
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not file.exists() or version(file) == [_get_latest_schema_revision()]
        file.unlink(missing_ok=True)
    make(file)
    assert version(file) == [_get_latest_schema_revision()]
    assert not list(tmp_path.glob(".*.part*"))  # nor what a killed one left


def test_a_full_disk_leaves_no_file_and_is_told(tmp_path, monkeypatch):
    import mlflow.store.db.utils as utils

    real = utils._initialize_tables

    def full(engine):
        real(engine)
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(utils, "_initialize_tables", full)
    with pytest.raises(TrackingError, match="disk is full"):
        reach(f"sqlite:///{tmp_path}/mlflow.db")
    assert [path.name for path in tmp_path.iterdir()] == [".mlflow.db.lock"]


def test_two_that_make_it_on_a_file_system_without_locks_do_not_overwrite(tmp_path):
    part, file = tmp_path / "part", tmp_path / "mlflow.db"
    part.write_text("mine")
    file.write_text("whose runs are in it")
    database._place(part, file)
    assert file.read_text() == "whose runs are in it"


def older(held):
    held.execute("UPDATE alembic_version SET version_num = 'bd07f7e963c5'")


def newer(held):
    held.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")


def torn(held):
    held.execute("DELETE FROM alembic_version")


def others(held):
    held.execute("DROP TABLE runs")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (older, r"is of an older MLflow.*mlflow db upgrade sqlite:////.*orchestrator.send"),
        (newer, r"is of a newer MLflow \(tables ffffffffffff, here \w+\); use that version"),
        (torn, r"is not whole: its making was cut off; move it away.*orchestrator.send"),
        (others, r"is a database of another program.*--tracking-uri"),
    ],
)
def test_a_file_of_another_program_or_version_is_refused_with_the_way_out_and_stays(
    made, tmp_path, harm, words
):
    file = shutil.copy(made, tmp_path / "mlflow.db")
    with closing(sqlite3.connect(file)) as held, held:
        harm(held)
    before = file.read_bytes()
    with pytest.raises(TrackingError, match=words):
        reach(f"sqlite:///{file}")
    assert file.read_bytes() == before


@pytest.mark.parametrize("state", ["garbage", "cut", "folder", "locked away"])
def test_what_cannot_be_opened_is_told_at_once(made, tmp_path, state, monkeypatch):
    file = tmp_path / "mlflow.db"
    if state == "garbage":
        file.write_bytes(b"\x00\xff" * 5000)
    elif state == "cut":
        file.write_bytes(made.read_bytes()[:5000])
    elif state == "folder":
        file.mkdir()
    else:
        file.symlink_to("/proc/no/such.db")
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)  # a busy machine's clock says nothing
    with pytest.raises(TrackingError):
        reach(f"sqlite:///{file}")
    assert sum(waits) < 1  # MLflow itself waits for 103 s in all


def test_a_moved_workspace_finds_its_artifacts_and_writes_none_where_it_was(made, tmp_path):
    first = two_trials()[0]
    was, now = tmp_path / "a b" / "ws", tmp_path / "b" / "ws"
    was.mkdir(parents=True)
    shutil.copy(made, was / "mlflow.db")
    log(Tracker(f"sqlite:///{was}/mlflow.db", SWEEP, "id"), first)
    now.parent.mkdir()
    shutil.move(was, now)

    uri = f"sqlite:///{now}/mlflow.db"
    tracker = Tracker(uri, SWEEP, "id")
    assert re.search("was moved here: 3 addresses", tracker.notes[0])
    assert held(tracker, first)
    log(tracker, two_trials()[1])
    assert not was.exists() and len(list((now / ARTIFACTS).rglob("folds.csv"))) == 2
    assert Tracker(uri, SWEEP, "id").notes == []

    copy, link = tmp_path / "copy", tmp_path / "link"
    shutil.copytree(now, copy)
    link.symlink_to(now)
    assert Tracker(f"sqlite:///{link}/mlflow.db", SWEEP, "id").notes == []  # the same folder
    assert Tracker(f"sqlite:///{copy}/mlflow.db", SWEEP, "id").notes  # another one, beside the first
    for place in (now, copy):
        found = MlflowClient(f"sqlite:///{place}/mlflow.db").get_experiment_by_name("mer-c-2class")
        assert found.artifact_location == (place / ARTIFACTS / "mer-c-2class").as_uri()


def test_a_moved_workspace_shows_its_artifacts_to_any_client_before_a_command_of_ours(
    made, tmp_path, monkeypatch
):
    point = tomllib.loads(Path("pyproject.toml").read_text())["project"]["entry-points"]
    files = EntryPoint("file", point["mlflow.artifact_repository"]["file"], "mlflow.artifact_repository")
    monkeypatch.setitem(get_registered_artifact_repositories(), "file", files.load())
    was, now = tmp_path / "a b" / "ws", tmp_path / "é b" / "ws"
    was.mkdir(parents=True)
    shutil.copy(made, was / "mlflow.db")
    tracker = Tracker(f"sqlite:///{was}/mlflow.db", SWEEP, "id")
    log(tracker, two_trials()[0])
    run = tracker._trials(0)[0].info.run_id
    names = ["curves.parquet", "folds.csv"]

    def seen(folder):
        return [file.path for file in MlflowClient(f"sqlite:///{folder}/mlflow.db").list_artifacts(run)]

    assert seen(was) == names
    now.parent.mkdir()
    shutil.move(was, now)
    assert seen(now) == names
    before = MlflowClient(f"sqlite:///{now}/mlflow.db").get_run(run).info.artifact_uri
    monkeypatch.setenv("_MLFLOW_SERVER_FILE_STORE", f"sqlite:///{now}/mlflow.db")  # as mlflow ui does
    assert [file.path for file in get_artifact_repository(before).list_artifacts()] == names
    assert not was.exists()  # looking has made nothing where it was
    address = (was / ARTIFACTS / "e" / "x").as_uri()
    assert now_at(address, "http://server") == now_at(address, f"sqlite:///{now}/mlflow.db") == address


def test_a_deleted_experiment_is_told_with_the_command_that_brings_it_back(made, tmp_path):
    file = shutil.copy(made, tmp_path / "mlflow.db")
    client = MlflowClient(f"sqlite:///{file}")
    client.delete_experiment(Tracker(f"sqlite:///{file}", SWEEP).experiment_id)
    with pytest.raises(
        TrackingError, match=r"was deleted; bring it back: .* mlflow experiments restore"
    ) as told:
        Tracker(f"sqlite:///{file}", SWEEP)
    client.restore_experiment(re.search(r"--experiment-id (\d+)", str(told.value))[1])
    Tracker(f"sqlite:///{file}", SWEEP)


def test_a_file_that_is_deleted_while_it_is_used_is_made_anew_and_written(made, tmp_path):
    file = shutil.copy(made, tmp_path / "mlflow.db")
    Tracker(f"sqlite:///{file}", SWEEP, "id")
    file.unlink()
    tracker = Tracker(f"sqlite:///{file}", SWEEP, "id")
    log(tracker, two_trials()[0])
    with closing(sqlite3.connect(file)) as there:
        assert there.execute("SELECT count(*) FROM runs").fetchone() == (2,)
