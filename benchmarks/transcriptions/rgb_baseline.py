"""RGB baseline: five blocks of 32 to 512 channels on the apex frame, one hidden layer, one linear layer."""

from __future__ import annotations

from torch import nn

from benchmarks.transcriptions.roi_parts import Encoder
from benchmarks.transcriptions.weights import load_in_order
from mer_models.rgb_baseline import RGBBaseline


def transcribe(model: RGBBaseline) -> nn.Module:
    width, hidden, classes = model.encode[0].out_channels, model.head.in_features, model.head.out_features
    encoder = Encoder(model.encode, (width, 2 * width, 4 * width, 8 * width, 16 * width), hidden)
    out = nn.Linear(hidden, classes)
    load_in_order(out, model.head.state_dict().values())
    return nn.Sequential(encoder, out)
