"""ROI hybrid: a = softmax_r(s . mean_w [t, g]_r + b_r), both streams' regions times 3 a_r, logits s(c) L_t +
(1 - s(c)) L_g."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.transcriptions.roi_graph import Graph
from benchmarks.transcriptions.roi_temporal import Temporal
from benchmarks.transcriptions.weights import load_in_order
from mer_models.roi_hybrid import ROIHybrid


class Hybrid(nn.Module):
    def __init__(self, ours: ROIHybrid) -> None:
        super().__init__()
        self.temporal, self.graph = Temporal(ours.temporal), Graph(ours.graph)
        self.fusion = nn.Parameter(ours.fusion.detach().clone())
        self.score = None
        if ours.attention is not None:
            self.score = nn.Linear(ours.attention.score.in_features, 1, bias=False)
            load_in_order(self.score, (ours.attention.score.weight,))
            self.bias = nn.Parameter(ours.attention.bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        temporal, graph = self.temporal.encode(x), self.graph.encode(x)  # (B, W, 3, F) each
        if self.score is not None:
            scores = []
            for r in range(3):
                both = torch.cat([temporal[:, :, r], graph[:, :, r]], -1)  # (B, W, 2 F)
                scores.append(self.score(both.mean(1)) + self.bias[r])
            a = torch.softmax(torch.cat(scores, 1), 1)  # (B, 3)
            temporal = torch.stack([3 * a[:, r, None, None] * temporal[:, :, r] for r in range(3)], 2)
            graph = torch.stack([3 * a[:, r, None, None] * graph[:, :, r] for r in range(3)], 2)
        share = torch.sigmoid(self.fusion)
        return share * self.temporal.classify(temporal) + (1 - share) * self.graph.classify(graph)


def transcribe(model: ROIHybrid) -> nn.Module:
    return Hybrid(model)
