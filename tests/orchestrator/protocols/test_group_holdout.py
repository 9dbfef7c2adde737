"""A tenth of the clips, of whole people, once: every class stays in training."""

import numpy as np
import pytest

from orchestrator.protocols import PROTOCOLS, ProtocolError
from tests.orchestrator.protocols.clips import classes, corpus, made, people

FOLDS = PROTOCOLS["group_holdout"].folds


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("k", [4, 10])
def test_one_fold_tests_about_its_share_of_all_clips_and_of_every_class(seed, k):
    clips = made(corpus(seed, n_people=40))
    (fold,) = FOLDS(clips, k)
    assert fold.name == f"test 1/{k}"
    assert sorted(fold.train + fold.test) == sorted(clips.ids)
    assert not people(clips, fold.train) & people(clips, fold.test)
    assert abs(len(fold.test) / len(clips.ids) - 1 / k) < 0.015
    for label, total in classes(clips, clips.ids).items():
        assert abs(classes(clips, fold.test)[label] / total - 1 / k) < 0.04


@pytest.mark.parametrize("seed", range(10))
def test_no_other_fold_of_group_kfold_is_nearer_to_a_tenth(seed):
    clips = made(corpus(seed, n_people=40))
    total = classes(clips, clips.ids)

    def away(test):
        shares = [
            len(test) / len(clips.ids),
            *(classes(clips, test)[label] / total[label] for label in total),
        ]
        return sum((share - 0.1) ** 2 for share in shares)

    others = [away(fold.test) for fold in PROTOCOLS["group_kfold"].folds(clips, 10)]
    assert away(FOLDS(clips, 10)[0].test) == pytest.approx(min(others))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("k", [4, 5, 6])
def test_with_more_groups_than_classes_every_class_trains(seed, k):
    """Six people, three classes, each class but the first often shown by one person alone."""
    rng = np.random.default_rng(seed)
    shown = {f"c/{who}": rng.choice(3, rng.integers(1, 4), p=[0.7, 0.2, 0.1]).tolist() for who in "abcdef"}
    clips = made(
        [(f"{who}/{i}", who, label) for who, labels in shown.items() for i, label in enumerate(labels)]
    )
    assert classes(clips, FOLDS(clips, k)[0].train).keys() == set(clips.labels)


def test_with_fewer_the_fewest_classes_leave():
    """Two groups: a and b go apart, and b's group holds two lone classes where a's holds one."""
    shown = {"a": [0, 0, 1], "b": [0, 0, 2, 3]}
    clips = made(
        [
            (f"c/{who}/{i}", f"c/{who}", label)
            for who, labels in shown.items()
            for i, label in enumerate(labels)
        ]
    )
    assert people(clips, FOLDS(clips, 2)[0].test) == {"c/a"}


def test_a_class_of_one_person_trains():
    clips = made([*corpus(1), ("c/07/only", "c/07", 3, "")])
    assert "c/07/only" in FOLDS(clips, 10)[0].train


def test_fewer_people_than_groups_are_refused():
    with pytest.raises(ProtocolError, match="6 subjects cannot make 10 groups; ask for 2 to 6"):
        FOLDS(made(corpus(0, n_people=6)), 10)
