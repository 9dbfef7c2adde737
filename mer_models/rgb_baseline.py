"""RGB baseline: first row of the ROI ladder. A small CNN on the apex frame.

Source  README of the ROI hybrid, table "Model Performance": about 2 M parameters, 12.8 % UAR.
Input   float32 (B, 3, H, W): the apex frame, RGB; 224 x 224 there.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs the table gives a size and no layers, and the code of that repository a ResNet-18 with 11 M. Ours has
        five of the ladder's convolution blocks, 32 to 512 channels wide, and one hidden layer: 1.97 M.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from mer_models.checks import check_dropout
from mer_models.roi_encoder import picture_encoder
from mer_models.shapes import Takes


class RGBBaseline(nn.Module):
    paper = "ROI ladder of sandeshraop, undated"
    n_parameters = 1_965_859
    takes: ClassVar[Takes] = {"image": (3, None, None)}
    default_features = "apex_frame"
    uses_aus = False

    def __init__(
        self, n_classes: int, *, width: int = 32, hidden_dim: int = 768, dropout: float = 0.3
    ) -> None:
        """``width``: channels of the first block, doubled from block to block; ``dropout`` in [0, 1) before
        the last layer."""
        super().__init__()
        check_dropout(dropout)
        widths = tuple(width * 2**block for block in range(5))
        self.encode, self.head = (
            picture_encoder(widths, hidden_dim, dropout),
            nn.Linear(hidden_dim, n_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[1] != 3:
            raise ValueError(
                f"RGBBaseline reads (B, 3, H, W), got {tuple(x.shape)}; extract the feature set "
                f"{self.default_features!r}"
            )
        return self.head(self.encode(x))
