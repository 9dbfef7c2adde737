"""MDMO, main directional mean optical flow: two fixed numbers a region and a linear support vector machine.
No deep learning.

Source  Liu et al.: "A Main Directional Mean Optical Flow Feature for Spontaneous Micro-Expression
        Recognition", IEEE Transactions on Affective Computing 7(4), 2016, doi:10.1109/TAFFC.2015.2485205. Of
        each frame and region the mean flow in its main direction, averaged over the frames, magnitudes
        normalised within the clip, then an SVM.
Input   float32 (B, T, N, 2): motion (u, v) of N facial regions at T steps, any unit, N = n_rois.
Output  float32 (B, n_classes): the SVM's score of each class against the rest, not log-probabilities.
        Evaluation takes their softmax as of any model. UF1, UAR and WAR use its argmax alone, which is the
        SVM's class; as probabilities, and in the validation loss, the softmax is not calibrated.
Differs We have the paper's abstract, not its text. The steps above are also those of a public
        reimplementation, which averages over the frames in Cartesian coordinates and divides the clip's
        magnitudes by the largest, as done here.
        regions    14 or 18 windows at brows, mouth, nose and eyes (roi_flow); the paper has 36 that tile the
                   face.
        direction  roi_flow's dominant motion (the mean over the 30 % of a window's pixels that move most),
                   not the fullest of eight bins of direction.
        alignment  one crop a clip, fixed by the inner eye corners; the paper aligns all frames to the first
                   by optical flow.
        frames     averaged is the displacement since the onset (``since_onset``). The mean of the motion from
                   frame to frame is the displacement at the offset alone, which is small where a clip returns
                   to neutral (96 rendered clips of 8 people, leave one out: accuracy 0.50 against 0.82).
        angle      (rho cos theta, rho sin theta) in the place of (rho, theta): for a linear classifier an
                   angle must not jump from pi to -pi, nor count where nothing moves. Both lie in [-1, 1]; no
                   statistics of other clips are needed.
        SVM        the abstract does not say which one: linear here.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from mer_models.shapes import Takes


class MDMO(nn.Module):
    """``since_onset``: average the displacement since the first frame; else the motion from step to step."""

    paper, n_parameters = "Liu et al. 2016", 87
    takes: ClassVar[Takes] = {"roi_flow": ((1, None), None, 2)}
    # The features have no unit: roi_flow18_iod gives what roi_flow18 gives.
    default_features = "roi_flow18"
    uses_aus = False

    def __init__(self, n_classes: int, *, n_rois: int = 14, since_onset: bool = True) -> None:
        super().__init__()
        self.n_rois, self.since_onset = n_rois, since_onset
        self.svm = nn.Linear(2 * n_rois, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[2:] != (self.n_rois, 2) or x.shape[1] < 1:
            raise ValueError(
                f"MDMO reads (B, T >= 1, {self.n_rois}, 2), got {tuple(x.shape)}; extract "
                f"roi_flow{self.n_rois}"
            )
        return self.svm(mdmo(x, since_onset=self.since_onset).flatten(1))


def mdmo(x: Tensor, *, since_onset: bool = True) -> Tensor:
    """Motion (B, T, N, 2) -> features (B, N, 2): the longest of a clip's N vectors has length 1; 0 for a clip
    without motion."""
    mean = (x.cumsum(1) if since_onset else x).mean(1)
    longest = torch.linalg.vector_norm(mean, dim=-1).amax(1)[:, None, None]
    return mean / torch.where(longest > 0, longest, 1)
