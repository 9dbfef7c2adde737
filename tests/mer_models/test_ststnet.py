"""STSTNet against the authors' description: three separate streams, written out again here."""

import pytest
import torch
from torch import nn

from mer_models.ststnet import STSTNet
from tests.mer_models.contract import ModelContract


class TestSTSTNet(ModelContract):
    name = "ststnet"
    shape = (3, 28, 28)
    parameters = published_parameters = 1683


def test_it_is_the_authors_three_streams_side_by_side():
    torch.manual_seed(1)
    model = STSTNet(3)
    convolution, norm = model.streams[0], model.streams[2]
    with torch.no_grad():
        (
            norm.running_mean.uniform_(-1, 1),
            norm.running_var.uniform_(0.5, 2),
            norm.weight.uniform_(0.5, 2),
            norm.bias.uniform_(-1, 1),
        )
    streams, first = [], 0
    for n in (3, 5, 8):  # convolution, ReLU, normalisation, max pooling 3/3 with padding 1, dropout
        own = slice(first, first + n)
        conv, bn = nn.Conv2d(3, n, 3, padding=2), nn.BatchNorm2d(n)
        conv.load_state_dict({k: v[own] for k, v in convolution.state_dict().items()})
        bn.load_state_dict({k: v[own] if v.ndim else v for k, v in norm.state_dict().items()})
        streams.append(nn.Sequential(conv, nn.ReLU(), bn, nn.MaxPool2d(3, 3, 1), nn.Dropout(0.5)).eval())
        first += n
    x = torch.rand(4, 3, 28, 28) * 255
    pooled = nn.functional.avg_pool2d(torch.cat([stream(x) for stream in streams], 1), 2)
    assert pooled.shape == (4, 16, 5, 5)
    torch.testing.assert_close(model.eval()(x), model.head[2](pooled.flatten(1)), atol=1e-4, rtol=1e-5)


def test_a_dropout_outside_its_range_is_refused():
    with pytest.raises(ValueError, match=r"dropout=1\.5"):
        STSTNet(3, dropout=1.5)
