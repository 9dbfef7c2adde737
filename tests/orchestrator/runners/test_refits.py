"""A refit's models as Ray tasks: those that this process makes, whoever brought the model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import ray

from orchestrator.inference.refit import here, refit
from orchestrator.runners import ray as ray_runner
from orchestrator.runners.inline import run_fold
from orchestrator.runners.refits import on_ray
from orchestrator.runners.sizing import Need
from orchestrator.selection.records import TrialRecord
from orchestrator.study import plugins
from orchestrator.study.study import Study
from preprocessing.plugins import read
from tests.orchestrator.tables import QUICK, table
from tests.registries import untouched

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cluster():
    ray_runner.start(None, cpus=2)
    yield
    ray.shutdown()


def trials_of(study, data):
    jobs = study.jobs(data, {})
    return [TrialRecord(0, jobs[0].config, tuple(run_fold(job, data) for job in jobs))]


def assert_equal(ours, theirs):
    assert len(ours.models) == len(theirs.models)
    for one, other in zip(ours.models, theirs.models, strict=True):
        assert (one.epochs, one.train_loss) == (other.epochs, other.train_loss)
        for a, b in zip(one.model.state_dict().values(), other.model.state_dict().values(), strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize(("rule", "models"), [("nested", 1), ("committee", 2)])
def test_ray_makes_the_models_that_this_process_makes(cluster, rule, models):
    data = replace(table(people=6, aus=True), au="predicted")
    study = Study("stag", "loso", 2, 1, QUICK, committee=rule == "committee")
    trials = trials_of(study, data)
    made = refit(study, data, trials, rule, on_ray(Need(), ()))
    assert len(made.models) == models
    assert_equal(made, refit(study, data, trials, rule, here))


def test_the_users_own_model_comes_back_from_ray(cluster):
    with untouched():
        plugin = read(str(ROOT / "examples" / "my_model.py"))
        plugins.install([plugin])
        data, study = table(), Study("my_model", "loso", 2, 1, {"recipe.epochs": 2})
        trials = trials_of(study, data)
        made = refit(study, data, trials, "nested", on_ray(Need(), (plugin,)))
        assert_equal(made, refit(study, data, trials, "nested", here))


def test_training_that_fails_there_says_what_it_says_here(cluster):
    data = table()
    study = Study("stag", "loso", 2, 1, QUICK, committee=True)
    trials = trials_of(study, data)
    worse = replace(data, x=np.full_like(data.x, np.inf))
    with pytest.raises(ValueError, match="fold refit: 12 train clips are not finite"):
        refit(study, worse, trials, "committee", on_ray(Need(), ()))
