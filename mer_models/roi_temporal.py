"""ROI temporal transformer: fifth row of the ROI ladder. Windows of time attend to each other.

Source  README and outline of the ROI hybrid ("4-window CNN + Transformer with per-ROI positional encoding",
        about 4 M parameters) and its code (production_advanced_architectures.py, 8059835): a window is one
        token, its regions' features side by side; attention of 8 heads, the mean of the tokens, one hidden
        layer. 3.93 M parameters here and there.
Input   float32 (B, W, 3, 3, H, W'): 1 <= W <= 4 windows of time, region (eyes, eyebrows, mouth), (u, v,
        strain); 224 x 224 there. Or (B, 9, H, W'): the nine maps of one window.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs the attention has a residual and a layer normalisation, as the code's graph stream has and its
        temporal stream has not; positions start small (0.02), the code's at unit variance.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mer_models.checks import check_dropout
from mer_models.roi_encoder import (
    MAX_WINDOWS,
    REGIONS,
    TAKES,
    AttentionBlock,
    RegionEncoder,
    as_windows,
)


class ROITemporal(nn.Module):
    """``per_roi_positions``: a window's position is learnt for each region; else one that its three regions
    share."""

    paper = "ROI ladder of sandeshraop, undated"
    n_parameters = 3_928_675
    takes = TAKES
    default_features = "roi_maps4"
    uses_aus = False

    def __init__(
        self,
        n_classes: int,
        *,
        per_roi_positions: bool = True,
        feature_dim: int = 256,
        heads: int = 8,
        layers: int = 1,
        dropout: float = 0.3,
        attention_dropout: float = 0.1,
    ) -> None:
        """``dropout``: chance in [0, 1) that a feature is set to zero in training; ``attention_dropout``:
        that a window overlooks another."""
        super().__init__()
        check_dropout(dropout)
        width = REGIONS * feature_dim
        self.encode = RegionEncoder(feature_dim, dropout)
        self.positions = nn.Parameter(
            0.02 * torch.randn(MAX_WINDOWS, REGIONS if per_roi_positions else 1, feature_dim)
        )
        self.layers = nn.Sequential(*(AttentionBlock(width, heads, attention_dropout) for _ in range(layers)))
        self.head = nn.Sequential(
            nn.Linear(width, feature_dim), nn.ReLU(), nn.Dropout(dropout), nn.Linear(feature_dim, n_classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = as_windows(self, x)
        return self.classify(self.encode(x))

    def classify(self, features: Tensor) -> Tensor:
        """Features (B, W, 3, F) of windows and regions -> logits (B, n_classes)."""
        tokens = (features + self.positions[: features.shape[1]]).flatten(2)
        return self.head(self.layers(tokens).mean(1))
