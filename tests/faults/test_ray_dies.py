"""A process of Ray is killed in the middle of a sweep or an extraction, or the terminal is closed: one line
of ours says how it goes on, the status is right, no run of MLflow is said to run, and it goes on."""

import os
import signal
import subprocess

import pytest
from mlflow import MlflowClient

from preprocessing.render import RenderConfig, render_corpus
from tests import waiting
from tests.faults.test_resume_after_kill import PEOPLE, RESUME, TRIALS, Place, goes_on, python
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


@pytest.mark.parametrize("victim", ["gcs_server", "raylet"])
def test_a_killed_process_of_ray_ends_an_extraction_in_a_line(victim, tmp_path):
    render_corpus(tmp_path / "corpus", RenderConfig(subjects=2, clips_per_subject=8, size=160))
    words = ["extract", "synthetic", "--root", tmp_path / "corpus", "--workspace", tmp_path / "w"]
    command, log = python("preprocessing", *words, "--workers", 1), tmp_path / "log"
    with log.open("w") as out:
        begun = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    waiting.until(lambda: list((tmp_path / "w").rglob("*.tries")), "a clip is read")
    (pid,) = [pid for pid, one in descendants(begun.pid).items() if victim in one.split(" ")[0]]
    os.kill(pid, signal.SIGKILL)
    assert begun.wait(waiting.LIMIT) == 1
    line = f"not finished: Ray has died: its process {victim} has ended; what is finished is kept; "
    said = [one for one in log.read_text().splitlines() if not one.startswith("extracting ")]
    assert said == [f"{line}the same command goes on from there"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


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
