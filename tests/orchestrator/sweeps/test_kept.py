"""A sweep's folder says what was asked, and nothing else may be asked of it later."""

import pytest

from orchestrator import Execution, Experiment
from orchestrator.common.errors import ConfigError
from orchestrator.sweeps.kept import continued, keep

ASKED = Experiment("ststnet", trials=3, settings={"recipe.epochs": 2})


@pytest.fixture
def workspace(tmp_path):
    folder = tmp_path / "sweeps" / "one"
    folder.mkdir(parents=True)
    keep(folder, ASKED, Execution(name="one", workspace=tmp_path))
    return tmp_path


def test_a_name_alone_is_the_same_and_trials_and_seeds_may_grow(workspace):
    assert continued("one", workspace, {}, {})[0] == ASKED
    more, _ = continued("one", workspace, {"trials": 4, "seeds": 2}, {"runner": "inline"})
    assert (more.trials, more.seeds, more.settings) == (4, 2, ASKED.settings)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("sqlite:///m/x.db", "sqlite:///{here}/m/x.db"),
        ("sqlite:////m/x.db", "sqlite:////m/x.db"),
        ("sqlite:///x.db?timeout=9", "sqlite:///{here}/x.db?timeout=9"),
        ("./mlruns", "{here}/mlruns"),
        ("file:mlruns", "file://{here}/mlruns"),
        ("file:///mlruns", "file:///mlruns"),
        ("http://host:5000", "http://host:5000"),
        ("databricks", "databricks"),
    ],
)
def test_a_relative_address_of_mlflow_is_that_of_the_folder_where_the_sweep_began(
    said, meant, workspace, tmp_path, monkeypatch
):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.chdir(tmp_path)
    keep(workspace / "sweeps" / "one", ASKED, Execution(name="one", workspace=workspace, tracking_uri=said))
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert continued("one", workspace, {}, {})[1].tracking == meant.format(here=tmp_path)


@pytest.mark.parametrize("folder", ["./mlruns", "file:///home/me/mlruns"])
def test_a_folder_in_which_this_mlflow_keeps_no_runs_is_refused_before_anything_runs(folder, monkeypatch):
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    with pytest.raises(ConfigError, match=r"give a database, sqlite:////.*/mlruns/mlflow\.db"):
        Execution(tracking_uri=folder)
    assert Execution(tracking_uri="databricks").tracking == "databricks"


@pytest.mark.parametrize(
    ("experiment", "execution", "said"),
    [
        ({"trials": 2}, {}, "trials: was 3, now 2"),
        ({"model": "stag"}, {}, "model: was 'ststnet', now 'stag'"),
        ({"protocol": "holdout"}, {}, "protocol: was 'loso', now 'holdout-10'"),
        ({"settings": {"recipe.epochs": 3}}, {}, "recipe.epochs: was 2, now 3"),
        ({"settings": {}}, {}, "recipe.epochs: was 2, now 'not set'"),
        ({}, {"gpus_per_fold": "1"}, "arithmetic: was 'cpu', now 'cuda'"),
    ],
)
def test_what_would_change_numbers_is_refused_with_both_values(workspace, experiment, execution, said):
    with pytest.raises(ConfigError, match=said):
        continued("one", workspace, experiment, execution)
