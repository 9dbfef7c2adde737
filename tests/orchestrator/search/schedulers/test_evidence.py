"""Evidence: the validation part of a fold's result, and a score equal to the one that records give."""

from dataclasses import fields, replace

import numpy as np
import pytest

from orchestrator.search.schedulers.evidence import Evidence, Pool, pooled_uf1
from orchestrator.selection.records import pooled_validation_uf1
from tests.orchestrator.selection.records_by_hand import record


def test_test_predictions_cannot_be_told_from_evidence():
    result = record("a", test=[[0, 1], [1, 1]], validation=[[0, 0, 1], [0, 1, 1]], truth=[0, 0, 1])
    turned = replace(result, test=("other",), test_probs=result.test_probs[:, ::-1] * 0)
    one, other = Evidence.of(result), Evidence.of(turned)
    for field in fields(Evidence):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))
    # by hand: epoch 1 calls clips of classes 0, 0, 1 as 0, 0, 1; epoch 2 as 0, 1, 1
    assert one.counts.tolist() == [[[2, 0], [0, 1]], [[1, 1], [0, 1]]]
    assert (one.key, one.clips, one.epochs.tolist()) == (("a", 0, 0), 3, [1, 2])


@pytest.mark.parametrize("seed", range(20))
def test_the_score_is_that_of_the_records(seed):
    """Folds of other lengths (early stopping), thinned epochs, diverged ones."""
    rng = np.random.default_rng(seed)
    results = []
    for i in range(rng.integers(1, 6)):
        n, clips = rng.integers(1, 7), rng.integers(1, 9)
        loss = np.where(rng.random(n) < 0.1, np.nan, rng.random(n)).tolist()
        truth = rng.integers(0, 3, clips).tolist()
        called = rng.integers(0, 3, (n, clips)).tolist()
        epochs = np.sort(rng.choice(np.arange(1, 10), n, replace=False)).tolist()
        results.append(record(str(i), [[0]] * n, called, truth, loss=loss, n_classes=3, epochs=epochs))
    assert pooled_uf1([Evidence.of(r) for r in results]) == pytest.approx(
        pooled_validation_uf1(results), abs=1e-12
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_pool_says_at_every_fold_what_all_of_them_together_say(seed):
    """Folds of other epochs, that stopped early, and that diverged; in any order."""
    rng, pool, folds = np.random.default_rng(seed), Pool(), []
    for number in range(12):
        epochs = np.flatnonzero(rng.random(15) < 0.4) + 1
        epochs = epochs.astype(np.int32) if len(epochs) else np.array([3], np.int32)
        counts = rng.integers(0, 9, (len(epochs), 3, 3))
        loss = np.where(rng.random(len(epochs)) < 0.05, np.nan, 1.0)
        folds.append(Evidence(str(number), 0, epochs, counts, loss, 5))
        pool.add(folds[-1])
        assert pool.score == pooled_uf1(folds)  # to the bit
