"""A process of Ray is killed in the middle of a sweep, or the terminal is closed: one line of ours says how
the sweep goes on, the status is right, no run of MLflow is said to run, and the sweep goes on."""

import os
import signal

import pytest
from mlflow import MlflowClient

from tests import waiting
from tests.faults.test_resume_after_kill import PEOPLE, RESUME, TRIALS, Place, goes_on
from tests.processes import descendants


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def ended(place):
    """Status of the sweep's run in MLflow; None where the sweep ended before MLflow was told of it."""
    client = MlflowClient(f"sqlite:///{place.workspace}/mlflow.db")
    found = [
        run
        for experiment in client.search_experiments()
        for run in client.search_runs([experiment.experiment_id], "tags.`mer.sweep` = 'long'")
    ]
    assert len(found) <= 1
    return found[0].info.status if found else None


def resumed(place, kept):
    place.go.touch()
    where = ["--workspace", place.workspace, "--runner", "inline"]
    assert goes_on(place, kept, "orchestrator.resume", "long", *where)["folds"] == PEOPLE
    assert ended(place) == "FINISHED"


@pytest.mark.parametrize("victim", ["gcs_server", "raylet"])
def test_a_killed_process_of_ray_ends_the_sweep_in_a_line(victim, place, tmp_path):
    sweep = place.begun(tmp_path / "log")
    (pid,) = [pid for pid, command in descendants(sweep.pid).items() if victim in command.split(" ")[0]]
    os.kill(pid, signal.SIGKILL)
    words = f"not finished: Ray has died: its process {victim} has ended; finished folds are kept; "
    words += f"go on with: {RESUME}"
    waiting.until(lambda: words in (tmp_path / "log").read_text(), "our line", limit=60)
    assert sweep.wait(waiting.LIMIT) == 1
    assert ended(place) in ("FAILED", None)
    resumed(place, place.folds())


def test_a_closed_terminal_lets_running_folds_end_and_the_sweep_goes_on(place, tmp_path):
    sweep = place.begun(tmp_path / "log")
    os.killpg(sweep.pid, signal.SIGHUP)  # as the kernel does: to all processes of the terminal
    waiting.until(lambda: "ending: folds that run may finish" in (tmp_path / "log").read_text(), "the words")
    place.go.touch()
    assert sweep.wait(waiting.LIMIT) == 130
    kept, words = place.folds(), " ".join((tmp_path / "log").read_text().split())
    assert 3 <= kept < TRIALS * PEOPLE
    assert f"interrupted; {kept} folds are kept; go on with: {RESUME}" in words
    assert ended(place) in ("KILLED", None)
    resumed(place, kept)
