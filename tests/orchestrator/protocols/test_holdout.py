"""A tenth of the clips, stratified, once: the size of the paper's test sides, every class kept in
training."""

import pytest

from orchestrator.protocols import PROTOCOLS, ProtocolError
from tests.orchestrator.protocols.clips import classes, corpus, made

FOLDS = PROTOCOLS["holdout"].folds


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("k", [4, 10])
def test_one_fold_tests_its_share_of_all_clips_and_of_every_class(seed, k):
    clips = made(corpus(seed))
    (fold,) = FOLDS(clips, k)
    assert fold.name == f"test 1/{k}"
    assert abs(len(fold.test) - len(clips.ids) / k) < 1
    assert sorted(fold.train + fold.test) == sorted(clips.ids)
    for label, total in classes(clips, clips.ids).items():
        assert abs(classes(clips, fold.test)[label] - total / k) < 1


def test_samm_has_the_16_test_clips_that_the_accuracies_of_table_1_are_sixteenths_of():
    """The five classes of section III-B. (Its CASME II column is of 26 clips, which a tenth of its 247 is
    not.)"""
    samm = [57, 26, 12, 15, 49]
    (fold,) = FOLDS(
        made(
            [
                (f"samm/{label}/{i}", f"samm/{i % 29:03d}", label)
                for label, n in enumerate(samm)
                for i in range(n)
            ]
        ),
        10,
    )
    assert len(fold.test) == 16
    assert all(
        abs(sum(f"/{label}/" in clip for clip in fold.test) - n / 10) < 1 for label, n in enumerate(samm)
    )


@pytest.mark.parametrize("label", [0, 3])
def test_a_class_of_one_clip_trains(label):
    """Dealt first (label 0) or last (3)."""
    rows = [(clip, who, 1 + c % 2, "") for clip, who, c, _ in corpus(1)]
    clips = made([("c/00/only", "c/00", label, ""), *rows])
    (fold,) = FOLDS(clips, 10)
    assert "c/00/only" in fold.train


def test_too_few_clips_are_refused():
    with pytest.raises(ProtocolError, match="3 clips cannot make 10 groups"):
        FOLDS(made([("c/a/0", "c/a", 0), ("c/a/1", "c/a", 0), ("c/b/0", "c/b", 1)]), 10)
