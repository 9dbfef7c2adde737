"""Records: sums that are added up while folds end are those of all folds read again, to the bit."""

import numpy as np
import pytest

from orchestrator.selection.records import Sums, pooled_ranks
from tests.orchestrator.selection.records_by_hand import record


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
