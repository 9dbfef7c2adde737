"""Inner validation: whole people by name and number of clips, or clips where people are known; the same
groups for the same clips and seed, and no label and no stranger moves anybody without need."""

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.protocols import ProtocolError
from orchestrator.protocols.inner import InnerSplits, groups_of, split, splits, untrained_classes


def clips_of(numbers):
    """numbers: {subject: number of clips} -> ids, subject_of."""
    subject_of = {f"{who}/{k}": who for who, n in numbers.items() for k in range(n)}
    return list(subject_of), subject_of


def random_numbers(seed, n_subjects=20):
    rng = np.random.default_rng(seed)
    return {f"s{i:02d}": int(rng.integers(1, 12)) for i in range(n_subjects)}


numbers_of_clips = st.dictionaries(st.text("abc", min_size=1), st.integers(1, 30), min_size=4, max_size=20)


@settings(deadline=None, max_examples=100)
@given(numbers_of_clips, st.integers(2, 4), st.integers(0, 99), st.booleans(), st.randoms())
def test_groups_hold_every_clip_once_none_is_empty_and_row_order_changes_nothing(
    numbers, n_folds, seed, by_clips, random
):
    ids, subject_of = clips_of(numbers)
    groups = groups_of(ids, subject_of, n_folds, seed, by_clips=by_clips)
    assert len(groups) == n_folds and all(groups)
    assert sorted(clip for group in groups for clip in group) == sorted(ids)
    assert all(group == tuple(sorted(group)) for group in groups)
    if not by_clips:
        assert sum(len({subject_of[clip] for clip in group}) for group in groups) == len(numbers)
    random.shuffle(ids)
    assert groups_of(ids, subject_of, n_folds, seed, by_clips=by_clips) == groups


@settings(deadline=None, max_examples=50)
@given(numbers_of_clips, st.integers(0, 5), st.integers(0, 99), st.booleans())
def test_folds_of_one_table_are_split_as_each_alone(numbers, n_folds, seed, by_clips):
    """Whoever is held out; and refused likewise."""
    _, subject_of = clips_of(numbers)
    subject_of = {clip[::-1]: who for clip, who in subject_of.items()}  # people's clips side by side no more
    many = InnerSplits(subject_of)
    for who in sorted(numbers)[:2]:
        train = [clip for clip in subject_of if subject_of[clip] != who]
        groups = range(max(1, n_folds))
        try:
            one = splits(train, subject_of, n_folds, seed, by_clips=by_clips, groups=groups)
        except ProtocolError as error:
            with pytest.raises(ProtocolError, match=re.escape(str(error))):
                many.of(train, n_folds, seed, by_clips=by_clips, groups=groups)
        else:
            assert many.of(train, n_folds, seed, by_clips=by_clips, groups=groups) == one


@settings(deadline=None, max_examples=50)
@given(numbers_of_clips, st.integers(2, 4), st.integers(0, 99))
def test_each_group_validates_while_all_others_train(numbers, n_folds, seed):
    ids, subject_of = clips_of(numbers)
    groups = groups_of(ids, subject_of, n_folds, seed)
    for i, group in enumerate(groups):
        train, validation = split(ids, subject_of, n_folds, seed, group=i)
        assert validation == group
        assert train == tuple(sorted(set(ids) - set(group)))
    assert split(ids, subject_of, n_folds, seed) == split(ids, subject_of, n_folds, seed, group=0)


@settings(deadline=None, max_examples=100)
@given(numbers_of_clips, st.integers(2, 4), st.integers(0, 99))
def test_by_clips_every_person_of_the_training_clips_trains(numbers, n_folds, seed):
    """Also who has a single clip, or two."""
    ids, subject_of = clips_of(numbers | {"d": 1, "e": 2, "f": n_folds})
    groups = groups_of(ids, subject_of, n_folds, seed, by_clips=True)
    sizes = [len(group) for group in groups]
    assert max(sizes) - min(sizes) <= 1
    for who in numbers:
        own = [sum(subject_of[clip] == who for clip in group) for group in groups]
        assert max(own) - min(own) <= 1
    for i in range(n_folds):
        train, validation = split(ids, subject_of, n_folds, seed, by_clips=True, group=i)
        assert sorted(train + validation) == sorted(ids)
        assert {subject_of[clip] for clip in train} == set(subject_of.values())
        assert set(validation) <= set(groups[i])


