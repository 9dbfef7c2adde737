"""ROI CNN: third row of the ROI ladder. Each region's flow through a small CNN; the regions' features side by
side.

Source  README of the ROI hybrid, table "Model Performance" (about 2 M parameters) and "ROI CNN Encoders".
Input   float32 (B, W, 3, 3, H, W'): 1 <= W <= 4 windows of time, region (eyes, eyebrows, mouth), (u, v,
        strain); 224 x 224 there. Or (B, 9, H, W'): the nine maps of one window.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs no code of this row is public: the encoder is the ladder's, the head has one hidden layer that brings
        the total to 1.96 M. Features of several windows are averaged, so that this row knows nothing of time.
"""

from __future__ import annotations

from torch import Tensor, nn

from mer_models.checks import check_dropout
from mer_models.roi_encoder import REGIONS, TAKES, RegionEncoder, as_windows


class ROICNN(nn.Module):
    """``shared_encoder=True``: one encoder for all three regions, a third of its parameters."""

    paper = "ROI ladder of sandeshraop, undated"
    n_parameters = 1_956_963
    takes = TAKES
    default_features = "roi_maps1"
    uses_aus = False

    def __init__(
        self,
        n_classes: int,
        *,
        shared_encoder: bool = False,
        feature_dim: int = 256,
        hidden_dim: int = 768,
        dropout: float = 0.3,
    ) -> None:
        """``dropout``: chance in [0, 1) that a feature is set to zero in training."""
        super().__init__()
        check_dropout(dropout)
        self.encode = RegionEncoder(feature_dim, dropout, shared=shared_encoder)
        self.head = nn.Sequential(
            nn.Linear(REGIONS * feature_dim, hidden_dim),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, n_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = as_windows(self, x)
        return self.head(self.encode(x).mean(1).flatten(1))
