"""The model to take home: configuration and epochs come from validation people, and it is trained on
everyone."""

import numpy as np

from orchestrator.inference.refit import chosen, refit
from orchestrator.runners.inline import run_fold
from orchestrator.selection.records import TrialRecord
from orchestrator.study.study import Study
from tests.orchestrator.selection.records_by_hand import record
from tests.orchestrator.tables import QUICK, table


def test_the_trial_is_that_of_the_pooled_validation_and_the_epochs_the_median_of_its_folds():
    good = [record(f, [[0]] * 3, [[0], [1], [0]], [1]) for f in "ab"] + [
        record("c", [[0]] * 3, [[0], [0], [1]], [1])
    ]
    bad = [record(f, [[1]] * 3, [[0], [0], [0]], [1]) for f in "abc"]
    trial, epochs = chosen([TrialRecord(0, {}, tuple(bad)), TrialRecord(1, {}, tuple(good))])
    assert (trial.index, epochs) == (1, 2)


def test_without_validation_people_it_is_the_last_epoch():
    trial, epochs = chosen([TrialRecord(0, {}, (record("a", [[0], [1]]), record("b", [[1], [1]])))])
    assert (trial.index, epochs) == (0, 2)


def test_the_refit_sees_every_clip_and_is_the_same_every_time():
    data = table(aus=True)
    study = Study("stag", "loso", 2, 1, QUICK)
    jobs = study.jobs(data, {})
    trials = [TrialRecord(0, jobs[0].config, tuple(run_fold(job, data) for job in jobs))]
    one, config, index, epochs = refit("stag", data, trials)
    two, *_ = refit("stag", data, trials)
    assert index == 0
    assert 1 <= epochs <= 3
    assert config == jobs[0].config
    np.testing.assert_allclose(
        one.normaliser["scale"], np.sqrt((data.x.astype(float) ** 2).mean((0, 1, 2))), rtol=1e-5
    )
    for a, b in zip(one.model.state_dict().values(), two.model.state_dict().values(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
