"""ROI CNN: the contract, regions are told apart, windows are averaged."""

import pytest
import torch

from mer_models.roi_cnn import ROICNN
from tests.mer_models.contract import ModelContract

SMALL = {"feature_dim": 16, "hidden_dim": 32}


class TestROICNN(ModelContract):
    name = "roi_cnn"
    shape = (1, 3, 3, 32, 32)
    parameters = 1_956_963
    published_parameters = 2_000_000
    quick = SMALL


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("windows", [1, 2, 4])
def test_windows_have_no_order_and_regions_have_one(shared, windows):
    torch.manual_seed(0)
    model, x = ROICNN(3, shared_encoder=shared, dropout=0.0, **SMALL), torch.randn(2, windows, 3, 3, 32, 32)
    assert len(model.encode.encoders) == (1 if shared else 3)
    torch.testing.assert_close(model(x.flip(1)), model(x), atol=1e-6, rtol=1e-5)
    assert not torch.allclose(model(x.flip(2)), model(x), atol=1e-3)


def test_more_windows_than_four_are_refused():
    with pytest.raises(ValueError, match=r"1\.\.4.*\(1, 5, 3, 3, 32, 32\); extract roi_maps1"):
        ROICNN(3, **SMALL)(torch.randn(1, 5, 3, 3, 32, 32))
