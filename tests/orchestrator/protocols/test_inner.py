"""Inner validation: whole people, every class kept in training where possible, the same split for the same
clips and seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.protocols import ProtocolError
from orchestrator.protocols.inner import lone_classes, split


def people(rows):
    """rows: {subject: [class, ...]} -> ids, subject_of, label_of."""
    clips = {f"{who}/{k}": (who, label) for who, labels in rows.items() for k, label in enumerate(labels)}
    return (
        list(clips),
        {c: who for c, (who, _) in clips.items()},
        {c: label for c, (_, label) in clips.items()},
    )


def random_rows(seed, n_subjects=20):
    rng = np.random.default_rng(seed)
    return {
        f"s{i:02d}": rng.choice(3, rng.integers(1, 12), p=[0.6, 0.25, 0.15]).tolist()
        for i in range(n_subjects)
    }


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.text("abc", min_size=1), st.lists(st.integers(0, 3), min_size=1, max_size=6), min_size=3
    ),
    st.integers(2, 3),
    st.integers(0, 99),
)
def test_people_are_never_divided_nothing_is_lost_and_row_order_changes_nothing(rows, n_folds, seed):
    ids, subject_of, label_of = people(rows)
    train, validation = split(ids, subject_of, label_of, n_folds, seed)
    assert sorted(train + validation) == sorted(ids)
    assert train
    assert validation
    assert not {subject_of[c] for c in train} & {subject_of[c] for c in validation}
    assert split(ids[::-1], subject_of, label_of, n_folds, seed) == (train, validation)


@pytest.mark.parametrize("seed", range(30))
def test_a_class_of_one_person_stays_in_training(seed):
    rows = {f"s{i}": [0, 0, 1] for i in range(9)} | {"lone": [2, 2, 0]}
    ids, subject_of, label_of = people(rows)
    train, validation = split(ids, subject_of, label_of, 5, seed)
    assert {label_of[c] for c in train} == {0, 1, 2}
    assert validation


def test_when_no_group_can_leave_without_loss_the_smallest_loss_is_taken():
    ids, subject_of, label_of = people({"a": [0, 1], "b": [2]})
    for seed in range(20):
        assert split(ids, subject_of, label_of, 2, seed)[1] == ("b/0",)


def test_groups_are_balanced_in_classes_and_the_seed_draws_among_them():
    ids, subject_of, label_of = people(random_rows(0))
    total = np.bincount([label_of[c] for c in ids], minlength=3)
    validations = {split(ids, subject_of, label_of, 4, seed)[1] for seed in range(40)}
    assert len(validations) > 4
    shares = [np.bincount([label_of[c] for c in v], minlength=3) / total for v in validations]
    assert np.mean(shares, axis=0) == pytest.approx([0.25] * 3, abs=0.05)
    assert np.min(shares) > 0.08  # dealing at random leaves groups without a rare class
    assert np.max(shares) < 0.5


def test_everybody_validates_about_as_often_as_anybody_else():
    """The largest person is dealt first, into the first group: that group must not be the one that is always
    taken."""
    ids, subject_of, label_of = people(random_rows(2))
    often = dict.fromkeys(subject_of.values(), 0)
    for seed in range(200):
        for who in {subject_of[c] for c in split(ids, subject_of, label_of, 4, seed)[1]}:
            often[who] += 1
    assert min(often.values()) > 25
    assert max(often.values()) < 75


def test_labels_of_other_people_are_not_looked_at():
    ids, subject_of, label_of = people(random_rows(1))
    train_ids = [c for c in ids if subject_of[c] != "s03"]
    only_training = {c: label_of[c] for c in train_ids}  # a look at another clip's label would raise KeyError
    assert "s03" not in {
        subject_of[c] for part in split(train_ids, subject_of, only_training, 5, 0) for c in part
    }


def test_no_inner_folds_means_that_all_train():
    ids, subject_of, label_of = people({"a": [0, 1], "b": [2]})
    assert split(ids, subject_of, label_of, 0, 0) == (("a/0", "a/1", "b/0"), ())


def test_impossible_numbers_are_refused_with_the_next_step():
    ids, subject_of, label_of = people({"a": [0, 1], "b": [2]})
    with pytest.raises(
        ProtocolError, match="2 training subjects cannot make 5 inner folds; ask for at most 2, or for 0"
    ):
        split(ids, subject_of, label_of, 5, 0)
    with pytest.raises(ProtocolError, match="n_folds = 1"):
        split(ids, subject_of, label_of, 1, 0)


def test_a_class_with_one_subject_is_named():
    warnings = lone_classes(["a", "a", "b", "c"], [2, 2, 0, 0], ("neg", "pos", "sur"))
    assert len(warnings) == 1
    assert "class 'sur' is shown by one subject only (a, 2 clips)" in warnings[0]
