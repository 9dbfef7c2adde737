"""The model to take home: configuration and epochs come from validation people, and it is trained on
everyone."""

import numpy as np

from orchestrator.common.seeds import seed_of
from orchestrator.inference.refit import chosen, refit, trained
from orchestrator.protocols.inner import split
from orchestrator.runners.inline import run_fold
from orchestrator.selection.records import TrialRecord
from orchestrator.selection.rules.committee import counts_at
from orchestrator.study.recipe import Recipe
from orchestrator.study.study import Study
from orchestrator.training.prediction import predict
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
    made = refit(study, data, trials, "nested")
    (one,), (two,) = made.models, refit(study, data, trials, "nested").models
    assert made.trial == 0
    assert 1 <= one.epochs <= 3
    assert made.config == jobs[0].config
    np.testing.assert_allclose(
        one.normaliser["scale"], np.sqrt((data.x.astype(float) ** 2).mean((0, 1, 2))), rtol=1e-5
    )
    for a, b in zip(one.model.state_dict().values(), two.model.state_dict().values(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def committee_of(seeds=1, **settings):
    data = table()
    study = Study("stag", "loso", 2, seeds, QUICK | settings, committee=True)
    jobs = study.jobs(data, {})
    return study, data, [TrialRecord(0, jobs[0].config, tuple(run_fold(job, data) for job in jobs))]


def test_the_refit_of_a_committee_trains_each_model_on_all_people_but_one_group():
    study, data, trials = committee_of()
    made = refit(study, data, trials, "committee")
    assert [one.epochs for one in made.models] == [3, 3]
    seed = seed_of("inner", "refit", 0)
    for member, one in enumerate(made.models):
        train, _ = split(data.clip_ids, data.subject_of, 2, seed, group=member)
        x = data.x[[data.clip_ids.index(clip) for clip in train]].astype(float)
        np.testing.assert_allclose(one.normaliser["scale"], np.sqrt((x**2).mean((0, 1, 2))), rtol=1e-5)
    again = refit(study, data, trials, "committee")
    for a, b in zip(made.models, again.models, strict=True):
        for p, q in zip(a.model.state_dict().values(), b.model.state_dict().values(), strict=True):
            np.testing.assert_array_equal(p.numpy(), q.numpy())


def test_the_committee_of_all_seeds_takes_the_models_of_all_seeds():
    study, data, trials = committee_of(seeds=2)
    assert len(refit(study, data, trials, "committee").models) == 2
    assert len(refit(study, data, trials, "committee_seeds").models) == 4


def test_a_model_that_stops_early_is_kept_at_the_epoch_at_which_it_counts():
    """As the rule reads the record of a fold, the files hold its model."""
    study, data, _ = committee_of(**{"recipe.epochs": 12, "recipe.patience": 2, "recipe.lr": 0.02,
                                          "recipe.swa_start": 1.0, "recipe.tta": False})  # fmt: skip
    job = study.jobs(data, {})[0]
    task = data.annotations.task(job)
    record = run_fold(job, data)
    row = counts_at(record, 2)
    assert row < len(record.epochs) - 1, "the lowest loss must not be the last"
    one = trained(*task.opened(data.shared))
    assert one.epochs == record.epochs[row]
    shown = predict(one.model, one.normaliser, Recipe(**job.config["recipe"]), "roi_flow", data.channels,
                    data.x[task.validation], None, 3)  # fmt: skip
    np.testing.assert_allclose(shown, record.validation_probs[row], atol=1e-6)
