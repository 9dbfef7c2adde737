"""OFF-ApexNet: which plane goes where, and the two streams written out again."""

import torch
import torch.nn.functional as F

from mer_models.off_apexnet import OFFApexNet
from tests.mer_models.contract import ModelContract


class TestOFFApexNet(ModelContract):
    name = "off_apexnet"
    shape = (3, 28, 28)
    parameters = 2_664_475  # a public re-implementation counts 2.66 million
    quick = {"hidden_dim": 64}  # noqa: RUF012


def test_u_goes_through_one_stream_and_v_through_the_other():
    torch.manual_seed(0)
    model, x = OFFApexNet(3, hidden_dim=32).eval(), torch.randn(2, 3, 28, 28)
    streams = []
    for plane, stream in ((0, model.horizontal), (1, model.vertical)):
        maps = x[:, plane].unsqueeze(1)
        for layer in (stream[0], stream[3]):
            maps = F.max_pool2d(F.relu(F.conv2d(maps, layer.weight, layer.bias, padding=2)), 2)
        assert maps.shape == (2, 16, 7, 7)
        streams.append(maps.flatten(1))
    hidden = torch.cat(streams, 1)
    for layer in (model.head[0], model.head[3]):
        hidden = F.relu(layer(hidden))
    torch.testing.assert_close(model(x), model.head[6](hidden))


def test_strain_is_not_read():
    torch.manual_seed(0)
    model, x = OFFApexNet(3, hidden_dim=32).eval(), torch.randn(2, 3, 28, 28)
    changed = x.clone()
    changed[:, 2] += 1
    assert torch.equal(model(changed), model(x))
