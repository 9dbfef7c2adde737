"""Full-face flow: second row of the ROI ladder. A CNN on the flow of the whole face from onset to apex.

Source  README of the ROI hybrid, table "Model Performance": about 4 M parameters, 20.9 % UAR.
Input   float32 (B, 3, H, W): horizontal flow u, vertical flow v, optical strain; 224 x 224 there.
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs the table gives a size and no layers. Ours has five of the ladder's convolution blocks, 48 to 768
        channels wide, and one hidden layer: 4.12 M. The repository's picture is coloured flow (hue and
        brightness); ours keeps u, v and strain.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from mer_models.checks import check_dropout
from mer_models.roi_encoder import picture_encoder
from mer_models.shapes import Takes


class FullFaceFlow(nn.Module):
    paper = "ROI ladder of sandeshraop, undated"
    n_parameters = 4_122_291
    takes: ClassVar[Takes] = {"flow_picture": (3, None, None)}
    default_features = "onset_apex_flow224"
    uses_aus = False

    def __init__(
        self, n_classes: int, *, width: int = 48, hidden_dim: int = 768, dropout: float = 0.3
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
                f"FullFaceFlow reads (B, 3, H, W), got {tuple(x.shape)}; extract the feature set "
                f"{self.default_features!r}"
            )
        return self.head(self.encode(x))
