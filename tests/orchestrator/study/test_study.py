"""From a configuration to fold jobs: what each fold may see, and what names it."""

from dataclasses import replace

import numpy as np
import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.protocols import ProtocolError
from orchestrator.runners.inline import run_fold
from orchestrator.study.study import Study
from orchestrator.study.table import merged
from tests.orchestrator.tables import QUICK, fold_data, table


@pytest.fixture
def study():
    return Study("stag", "loso", 2, 1, QUICK)


def test_train_validation_and_test_people_never_meet(study):
    data = table()
    for job in study.jobs(data, {}):
        people = [{data.subject_of[clip] for clip in part} for part in (job.train, job.validation, job.test)]
        assert people[2] == {job.fold}
        assert not (people[0] & people[1] or people[0] & people[2] or people[1] & people[2])
        assert sorted(job.train + job.validation + job.test) == sorted(data.clip_ids)


def test_inner_people_are_the_same_for_every_trial_so_that_trials_compare(study):
    data = table()
    one, other = study.jobs(data, {}), study.jobs(data, {"model.dropout": 0.5})
    assert [j.validation for j in one] == [j.validation for j in other]
    assert not {j.job_id for j in one} & {j.job_id for j in other}


def test_row_order_changes_nothing(study):
    jobs, shuffled = study.jobs(table(), {}), study.jobs(table(shuffle=True), {})
    assert [j.job_id for j in jobs] == [j.job_id for j in shuffled]
    a, b = run_fold(jobs[1], table()), run_fold(shuffled[1], table(shuffle=True))
    np.testing.assert_array_equal(a.test_probs, b.test_probs)


def test_the_held_out_persons_labels_change_nothing_in_that_persons_fold(study):
    """The proof against leaks at its root: scramble every label of a person, and the person's own fold is
    bit-identical."""
    data = table()
    who = "synthetic/p1"
    mine = np.array([s == who for s in data.subjects])
    scrambled = replace(data, y=np.where(mine, (data.y + 1) % 3, data.y))
    before = next(j for j in study.jobs(data, {}) if j.fold == who)
    after = next(j for j in study.jobs(scrambled, {}) if j.fold == who)
    assert before.job_id == after.job_id  # the same people validate, too
    a, b = run_fold(before, data), run_fold(after, scrambled)
    for name in (
        "epochs",
        "train_loss",
        "validation_loss",
        "validation_probs",
        "validation_truth",
        "test_probs",
    ):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    # the scrambling was real: other folds learn from this person
    others = [j for j in study.jobs(data, {}) if j.fold != who]
    assert any((fold_data(data, j).y_train != fold_data(scrambled, j).y_train).any() for j in others)


def test_the_held_out_persons_pixels_change_only_that_persons_predictions(study):
    data = table()
    job = study.jobs(data, {})[0]
    mine = np.array([s == job.fold for s in data.subjects])
    changed = replace(data, x=np.where(mine[:, None, None, None], data.x * 50 + 3, data.x).astype(np.float32))
    a, b = run_fold(job, data), run_fold(job, changed)
    np.testing.assert_array_equal(a.validation_probs, b.validation_probs)
    np.testing.assert_array_equal(a.train_loss, b.train_loss)
    assert (a.test_probs != b.test_probs).any()


def test_a_class_that_one_person_shows_is_warned_of(study):
    data = table()
    y = np.where([s == "synthetic/p0" for s in data.subjects], 2, data.y % 2)
    (warning, *_) = study.warnings(replace(data, y=y))
    assert warning.startswith("class 'surprise' cannot be learnt by 1 of 4 models: all of its clips (of ")
    assert "'synthetic/p0'" in warning


def pooled(*names, people=6, **changes):
    """Corpora of these names, pooled in this order; the same clips whatever the order."""
    return merged([renamed(name, people=people, seed=len(name), **changes) for name in names])


def renamed(name, **options):
    one = table(**options)
    return replace(
        one,
        corpus=name,
        clip_ids=tuple(clip.replace("synthetic", name) for clip in one.clip_ids),
        subjects=tuple(who.replace("synthetic", name) for who in one.subjects),
    )


@pytest.mark.parametrize("protocol", ["loso", "group_kfold-3", "stratified_kfold-3", "cross_corpus"])
def test_corpora_pooled_in_another_order_are_the_same_jobs(study, protocol):
    study = replace(study, protocol=protocol)
    one, other = pooled("a", "bb"), pooled("bb", "a")
    assert study.jobs(one, {}) == study.jobs(other, {})
    assert one.corpus == other.corpus == "a+bb" and one.classes == other.classes


@pytest.mark.parametrize("protocol", ["loso", "group_kfold-3", "cross_corpus"])
def test_a_changed_label_moves_nobody(study, protocol):
    """Of any clip, the tested and the training ones."""
    study, data = replace(study, protocol=protocol), pooled("a", "bb")
    before = study.jobs(data, {})
    for row in range(0, len(data.y), 5):
        y = data.y.copy()
        y[row] = (y[row] + 1) % 3
        after = study.jobs(replace(data, y=y), {})
        assert [(j.train, j.validation, j.test) for j in after] == [
            (j.train, j.validation, j.test) for j in before
        ]


def test_a_stranger_leaves_most_validation_people_as_they_are():
    """30 people, and in turn 10 strangers: how many of the 30 folds validate by other people. A quarter of
    them takes the stranger in."""
    study = Study("stag", "loso", 4, 1, QUICK)
    data = renamed("a", people=30)
    before = {fold.name: validation for _, fold, _, _, validation in study.splits(data)}
    assert len(before) == 30
    changed = []
    for i in range(10):
        both = merged([data, renamed(f"stranger{i}", people=1)])
        after = {fold.name: validation for _, fold, _, _, validation in study.splits(both)}
        changed.append(sum(after[name] != own for name, own in before.items()))
    assert np.mean(changed) < 0.4 * 30


@pytest.mark.parametrize("protocol", ["stratified_kfold-3", "holdout-6"])
def test_where_people_are_known_every_test_clips_person_trains(protocol):
    data = table(people=9, clips=6)
    study = Study("stag", protocol, 4, 3, QUICK)
    for job in study.jobs(data, {}):
        known = {data.subject_of[clip] for clip in job.train + job.validation}
        assert job.validation
        assert known == {data.subject_of[clip] for clip in job.train}
        assert known >= {data.subject_of[clip] for clip in job.test}


def test_powers_of_the_focal_loss_are_one_for_each_class(study):
    jobs = study.jobs(table(), {"recipe.focal_gamma": [2, 1, 0.5]})
    assert jobs[0].config["recipe"]["focal_gamma"] == [2.0, 1.0, 0.5]
    assert jobs[0].job_id != study.jobs(table(), {"recipe.focal_gamma": [2, 1, 0]})[0].job_id
    assert len(run_fold(jobs[0], table()).epochs) == 3
    with pytest.raises(ConfigError, match=r"\[2.0, 1.0\] has 2 numbers .* negative, positive, surprise"):
        study.jobs(table(), {"recipe.focal_gamma": [2, 1]})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"protocol": "losso"}, "unknown protocol 'losso'; did you mean 'loso'"),
        ({"seeds": 0}, "--seeds 0"),
        ({"fixed": {"recipe.epoch": 1}}, "did you mean 'recipe.epochs'"),
    ],
)
def test_bad_studies_are_refused_before_any_work(study, change, words):
    with pytest.raises((ConfigError, ProtocolError), match=words):
        replace(study, **change)
