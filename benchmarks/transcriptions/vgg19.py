"""VGG19, column E of Table 1 in Simonyan and Zisserman 2015; ours ends in the mean over positions, dropout,
one linear layer."""

from __future__ import annotations

from torch import Tensor, nn

from benchmarks.transcriptions.weights import load_in_order
from mer_models.vgg19 import VGG19

COLUMN_E = (
    64,
    64,
    "M",
    128,
    128,
    "M",
    256,
    256,
    256,
    256,
    "M",
    512,
    512,
    512,
    512,
    "M",
    512,
    512,
    512,
    512,
    "M",
)


class VGG(nn.Module):
    def __init__(self, times: float, batch_norm: bool, classes: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for entry in COLUMN_E:
            if entry == "M":
                layers.append(nn.MaxPool2d(2, 2))
                continue
            outputs = int(times * int(entry))
            layers.append(nn.Conv2d(inputs, outputs, 3, padding=1))
            if batch_norm:
                layers.append(nn.BatchNorm2d(outputs))
            layers.append(nn.ReLU())
            inputs = outputs
        self.maps = nn.Sequential(*layers)
        self.dropout, self.out = nn.Dropout(dropout), nn.Linear(inputs, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.dropout(self.maps(x).mean((2, 3))))


def transcribe(model: VGG19) -> nn.Module:
    batch_norm = isinstance(model.convolutions[1], nn.BatchNorm2d)
    own = VGG(
        model.convolutions[0].out_channels / 64,
        batch_norm,
        model.classifier[1].out_features,
        model.classifier[0].p,
    )
    load_in_order(own.maps, model.convolutions.state_dict().values())
    load_in_order(own.out, model.classifier[1].state_dict().values())
    return own
