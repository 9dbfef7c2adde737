"""k folds of clips: equal class shares, people on both sides, no trace of the order in which people and clips
are named."""

import numpy as np
import pytest

from orchestrator.protocols import PROTOCOLS, ProtocolError
from tests.orchestrator.protocols.clips import classes, corpus, made, people

FOLDS = PROTOCOLS["stratified_kfold"].folds


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("k", [2, 5, 10])
def test_sizes_and_class_counts_are_within_one_clip(seed, k):
    clips = made(corpus(seed))
    folds = FOLDS(clips, k)
    assert [fold.name for fold in folds] == [f"{i} of {k}" for i in range(1, k + 1)]
    sizes = [len(fold.test) for fold in folds]
    assert max(sizes) - min(sizes) <= 1
    for label, total in classes(clips, clips.ids).items():
        counts = [classes(clips, fold.test)[label] for fold in folds]
        assert {*counts} <= {total // k, -(-total // k)}


def test_people_are_on_both_sides():
    clips = made(corpus(0))
    fold = FOLDS(clips, 5)[0]
    assert len(people(clips, fold.train) & people(clips, fold.test)) > 10


def test_clips_are_drawn_not_dealt_in_turn():
    """Ids go by person and time. Dealt in turn, clip i of every person would be in fold i; drawn, each fold
    gets a fifth of them."""
    clips = made([(f"c/{person:02d}/{i}", f"c/{person:02d}", 0) for person in range(100) for i in range(5)])
    counts = np.array(
        [[sum(clip.endswith(f"/{i}") for clip in fold.test) for i in range(5)] for fold in FOLDS(clips, 5)]
    )
    assert counts.min() > 8  # 20 expected, standard deviation 3.6
    assert counts.max() < 32


def test_more_folds_than_clips_are_refused():
    clips = made([("c/a/0", "c/a", 0), ("c/a/1", "c/a", 0), ("c/b/0", "c/b", 1)])
    assert len(FOLDS(clips, 3)) == 3
    with pytest.raises(ProtocolError, match="3 clips cannot make 4 groups; ask for 2 to 3"):
        FOLDS(clips, 4)
