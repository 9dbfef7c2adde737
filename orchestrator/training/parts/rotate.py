"""Another valid clip with the same expression: turned by a few degrees. On stored inputs, before
normalisation.

Input   clips of any kind, (n, ...) as stored; kinds.KINDS says which components are vectors.
Output  same shape, float32. The face's vectors (u, v) turn by the same angle. Strain and colours keep their
        values; labels and action units stay.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from orchestrator.training.kinds import KINDS

ANGLES = (5.0, -5.0, 10.0, -10.0)  # degrees; MESTI-MEGANet, section III-C


def rotate(x: NDArray[Any], kind: str, degrees: float) -> NDArray[Any]:
    """Copy of ``x`` turned by ``degrees`` about the middle, clockwise as seen (rows count downwards). Borders
    are repeated.

    roi_flow has no picture to turn; its windows stay and their vectors turn, as for a head held askew. Raises
    ValueError for a flow picture that was min-max scaled to 0..255: its vectors have lost their zero and
    their common scale.
    """
    if kind == "flow_picture" and len(x) and ((x.min((-2, -1)) == 0) & (x.max((-2, -1)) == 255))[:, :2].all():
        raise ValueError(
            "published flow pictures are min-max scaled, so their vectors cannot be turned; set "
            "recipe.rotate=0"
        )
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turned = x.astype(np.float32)
    if KINDS[kind].picture:
        rows, columns = x.shape[-2:]
        flat = torch.from_numpy(turned.reshape(-1, 1, rows, columns))
        back = torch.tensor([[cos, sin * rows / columns, 0.0], [-sin * columns / rows, cos, 0.0]])
        grid = F.affine_grid(back.expand(len(flat), 2, 3), list(flat.shape), align_corners=False)
        turned = (
            F.grid_sample(flat, grid, padding_mode="border", align_corners=False).numpy().reshape(x.shape)
        )
    planes = np.moveaxis(turned, KINDS[kind].components, 0)  # a view
    for u, v in KINDS[kind].vectors:
        planes[u], planes[v] = cos * planes[u] - sin * planes[v], sin * planes[u] + cos * planes[v]
    return turned
