"""A model of somebody's own on a cluster whose hosts have never seen its file: what travels is its text."""

import os
import shutil
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from orchestrator.runners import ray as ray_runner
from orchestrator.search import tune
from orchestrator.study import plugins
from orchestrator.study.study import Study
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.tables import table
from tests.registries import untouched
from tests.sweeps import Watcher, plan, run_inline, same_numbers

EXAMPLE = Path(__file__).parents[2] / "examples" / "my_model.py"


@pytest.fixture
def strangers(tmp_path, monkeypatch):
    """A cluster that was there before: its hosts have another home and stand in another folder."""
    home = tmp_path / "another home"
    home.mkdir()
    small = {"object_store_memory": 100 * 2**20}
    with monkeypatch.context() as there:
        there.setenv("RAY_AUTH_TOKEN_PATH", os.path.expanduser("~/.ray/auth_token"))  # theirs, too
        there.setenv("HOME", str(home))
        there.chdir(home)
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **small})
        made.add_node(num_cpus=2, **small)
    yield made
    ray.shutdown()
    made.shutdown()


@ray.remote(num_cpus=1)
def what_a_host_has():
    from mer_models import MODELS

    return os.environ["HOME"], os.getcwd(), "my_model" in MODELS


def test_every_fold_ends_where_nobody_has_the_file(strangers, tmp_path):
    folder = tmp_path / "of somebody"
    folder.mkdir()
    file = shutil.copy(EXAMPLE, folder)
    with untouched():
        brought = (plugins.read(file),)
        plugins.install(brought)
        study = Study("my_model", "loso", 2, 1, {"recipe.epochs": 2})
        shutil.rmtree(folder)
        ray_runner.start(strangers.address)
        assert ray.get(what_a_host_has.remote()) == (*2 * (str(tmp_path / "another home"),), False)
        watcher, store = Watcher(), FoldStore(tmp_path / "a" / "folds")
        outcomes = tune.with_ray(
            study, table(), store, plan(tmp_path / "a" / "sweep", 2), watcher, plugins=brought
        )
        assert [(o.state, len(o.results)) for o in outcomes] == [("complete", 4)] * 2, outcomes[0].error
        assert len(watcher.folds) == 8 and not folder.exists()
        same_numbers(outcomes, run_inline(study, tmp_path / "b", n=2)[0])
