"""Full-face flow: five blocks of 48 to 768 channels on u, v and strain, one hidden layer, one linear
layer."""

from __future__ import annotations

from torch import nn

from benchmarks.transcriptions.roi_parts import Encoder
from benchmarks.transcriptions.weights import load_in_order
from mer_models.full_face_flow import FullFaceFlow


def transcribe(model: FullFaceFlow) -> nn.Module:
    width, hidden, classes = model.encode[0].out_channels, model.head.in_features, model.head.out_features
    encoder = Encoder(model.encode, (width, 2 * width, 4 * width, 8 * width, 16 * width), hidden)
    out = nn.Linear(hidden, classes)
    load_in_order(out, model.head.state_dict().values())
    return nn.Sequential(encoder, out)
