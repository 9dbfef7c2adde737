"""ROI graph: the contract, and that nodes attend to each other whatever their order."""

import torch

from mer_models.roi_graph import ROIGraph
from tests.mer_models import reorder
from tests.mer_models.contract import ModelContract

SMALL = {"feature_dim": 16, "heads": 2}


class TestROIGraph(ModelContract):
    name = "roi_graph"
    shape = (1, 3, 3, 32, 32)
    parameters = 1_924_707  # the authors' code has 1 926 276 at 4 classes
    published_parameters = 2_000_000
    quick = SMALL


def test_regions_and_their_encoders_may_change_places():
    torch.manual_seed(0)
    model, x = ROIGraph(3, **SMALL), torch.randn(2, 2, 3, 3, 32, 32)
    reorder.check(model, x, 2, {"encode.encoders": ()}, lambda m, x: [(m.layers(m.encode(x).mean(1)), (1,))])


def test_nodes_see_each_other():
    torch.manual_seed(0)
    model, nodes = ROIGraph(3, **SMALL).eval(), torch.randn(2, 3, 16)
    changed = nodes.clone()
    changed[:, 2] += 1
    assert not torch.allclose(model.layers(nodes)[:, 0], model.layers(changed)[:, 0], atol=1e-4)
