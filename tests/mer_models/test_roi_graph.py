"""ROI graph: the contract, and that nodes attend to each other whatever their order."""

import torch

from mer_models.roi_graph import ROIGraph
from tests.mer_models.contract import ModelContract

SMALL = {"feature_dim": 16, "heads": 2}


class TestROIGraph(ModelContract):
    name = "roi_graph"
    given = {}  # noqa: RUF012
    shape = (1, 3, 3, 32, 32)
    parameters = 1_924_707  # published: about 2 million; the authors' code has 1 926 276 at 4 classes
    wrong_axis = 2
    quick = SMALL


def test_nodes_have_no_order_but_see_each_other():
    torch.manual_seed(0)
    model, features = ROIGraph(3, **SMALL).eval(), torch.randn(2, 2, 3, 16)
    torch.testing.assert_close(model.classify(features.flip(2)), model.classify(features))
    nodes = features.mean(1)
    changed = nodes.clone()
    changed[:, 2] += 1
    assert not torch.allclose(model.layers(nodes)[:, 0], model.layers(changed)[:, 0], atol=1e-4)
