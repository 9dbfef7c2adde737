"""ROI graph attention: fourth row of the ROI ladder. Regions are the nodes of a complete graph and attend to
each other.

Source  README of the ROI hybrid ("Graph Attention Network: learns muscle interaction patterns", about 2 M
        parameters) and its code (production_advanced_architectures.py, 8059835): two layers of 8 heads over
        three nodes, the mean of the nodes, one hidden layer. 1.93 M parameters here and there.
Input   float32 (B, W, 3, 3, H, W'): 1 <= W <= 4 windows of time, region (eyes, eyebrows, mouth), (u, v,
        strain); 224 x 224 there. Or (B, 9, H, W'): the nine maps of one window.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs a node is the mean of its region's features over the windows; the code reads one window.
"""

from __future__ import annotations

from torch import Tensor, nn

from mer_models.checks import check_dropout
from mer_models.roi_encoder import TAKES, AttentionBlock, RegionEncoder, as_windows


class ROIGraph(nn.Module):
    paper = "ROI ladder of sandeshraop, undated"
    n_parameters = 1_924_707
    takes = TAKES
    default_features = "roi_maps1"
    uses_aus = False

    def __init__(
        self,
        n_classes: int,
        *,
        feature_dim: int = 256,
        heads: int = 8,
        layers: int = 2,
        dropout: float = 0.3,
        attention_dropout: float = 0.1,
    ) -> None:
        """``dropout``: chance in [0, 1) that a feature is set to zero in training; ``attention_dropout``:
        that a region overlooks another."""
        super().__init__()
        check_dropout(dropout)
        self.encode = RegionEncoder(feature_dim, dropout)
        self.layers = nn.Sequential(
            *(AttentionBlock(feature_dim, heads, attention_dropout) for _ in range(layers))
        )
        self.head = nn.Sequential(
            nn.Linear(feature_dim, feature_dim // 2),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(feature_dim // 2, n_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = as_windows(self, x)
        return self.classify(self.encode(x))

    def classify(self, features: Tensor) -> Tensor:
        """Features (B, W, 3, F) of windows and regions -> logits (B, n_classes)."""
        return self.head(self.layers(features.mean(1)).mean(1))
