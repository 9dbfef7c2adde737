"""When a fold stops: by hand-made validation losses, epoch by epoch."""

import numpy as np
import pytest

from orchestrator.study.recipe import Recipe
from orchestrator.training.recording import Recording
from tests.orchestrator.training.folds import fold

#         1    2    3    4    5    6    7    8    9    10
LOSSES = [1.0, 0.1, 0.9, 0.9, 0.9, 0.8, 0.9, 0.7, 0.9, 0.9]


def stopped_after(validation: int = 1, **recipe: object) -> tuple[int, list[str]]:
    """The epoch after which a fold with these validation losses stops, 0 = it does not; and its notes."""
    held = Recording(fold()[0], np.zeros(validation, np.int64), Recipe(epochs=10, **recipe))
    for epoch, loss in enumerate(LOSSES, 1):
        p = np.exp(-loss)
        probs = np.full((validation, 2), (p, 1 - p), np.float32)
        if held.add(epoch, 1.0, probs, probs):
            return epoch, held.notes
    assert not held.notes
    return 0, held.notes


def test_without_averaging_a_fold_stops_after_patience_epochs_without_a_better_loss():
    assert stopped_after(patience=2) == (
        4,
        ["stopped after epoch 4: no better validation loss than 0.1000 for 2 epochs"],
    )
    assert stopped_after(patience=9)[0] == stopped_after(patience=0)[0] == 0
    assert stopped_after(patience=2, validation=0)[0] == 0


@pytest.mark.parametrize("swa_last", [False, True])
def test_where_weights_are_averaged_no_epoch_before_is_counted_and_none_is_the_best(swa_last):
    """Averaged from epoch 6: .8 is then the best, .7 in epoch 8 better."""
    layer = {"swa_start": 0.5, "swa_last": swa_last}
    assert stopped_after(patience=1, **layer)[0] == 7
    assert stopped_after(patience=2, **layer) == (
        10,
        ["stopped after epoch 10: no better validation loss than 0.7000 for 2 epochs"],
    )
    assert stopped_after(patience=3, **layer)[0] == 0
    assert stopped_after(patience=2, swa_start=0.0, swa_last=swa_last)[0] == 4
