"""ROI graph attention: three nodes, one per region; every node attends to all; the mean of the nodes, one
hidden layer."""

from __future__ import annotations

from torch import Tensor, nn

from benchmarks.transcriptions.roi_parts import Attention, Head, RegionEncoders
from mer_models.roi_graph import ROIGraph


class Graph(nn.Module):
    def __init__(self, ours: ROIGraph) -> None:
        super().__init__()
        self.encode = RegionEncoders(ours.encode, ours.head[0].in_features)
        self.layers = nn.ModuleList(Attention(layer) for layer in ours.layers)
        self.head = Head(ours.head)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.encode(x))

    def classify(self, features: Tensor) -> Tensor:
        nodes = features.mean(1)  # (B, 3, F): mean over the windows
        for layer in self.layers:
            nodes = layer(nodes)
        return self.head(nodes.mean(1))


def transcribe(model: ROIGraph) -> nn.Module:
    return Graph(model)
