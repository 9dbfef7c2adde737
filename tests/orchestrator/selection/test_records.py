"""Records: sums that are added up while folds end are those of all folds read again, to the bit; and what a
record remembers is what its arrays say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.selection import records
from orchestrator.selection.records import Sums, pooled_ranks
from orchestrator.study.record import FoldRecord
from tests.orchestrator.selection.records_by_hand import record

T01 = [0, 1]  # truth of a fold's validation clips
CALLS = st.sampled_from([[0, 0], [0, 1], [1, 0], [1, 1]])
LOSS = st.sampled_from([0.0, 0.25, 0.5, np.nan, np.inf, -np.inf])


def fold(rng, name, seed):
    """With epochs of its own, and now and then a loss that is not finite."""
    n, clips = int(rng.integers(1, 7)), int(rng.integers(1, 9))
    loss = np.where(rng.random(n) < 0.1, np.nan, rng.random(n)).tolist()
    called, truth = rng.integers(0, 3, (n, clips)).tolist(), rng.integers(0, 3, clips).tolist()
    epochs = np.sort(rng.choice(np.arange(1, 10), n, replace=False)).tolist()
    return record(name, [[0]] * n, called, truth, loss=loss, n_classes=3, epochs=epochs, seed=seed)


@pytest.mark.parametrize("draw", range(20))
def test_pooled_validation_is_the_same_from_sums_as_from_all_folds(draw):
    rng = np.random.default_rng(draw)
    folds = [fold(rng, str(i), seed) for i in range(int(rng.integers(1, 6))) for seed in (0, 1)]
    sums = Sums()
    for at in rng.permutation(len(folds)):
        sums.add(folds[at])
    for seed in (0, 1):
        own = [one for one in folds if one.seed == seed]
        known = sums.of([(one.fold, seed) for one in own])
        assert known is not None
        read, added = pooled_ranks(own), pooled_ranks(own, known)
        np.testing.assert_array_equal(read[0], added[0])
        assert read[1] == added[1]
        assert all(np.array_equal(one, other) for one, other in zip(read[2], added[2], strict=True))
        # of fewer or other folds they say nothing
        assert sums.of([(one.fold, seed) for one in own[1:]]) is None
        assert sums.of([(one.fold, 2) for one in own]) is None


@settings(max_examples=100)
@given(
    st.integers(1, 6).flatmap(
        lambda n: st.tuples(*[st.lists(v, min_size=n, max_size=n) for v in (CALLS, LOSS)])
    )
)
def test_the_best_and_last_epoch_that_a_record_remembers_are_those_of_all_its_ranks(drawn):
    calls, loss = drawn
    result = record("a", [[0]] * len(calls), calls, T01, loss=loss)
    ranks = records.ranks(records.validation_counts(result), result.validation_loss)
    row = records.best(ranks)
    kept = FoldRecord.of(result)
    for _ in range(2):  # the second time remembered
        assert records.validation_best(kept) == (ranks[row], row)
        assert records.validation_last(kept) == ranks[-1]
        assert (kept.test_called == result.test_probs.argmax(axis=2)).all()
