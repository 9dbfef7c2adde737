"""What a worker is given: the real arguments of every kind of task, taken apart."""

import numpy as np
import pytest

from orchestrator.inference.refit import chosen
from orchestrator.runners.inline import run_fold, train
from orchestrator.study.study import Study
from orchestrator.study.tasks import Annotations, FoldTask, SharedInputs, unsigned
from tests.orchestrator.tables import QUICK, table

MODES = ("none", "annotated", "predicted")


def study(au="none"):
    return Study("stag", "loso", 2, 1, QUICK)


def made(au):
    data = table(people=5, aus=au != "none")
    return data if au == "none" else type(data)(**{**vars_of(data), "au": au})


def vars_of(data):
    return {name: getattr(data, name) for name in data.__dataclass_fields__}


def words_of(thing) -> set:
    """Every text inside, however deep."""
    if isinstance(thing, str):
        return {thing}
    if isinstance(thing, dict):
        return set().union(*map(words_of, [*thing, *thing.values()]), set())
    if isinstance(thing, tuple | list):
        return set().union(*map(words_of, thing), set())
    if hasattr(thing, "__dataclass_fields__"):
        return set().union(*(words_of(getattr(thing, name)) for name in thing.__dataclass_fields__), set())
    return set()


@pytest.mark.parametrize("au", MODES)
def test_what_all_workers_share_holds_no_label_name_or_person(au):
    data = made(au)
    shared = data.shared
    assert list(SharedInputs.__dataclass_fields__) == ["kind", "channels", "x", "aus", "plugins"]
    assert (shared.aus is not None) == (au == "annotated")  # there they are inputs, and every output says so
    assert words_of(shared) == {data.kind, *data.channels}
    assert shared.x is data.x


@pytest.mark.parametrize("au", MODES)
def test_a_fold_s_task_holds_labels_of_its_training_and_validation_clips_alone(au):
    data = made(au)
    number = {clip: i for i, clip in enumerate(data.clip_ids)}
    for job in study().jobs(data, {}):
        task = data.annotations.task(job)
        assert task.job.train == task.job.validation == task.job.test == ()
        assert not words_of(task) & {*data.clip_ids, *(clip.split("/")[-1] for clip in data.clip_ids)}
        assert words_of(task) & set(data.subjects) == {job.fold}  # who is held out, which names the seed
        for part in ("train", "validation", "test"):
            assert getattr(task, part).tolist() == [number[clip] for clip in getattr(job, part)]
        assert task.y_train.tolist() == [data.truth[clip] for clip in job.train]
        assert task.y_validation.tolist() == [data.truth[clip] for clip in job.validation]
        arrays = {
            name for name in FoldTask.__dataclass_fields__ if isinstance(getattr(task, name), np.ndarray)
        }
        assert arrays == {"train", "validation", "test", "y_train", "y_validation"} | (
            {"aus_train", "person_train"} if au == "predicted" else set()
        )
        if au == "predicted":
            np.testing.assert_array_equal(task.aus_train, data.aus[task.train])


def test_a_pack_s_tasks_are_those_of_its_folds():
    """A pack is one program: its process holds the labels of all its folds, and of no other clip."""
    data = made("none")
    jobs = study().jobs(data, {})[:2]
    tasks = [data.annotations.task(job) for job in jobs]
    rows = {row for task in tasks for row in (*task.train, *task.validation)}
    labelled = {clip for job in jobs for clip in (*job.train, *job.validation)}
    assert rows == {i for i, clip in enumerate(data.clip_ids) if clip in labelled}


def test_the_au_head_is_given_its_training_people_s_annotations_alone():
    data = made("predicted")
    job = study().jobs(data, {})[0]
    _, arrays = data.annotations.task(job).opened(data.shared)
    assert arrays.aus_validation is None and arrays.aus_test is None
    assert len(arrays.aus_train) == len(arrays.subjects_train) == len(job.train)


def test_a_result_leaves_the_worker_without_labels_and_comes_back_with_its_own():
    data = made("none")
    job = study().jobs(data, {})[0]
    bare = unsigned(train([data.annotations.task(job)], data.shared)[0])
    assert bare.validation == bare.test == () and bare.validation_truth.size == 0
    assert words_of(bare) & {*data.clip_ids} == set()
    signed = data.annotations.signed(bare, job)
    whole = run_fold(job, data)
    for name in ("validation_truth", "validation_probs", "test_probs"):
        np.testing.assert_array_equal(getattr(signed, name), getattr(whole, name))
    assert signed.validation_truth.tolist() == [data.truth[clip] for clip in job.validation]
    assert (signed.job_id, signed.validation, signed.test) == (job.job_id, job.validation, job.test)


@pytest.mark.parametrize("au", MODES)
def test_annotations_come_back_from_the_store_as_they_were(au, tmp_path):
    held = made(au).annotations
    held.keep(tmp_path / "labels" / "a.npz")
    again = Annotations.kept(tmp_path / "labels" / "a.npz")
    assert again.row == held.row
    for name in ("y", "person", "aus"):
        np.testing.assert_array_equal(getattr(again, name), getattr(held, name))


def test_the_refit_has_nobody_held_out():
    """Its labels are those of its training clips, which are all: it is trained for the lab, and scored by
    nobody."""
    data = made("none")
    results = tuple(run_fold(job, data) for job in study().jobs(data, {}))
    from orchestrator.selection.records import TrialRecord

    trial, epochs = chosen([TrialRecord(0, study().config({}), results)])
    assert trial.index == 0 and 1 <= epochs <= 3
