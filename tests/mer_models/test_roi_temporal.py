"""ROI temporal transformer: the contract, order in time, and whose position is whose."""

import pytest
import torch

from mer_models.roi_temporal import ROITemporal
from tests.mer_models import reorder
from tests.mer_models.contract import ModelContract

SMALL = {"feature_dim": 16, "heads": 2}
LAYER = {"query_key_value.weight": 1, "out.weight": 0, "out.bias": 0, "norm.weight": 0, "norm.bias": 0}
# a token holds its regions side by side, so every parameter that reads or writes tokens has a block for each
# region
PARTS = {
    "encode.encoders": (),
    "positions": (1,),
    **{f"layers.0.{name}": (axis,) for name, axis in LAYER.items()},
    "head.0.weight": (1,),
}


class TestROITemporal(ModelContract):
    name = "roi_temporal"
    shape = (4, 3, 3, 32, 32)
    parameters = 3_928_675  # the authors' code has 3 928 836 at 4 classes
    published_parameters = 4_000_000
    quick = SMALL


@pytest.mark.parametrize("windows", [1, 2, 4])
def test_any_number_of_windows_and_their_order_matters(windows):
    torch.manual_seed(0)
    model, features = ROITemporal(3, **SMALL).eval(), torch.randn(2, windows, 3, 16)
    assert model(torch.randn(2, windows, 3, 3, 32, 32)).shape == (2, 3)
    with torch.no_grad():
        model.positions.mul_(50)
        moved = not torch.allclose(model.classify(features.flip(1)), model.classify(features), atol=1e-3)
        assert moved == (windows > 1)
        model.positions.zero_()
    torch.testing.assert_close(model.classify(features.flip(1)), model.classify(features))


def test_a_position_is_learnt_for_each_region_or_shared_by_the_three():
    torch.manual_seed(0)
    own, shared = ROITemporal(3, **SMALL), ROITemporal(3, per_roi_positions=False, **SMALL)
    assert (own.positions.shape, shared.positions.shape) == ((4, 3, 16), (4, 1, 16))
    own.load_state_dict({**shared.state_dict(), "positions": shared.positions.expand(-1, 3, -1)})
    features = torch.randn(2, 4, 3, 16)
    torch.testing.assert_close(own.eval().classify(features), shared.eval().classify(features))


def test_regions_and_what_belongs_to_them_may_change_places():
    torch.manual_seed(0)
    reorder.check(
        ROITemporal(3, **SMALL), torch.randn(2, 4, 3, 3, 32, 32), 2, PARTS, lambda m, x: [(m.encode(x), (2,))]
    )
