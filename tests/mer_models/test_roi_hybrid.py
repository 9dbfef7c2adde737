"""ROI hybrid: what the regions count, how the streams are mixed, and any number of windows."""

import pytest
import torch

from mer_models.roi_hybrid import ROIHybrid
from tests.mer_models import reorder
from tests.mer_models.contract import ModelContract
from tests.mer_models.test_roi_temporal import PARTS

SMALL = {"feature_dim": 16, "heads": 2}


class TestROIHybrid(ModelContract):
    name = "roi_hybrid"
    shape = (2, 3, 3, 32, 32)
    parameters = 5_853_898  # the authors' code has 5 855 153 at 4 classes
    published_parameters = 6_000_000
    quick = SMALL


def small(**arguments) -> ROIHybrid:
    torch.manual_seed(0)
    return ROIHybrid(3, **SMALL, **arguments).eval()


def clips(windows: int = 2) -> torch.Tensor:
    return torch.randn(3, windows, 3, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("windows", [1, 2, 4])
def test_region_weights_sum_to_one_and_differ_between_clips(windows):
    model, x = small(), clips(windows)
    with torch.no_grad():
        model.attention.score.weight.mul_(100)
    weights = model.roi_weights(x)
    assert weights.shape == (3, 3) and weights.min() > 0
    torch.testing.assert_close(weights.sum(1), torch.ones(3))
    assert not torch.allclose(weights[0], weights[1], atol=1e-3)


def test_weights_follow_the_regions_if_their_own_parameters_follow():
    parts = {f"temporal.{part}": axes for part, axes in PARTS.items()} | {
        "graph.encode.encoders": (),
        "attention.bias": (0,),
    }
    reorder.check(small(), clips(), 2, parts, lambda m, x: [(m.roi_weights(x), (1,))])


def test_a_region_that_counts_nothing_is_not_seen_by_either_stream():
    model, x = small(), clips()
    other = x.clone()
    other[:, :, 2] += 1
    with torch.no_grad():
        model.attention.score.weight.zero_()
        model.attention.bias.copy_(torch.tensor([0.0, 0.0, -1e4]))
        for fusion in (-1e4, 1e4):
            model.fusion.fill_(fusion)
            torch.testing.assert_close(model(other), model(x))
            assert not torch.allclose(model(x + 1), model(x), atol=1e-4)


def test_equal_weights_leave_the_streams_as_they_are():
    model, x = small(), clips()
    plain = small(roi_attention=False)
    plain.load_state_dict({k: v for k, v in model.state_dict().items() if not k.startswith("attention.")})
    with torch.no_grad():
        model.attention.score.weight.zero_()
    torch.testing.assert_close(model(x), plain(x), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(plain.roi_weights(x), torch.full((3, 3), 1 / 3))
    # fusion starts even
    torch.testing.assert_close(plain(x), (plain.temporal(x) + plain.graph(x)) / 2, atol=1e-5, rtol=1e-5)


def test_the_fusion_weight_is_between_the_streams_and_never_beyond():
    model, x = small(roi_attention=False), clips()
    with torch.no_grad():
        model.fusion.fill_(2.0)
        share = 1 / (1 + 2.718281828**-2)
        torch.testing.assert_close(
            model(x), share * model.temporal(x) + (1 - share) * model.graph(x), atol=1e-5, rtol=1e-4
        )
        model.fusion.fill_(1e6)
        torch.testing.assert_close(model(x), model.temporal(x), atol=1e-5, rtol=1e-5)


def test_it_reports_what_the_regions_count_where_they_score_alike():
    model = small()
    with torch.no_grad():
        model.attention.bias.copy_(torch.log(torch.tensor([1.0, 2.0, 5.0])))
        model.attention.score.weight.zero_()  # regions score alike
        model.fusion.fill_(0.0)
    told = model.outputs()
    assert told == pytest.approx(
        {
            "temporal_share": 0.5,
            "roi_weight_eyes": 0.125,
            "roi_weight_eyebrows": 0.25,
            "roi_weight_mouth": 0.625,
        }
    )
    torch.testing.assert_close(model.roi_weights(clips())[0], torch.tensor([0.125, 0.25, 0.625]))
    assert small(roi_attention=False).outputs() == {"temporal_share": 0.5}
