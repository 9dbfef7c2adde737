"""A sweep that ends in the middle, by kill -9 of all its processes or by Ctrl-C: its name alone continues it,
only what is missing is computed, and the numbers are those of an undisturbed run."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from orchestrator.results import report
from orchestrator.workspace.store import FoldStore
from preprocessing import pasted
from tests import waiting
from tests.fake_corpora import write_image

PEOPLE, TRIALS = 8, 2
RESUME = pasted.line("orchestrator.resume", "long")  # as a sweep of this environment prints it


def corpus(root):
    rng = np.random.default_rng(1)
    lines = ["dataset,sub,filename_o,label"]
    for person in range(PEOPLE):
        for clip in range(6):
            write_image(
                root / "flow" / f"sub{person:02d}_{clip} .png",
                rng.integers(0, 256, (28, 28, 3), dtype=np.uint8),
            )
            lines.append(f"casme2,sub{person:02d},{clip},{clip % 3}")
    (root / "labels.csv").write_text("\n".join(lines))
    return root


def python(*words):
    return [sys.executable, "-m", *map(str, words)]


class Place:
    """A workspace, a corpus, and a model that waits after three folds until ``go`` is there."""

    def __init__(self, folder):
        self.workspace, self.go = folder / "workspace", folder / "go"
        folder.mkdir(exist_ok=True)
        self.root = corpus(folder / "corpus")
        self.plugin = waiting.model(folder / "waits.py", self.workspace / "folds", 3, self.go)

    def command(self, workspace, *more):
        keys = ["--trials", TRIALS, "--selection", "nested", "--inner-folds", 2]
        keys += ["--set", "recipe.epochs=3", "--name", "long"]
        words = ["waits", "--plugin", self.plugin, "--corpus", "ststnet_flow", "--root", self.root, *keys]
        return python("orchestrator.sweep", *words, "--workspace", workspace, *more)

    def begun(self, log):
        """A sweep of which three folds have ended, and no other does."""
        with log.open("w") as out:
            sweep = subprocess.Popen(
                self.command(self.workspace), stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )

        def three():
            assert sweep.poll() is None, "the sweep has ended by itself: " + log.read_text()
            return self.folds() >= 3

        waiting.until(three, "three folds")
        return sweep

    def folds(self):
        return sum(1 for _ in FoldStore(self.workspace / "folds").held())  # those of a whole trial are packed


def summary(workspace):
    return report.read(workspace / "sweeps" / "long")[0]


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Scores of the same sweep in one process that nothing stops, with another store and no MLflow."""
    place = Place(tmp_path_factory.mktemp("undisturbed"))
    place.go.touch()
    alone = place.command(
        place.workspace, "--runner", "inline", "--tracking-uri", "sqlite:////proc/no/such.db"
    )
    done = subprocess.run(alone, capture_output=True, text=True)
    assert done.returncode == 3, done.stdout + done.stderr
    return summary(place.workspace)["selection"]


def goes_on(place, kept, *command):
    """What a sweep of which so many folds were kept becomes. One more may have been kept while the processes
    of Ray ended."""
    done = subprocess.run(python(*command), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    made = summary(place.workspace)
    assert kept <= made["timing"]["folds_reused"] < TRIALS * PEOPLE
    assert made["timing"]["folds_reused"] + made["timing"]["folds_run"] == TRIALS * PEOPLE
    return made


def test_a_killed_sweep_goes_on_where_it_was(place, undisturbed, tmp_path):
    sweep = place.begun(tmp_path / "log")
    os.killpg(sweep.pid, signal.SIGKILL)
    sweep.wait()
    place.go.touch()
    kept, out = place.folds(), tmp_path / "out.json"
    assert 3 <= kept < TRIALS * PEOPLE
    assert not (place.workspace / "sweeps" / "long" / "summary.json").exists()
    where = ["--workspace", place.workspace, "--json", out]
    resumed = goes_on(place, kept, "orchestrator.sweep", "--resume", "long", *where)
    assert json.loads(out.read_text()) == resumed
    assert resumed["selection"] == undisturbed


def test_ctrl_c_says_how_it_goes_on_and_so_it_does(place, undisturbed, tmp_path):
    sweep = place.begun(tmp_path / "log")
    os.kill(sweep.pid, signal.SIGINT)
    waiting.until(lambda: "ending: folds that run may finish" in (tmp_path / "log").read_text(), "the words")
    place.go.touch()  # now those that run end, and no other begins
    assert sweep.wait(waiting.LIMIT) == 130
    kept, words = place.folds(), " ".join((tmp_path / "log").read_text().split())
    assert 3 <= kept < TRIALS * PEOPLE
    assert f"interrupted; {kept} folds are kept; go on with: {RESUME}" in words
    where = ["--workspace", place.workspace, "--runner", "inline"]
    assert goes_on(place, kept, "orchestrator.resume", "long", *where)["selection"] == undisturbed
