"""Secrets of the environment and of a tracking address stay there: no log, file or database of a sweep holds
one."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.faults.test_resume_after_kill import corpus

SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "aws5ecret0f0ne",
    "MLFLOW_TRACKING_PASSWORD": "mlf1owpassw0rd",
    "AWS_SESSION_TOKEN": "t0kenoftheday",
}


def holders(folder: Path, words: list[str]) -> list[str]:
    """Files below that hold one of the words."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            found += [f"{path}: {word}" for word in words if word.encode() in data]
    return found


@pytest.fixture
def ray_folder():
    """Of Ray's sessions; not in tmp_path, as its sockets may have names of 107 characters only."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_no_log_file_or_database_holds_a_secret(tmp_path, ray_folder):
    base = [
        sys.executable,
        "-m",
        "orchestrator.sweep",
        "ststnet",
        "--corpus",
        "ststnet_flow",
        "--root",
        str(corpus(tmp_path / "corpus")),
    ]
    keys = [
        "--trials",
        "1",
        "--selection",
        "nested",
        "--inner-folds",
        "2",
        "--protocol",
        "group_kfold-2",
        "--set",
        "recipe.epochs=1",
        "--workspace",
        str(tmp_path / "w"),
    ]
    environment = {**os.environ, **SECRETS, "RAY_TMPDIR": str(ray_folder)}
    words = [*SECRETS.values(), "hunter2"]
    good = subprocess.run([*base, *keys, "--name", "a"], env=environment, capture_output=True, text=True)
    assert good.returncode == 0, good.stdout + good.stderr
    away = subprocess.run(
        [*base, *keys, "--name", "b", "--tracking-uri", "http://me:hunter2@127.0.0.1:9"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert away.returncode == 3, away.stdout + away.stderr
    assert not [word for word in words for run in (good, away) if word in run.stdout + run.stderr]
    assert (tmp_path / "w" / "mlflow.db").is_file()
    logs = list(ray_folder.glob("mer-ray-*/ray/session_2*/logs"))
    assert len(logs) == 2, "Ray has left no log to be looked through"
    assert not holders(tmp_path / "w", words) + [one for log in logs for one in holders(log, words)]
