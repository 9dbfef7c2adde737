"""ROI hybrid: last row of the ROI ladder. Temporal and graph stream, regions weighed by attention, streams by
one learnt weight.

Source  README and outline of the ROI hybrid (sections 3.2-3.3, about 6 M parameters) and its code
        (production_advanced_architectures.py, 8059835): both streams are whole models with encoders of their
        own, one set of region weights serves both. 5.86 M parameters here and there.
Input   float32 (B, W, 3, 3, H, W'): 1 <= W <= 4 windows of time, region (eyes, eyebrows, mouth), (u, v,
        strain); 224 x 224 there. Or (B, 9, H, W'): the nine maps of one window.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs The code multiplies the pictures by the region weights. Its encoders begin with a batch normalised
        convolution, which takes any factor out again, so its weights do next to nothing (0.330 to 0.335 in
        the outline). Ours act behind the encoders. They also depend on the clip, as "adaptive" in the outline
        says: the code's bias per region and a score of its features. The streams are mixed by one weight g =
        sigmoid(fusion) and 1 - g; the code has two sigmoids and a linear layer over both streams' logits,
        which can undo them. Both streams read the same windows; the code's graph reads one of its own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mer_models.roi_encoder import REGIONS, TAKES, as_windows
from mer_models.roi_graph import ROIGraph
from mer_models.roi_temporal import ROITemporal

NAMES = ("eyes", "eyebrows", "mouth")


class ROIHybrid(nn.Module):
    paper = "ROI ladder of sandeshraop, undated"
    n_parameters = 5_853_898
    takes = TAKES
    default_features = "roi_maps4"
    uses_aus = False

    def __init__(
        self,
        n_classes: int,
        *,
        roi_attention: bool = True,  # False: the three regions count alike
        per_roi_positions: bool = True,
        feature_dim: int = 256,
        heads: int = 8,
        temporal_layers: int = 1,
        graph_layers: int = 2,
        dropout: float = 0.3,
        attention_dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.temporal = ROITemporal(
            n_classes,
            per_roi_positions=per_roi_positions,
            feature_dim=feature_dim,
            heads=heads,
            layers=temporal_layers,
            dropout=dropout,
            attention_dropout=attention_dropout,
        )
        self.graph = ROIGraph(
            n_classes,
            feature_dim=feature_dim,
            heads=heads,
            layers=graph_layers,
            dropout=dropout,
            attention_dropout=attention_dropout,
        )
        self.attention = RegionAttention(2 * feature_dim) if roi_attention else None
        self.fusion = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        x = as_windows(self, x)
        temporal, graph = self.temporal.encode(x), self.graph.encode(x)
        if self.attention is not None:
            # Times 3: equal weights leave the features as they are.
            weights = REGIONS * self.attention(torch.cat([temporal, graph], -1)).unflatten(1, (1, REGIONS, 1))
            temporal, graph = temporal * weights, graph * weights
        share = torch.sigmoid(self.fusion)
        return share * self.temporal.classify(temporal) + (1 - share) * self.graph.classify(graph)

    def roi_weights(self, x: Tensor) -> Tensor:
        """What the eyes, the eyebrows and the mouth count in each clip: (B, 3), rows sum to 1."""
        x = as_windows(self, x)
        if self.attention is None:
            return x.new_full((len(x), REGIONS), 1 / REGIONS)
        return self.attention(torch.cat([self.temporal.encode(x), self.graph.encode(x)], -1))

    def outputs(self) -> dict[str, float]:
        """How much each region counts in a clip whose regions score alike (they sum to 1; nothing without
        attention), and the temporal stream's share of the logits."""
        made = {"temporal_share": torch.sigmoid(self.fusion).item()}
        if self.attention is not None:
            weights = torch.softmax(self.attention.bias.detach(), 0).tolist()
            made |= {f"roi_weight_{name}": w for name, w in zip(NAMES, weights, strict=True)}
        return made


class RegionAttention(nn.Module):
    """Features (B, W, 3, F) -> weights (B, 3): softmax over the regions of a bias per region plus a score of
    its features."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(REGIONS))

    def forward(self, features: Tensor) -> Tensor:
        return torch.softmax(self.score(features.mean(1)).squeeze(-1) + self.bias, 1)
