"""The same arguments give the same bits on a GPU too, and what was set before is put back."""

import numpy as np
import pytest
import torch

from benchmarks.packing import make_folds
from mer_models import MODELS
from orchestrator.training.loop import train_fold
from orchestrator.training.packed.folds import train_folds
from orchestrator.training.reproducible import reproducible


def set_now():
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.utils.deterministic.fill_uninitialized_memory,
        torch.backends.cudnn.benchmark,
        torch.backends.cuda.flash_sdp_enabled(),
        torch.backends.cuda.mem_efficient_sdp_enabled(),
        torch.get_num_threads(),
    )


def fails_on_a_gpu():
    with reproducible("cuda"):
        assert set_now() == (True, False, False, False, False, False, 1)
        raise ZeroDivisionError


def test_on_a_gpu_operations_without_a_fixed_order_are_refused_and_all_is_put_back():
    torch.backends.cudnn.benchmark = True
    try:
        before = set_now()
        with pytest.raises(ZeroDivisionError):
            fails_on_a_gpu()
        assert set_now() == before
        with reproducible("cpu"):
            assert set_now()[:-1] == before[:-1], "on a CPU they all have one order"
    finally:
        torch.backends.cudnn.benchmark = False


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("model", MODELS)
def test_a_fold_alone_and_in_a_pack_repeats_itself_on_a_gpu(model):
    folds = make_folds(model, 2, 36, 3, 64, upright=False)
    once, again = (train_fold(*folds[0], device="cuda").test_probs for _ in range(2))
    np.testing.assert_array_equal(once, again)
    once, again = (train_folds(*zip(*folds, strict=True), device="cuda")[0].test_probs for _ in range(2))
    np.testing.assert_array_equal(once, again)
