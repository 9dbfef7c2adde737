"""recipe.precision = bfloat16: products are rounded, and nothing that is kept or reported is."""

import numpy as np
import pytest
import torch

from orchestrator.training.loop import fit, train_fold
from tests.orchestrator.training.folds import fold

ALL_ON = {"mixup_alpha": 0.4, "mirror": 0.5, "tta": True, "swa_start": 0.5, "grad_clip": 1.0}


def trained(model, precision):
    job, data = fold(model, precision=precision, **ALL_ON)
    return fit(model, job.config, data, job.classes, au=job.au, epochs=2, seed_names=("a", "seed")).model


@pytest.mark.parametrize("model", ["stag", "ststnet"])
def test_weights_statistics_and_probabilities_stay_float32(model):
    rough, exact = trained(model, "bfloat16").state_dict(), trained(model, "float32").state_dict()
    assert all(value.dtype == exact[key].dtype for key, value in rough.items())
    kept = [value for value in rough.values() if value.is_floating_point()]
    assert any(not torch.equal(value, value.bfloat16().float()) for value in kept)  # not rounded either
    result = train_fold(*fold(model, precision="bfloat16", **ALL_ON))
    assert result.test_probs.dtype == result.validation_probs.dtype == np.float32
    # bfloat16 would be off by up to 0.004
    np.testing.assert_allclose(result.test_probs.sum(-1), 1, atol=1e-6)


@pytest.mark.parametrize("model", ["stag", "ststnet"])
def test_the_same_bits_twice_and_close_to_float32(model):
    first, second, exact = (
        train_fold(*fold(model, precision=p, **ALL_ON)) for p in ("bfloat16", "bfloat16", "float32")
    )
    for name in ("train_loss", "validation_probs", "test_probs"):
        a, b, c = (getattr(result, name) for result in (first, second, exact))
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)
        np.testing.assert_allclose(a, c, atol=0.05)