def strangers(trials=40, n_subjects=52, n_folds=4):
    """(shares of deals whose validation people change when one person joins, beside the stranger; shares of
    clips that validate)."""
    changed, shares = [], []
    for trial in range(trials):
        ids, subject_of = clips_of(random_numbers(trial, n_subjects))
        more, with_stranger = clips_of(random_numbers(trial, n_subjects) | {f"stranger{trial}": 6})
        for i in range(n_folds):
            validation = split(ids, subject_of, n_folds, trial, group=i)[1]
            changed.append(split(more, with_stranger, n_folds, trial, group=i)[1] != validation)
            shares.append(len(validation) / len(ids))
    return np.array(changed).reshape(trials, n_folds), np.array(shares)


def test_a_stranger_changes_few_validation_groups_and_these_are_balanced():
    """At least one group in four takes the stranger in."""
    changed, shares = strangers()
    assert changed[:, 0].mean() < 0.45 and changed.mean() < 0.6
    assert shares.mean() == pytest.approx(0.25)
    assert shares.min() > 0.1 and shares.max() < 0.4
    assert shares.std() < 0.06


def test_a_stranger_moves_hardly_anybody_from_group_to_group():
    moved = []
    for trial in range(40):
        numbers = random_numbers(trial, 52)
        before, after = (
            {of[clip]: i for i, group in enumerate(groups_of(ids, of, 4, trial)) for clip in group}
            for ids, of in (clips_of(numbers), clips_of(numbers | {f"stranger{trial}": 6}))
        )
        moved.append(sum(before[who] != after[who] for who in numbers))
    assert np.mean(moved) < 1


def test_the_share_of_the_first_group_is_within_a_quarter_and_a_person():
    """Cut where the hashes say (0.25 of the places), moved until the clips before it are between 3/16 and
    5/16."""
    for seed in range(200):
        numbers = random_numbers(seed, 30)
        total, largest = sum(numbers.values()), max(numbers.values())
        validation = split(*clips_of(numbers), 4, seed)[1]
        assert abs(len(validation) / total - 1 / 4) <= 1 / 16 + largest / total / 2


def test_everybody_validates_about_as_often_as_anybody_else():
    ids, subject_of = clips_of(random_numbers(2))
    often = Counter(
        who for seed in range(200) for who in {subject_of[c] for c in split(ids, subject_of, 4, seed)[1]}
    )
    assert len(often) == 20
    assert min(often.values()) > 25
    assert max(often.values()) < 75


def test_other_clips_are_not_looked_at():
    ids, subject_of = clips_of({"a": 3, "b": 2, "c": 1})
    only_training = {clip: subject_of[clip] for clip in ids if subject_of[clip] != "c"}
    train, validation = split(list(only_training), only_training, 2, 0)
    assert sorted(train + validation) == sorted(only_training)


def test_no_inner_folds_means_that_all_train():
    ids, subject_of = clips_of({"a": 2, "b": 1})
    assert split(ids, subject_of, 0, 0) == (("a/0", "a/1", "b/0"), ())


def test_impossible_numbers_are_refused_with_the_next_step():
    ids, subject_of = clips_of({"a": 2, "b": 1})
    with pytest.raises(ProtocolError, match="cannot make 5 inner folds; ask for at most 2, or "):
        split(ids, subject_of, 5, 0)
    with pytest.raises(ProtocolError, match="inner folds; give --inner-folds 0 --selection last_epoch"):
        split(*clips_of({"a": 2}), 4, 0)  # not "at most 1", which is refused in turn
    with pytest.raises(ProtocolError, match="3 training clips cannot make 5 inner folds"):
        split(ids, subject_of, 5, 0, by_clips=True)
    with pytest.raises(ProtocolError, match="n_folds = 1"):
        split(ids, subject_of, 1, 0)
    with pytest.raises(ProtocolError, match="none of 3 training clips can validate by clips"):
        split(*clips_of({"a": 1, "b": 1, "c": 1}), 2, 0, by_clips=True)


def test_a_class_that_a_model_cannot_learn_is_named_with_its_people_and_the_reason():
    subject_of = {"a/0": "a", "a/1": "a", "b/0": "b", "c/0": "c", "d/0": "d"}
    truth = {"a/0": 2, "a/1": 0, "b/0": 0, "c/0": 1, "d/0": 1}
    # each line: who trains, who validates; the others are tested
    splits = [
        (("b/0", "c/0"), ("d/0",)),  # a is tested: nobody shows class 2
        (("a/0", "a/1", "b/0"), ("c/0", "d/0")),  # both who show class 1 validate
        (("a/0", "b/0", "c/0"), ("d/0",)),
    ]
    tested, validating = untrained_classes(splits, subject_of, truth, ("neg", "pos", "sur", "none has it"))
    assert validating.startswith("class 'sur' cannot be learnt by 1 of 3 models: all of its clips (of 'a')")
    assert tested.startswith("class 'pos' is not learnt by 1 of 3 models") and "'c', 'd'" in tested
