"""What of a fold goes to MLflow says the same as its records."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.selection.records import pooled_ranks, validation_counts
from orchestrator.selection.records import ranks as ranks_of
from orchestrator.tracking.fold_facts import FoldFacts, pooled
from orchestrator.tracking.tracked_metrics import of_trial
from tests.orchestrator.selection.records_by_hand import record


@st.composite
def folds(draw):
    made = []
    for number in range(draw(st.integers(1, 4))):
        clips, epochs = draw(st.integers(1, 5)), draw(st.integers(1, 4))
        classes = st.lists(st.integers(0, 2), min_size=clips, max_size=clips)
        called = draw(st.lists(classes, min_size=epochs, max_size=epochs))
        at = sorted(draw(st.sets(st.integers(1, 9), min_size=epochs, max_size=epochs)))
        loss = draw(
            st.lists(st.floats(0, 9, width=32) | st.just(float("nan")), min_size=epochs, max_size=epochs)
        )
        truth = draw(classes)
        made.append(record(f"f{number}", [[0]] * epochs, called, truth, loss=loss, n_classes=3, epochs=at))
    return made


@settings(max_examples=60)
@given(folds())
def test_pooled_validation_of_the_facts_is_that_of_the_records(results):
    facts = [FoldFacts.of(result) for result in results]
    epochs, ranks, rows = pooled_ranks(results)
    grid, found, counts = pooled(facts)
    assert list(grid) == list(epochs) and found == ranks
    assert [fact.ranks for fact in facts] == [
        ranks_of(validation_counts(result), result.validation_loss) for result in results
    ]
    named = {(name, step): value for name, value, step in of_trial(facts, ("a", "b", "c"))}
    best = max(range(len(ranks)), key=lambda at: (ranks[at], -at))
    assert named["best_validation/epoch", 0] == epochs[best]
    truth = np.concatenate([result.validation_truth for result in results])
    called = [r.validation_probs[row[best]].argmax(axis=1) for r, row in zip(results, rows, strict=True)]
    assert named["best_validation/war", 0] == pytest.approx((truth == np.concatenate(called)).mean())
    assert counts[best].sum() == len(truth)
