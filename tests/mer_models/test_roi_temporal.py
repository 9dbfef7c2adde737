"""ROI temporal transformer: the contract, order in time, and whose position is whose."""

import pytest
import torch

from mer_models.roi_temporal import ROITemporal
from tests.mer_models.contract import ModelContract

SMALL = {"feature_dim": 16, "heads": 2}


class TestROITemporal(ModelContract):
    name = "roi_temporal"
    given = {}  # noqa: RUF012
    shape = (4, 3, 3, 32, 32)
    parameters = 3_928_675  # published: about 4 million; the authors' code has 3 928 836 at 4 classes
    wrong_axis = 2
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
