"""What goes from a workspace: what is said, after a question, and never what another sweep uses."""

import shutil

import pytest
from typer.testing import CliRunner

from orchestrator import Execution, Experiment, run
from orchestrator.clean import app
from orchestrator.sweeps import cleaning
from orchestrator.workspace import sealed
from orchestrator.workspace.stale import CURRENT, OLDER
from orchestrator.workspace.store import FoldStore
from orchestrator.workspace.sweep_folder import SweepFolder
from tests.orchestrator.test_sweep import pictures

SETTINGS = {"recipe.epochs": 1, "recipe.batch_size": 16}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A workspace with sweeps "one" of trial 0 and 1, and "two" of trial 0 alone."""
    folder = tmp_path_factory.mktemp("clean")
    root = pictures(folder / "pictures", ["casme2"] * 3)
    asked = Experiment(
        "ststnet",
        corpora=[("ststnet_flow", str(root))],
        inner_folds=2,
        trials=2,
        settings=SETTINGS,
        selection="nested",
    )
    for name, trials in (("one", 2), ("two", 1)):
        how = Execution(name=name, workspace=folder / "w", runner="inline")
        run(asked.but(trials=trials), how)
    return folder / "w"


@pytest.fixture
def workspace(made, tmp_path):
    return shutil.copytree(made, tmp_path / "w")


def told(*words, answer=None):
    done = CliRunner().invoke(app, list(map(str, words)), input=answer, terminal_width=200)
    return done.exit_code, " ".join(done.output.split())


def folds(workspace):
    return {one.job_id for one in FoldStore(workspace / "folds").held()}


@pytest.mark.long
def test_what_another_sweep_uses_stays(workspace):
    shared, before = cleaning._uses(workspace / "sweeps" / "two").jobs, folds(workspace)
    assert len(before) == 6 and len(shared) == 3
    status, words = told("--workspace", workspace, "--sweep", "one", answer="y\n")
    assert status == 0, words
    assert "stay: other sweeps have them too" in words and "stay: sweep two uses them" in words
    assert not (workspace / "sweeps" / "one").exists() and folds(workspace) == shared
    assert list(workspace.glob("features/*/corpus=ststnet_flow"))
    status, words = told("--workspace", workspace, "--sweep", "two", "--yes")
    assert status == 0 and not folds(workspace) and not list(workspace.glob("features/*/corpus=*"))
    status, words = told("--workspace", workspace, "--sweep", "two", "--yes")
    assert status == 2 and "two" in words


def test_nothing_goes_unasked_and_a_sweep_that_runs_is_refused(workspace):
    for answer in ("n\n", ""):
        status, words = told("--workspace", workspace, "--sweep", "one", answer=answer)
        assert "nothing is deleted" in words and status == (0 if answer else 2)
    assert len(folds(workspace)) == 6 and (workspace / "sweeps" / "one").exists()
    folder = workspace / "sweeps" / "one"
    asked = {k: v for k, v in sealed.read_json(folder / "sweep.json", "").items() if k != "sha256"}
    with SweepFolder.open(folder, asked, resume=True):
        status, words = told("--workspace", workspace, "--sweep", "one", "--yes")
        assert status == 2 and "runs just now" in words
        # and while it runs, nobody knows which folds it will ask for: two's stay
        status, words = told("--workspace", workspace, "--sweep", "two", "--yes")
    assert status == 0 and "stay: sweep one" in words and len(folds(workspace)) == 6


def test_features_of_older_code_go_and_those_of_today_stay(workspace):
    (today,) = workspace.glob("features/*/corpus=ststnet_flow")
    assert cleaning.state_of_features(today, today.parent.name) == CURRENT
    older = workspace / "features" / "onset_apex_flow-0123456789" / "corpus=ststnet_flow"
    shutil.copytree(today, older)
    assert cleaning.state_of_features(older, older.parent.name) == OLDER
    status, words = told("--workspace", workspace)
    assert status == 0 and "GiB" in words and older.exists() and "by older code; --delete removes" in words
    status, words = told("--workspace", workspace, "--delete", "--yes")
    assert status == 0 and not older.parent.exists() and today.exists() and len(folds(workspace)) == 6


def test_features_of_older_code_that_an_unfinished_sweep_names_stay(workspace):
    (today,) = workspace.glob("features/*/corpus=ststnet_flow")
    older = workspace / "features" / "onset_apex_flow-0123456789" / "corpus=ststnet_flow"
    shutil.copytree(today, older)
    held = {"feature_set": older.parent.name, "corpus": "ststnet_flow", "model": "ststnet", "content": "x"}
    (workspace / "sweeps" / "early").mkdir()
    sealed.write_json(workspace / "sweeps" / "early" / "sweep.json", held)
    status, words = told("--workspace", workspace, "--delete", "--yes")
    assert status == 0 and older.exists() and "used by sweep early" in words
