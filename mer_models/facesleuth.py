"""FaceSleuth: oriented attention on the motion from onset to apex, a Swin transformer on the two faces,
action units.

Source  "FaceSleuth: Learning-Driven Single-Orientation Attention Verifies Vertical Dominance in
        Micro-Expression Recognition", sections 3.1-3.4; what the text leaves open follows the authors' code
        (github.com/Svardfox/FaceSleuth, 3b8837b).
Input   x float32 (B, 2, 3, H, W): onset and apex, RGB; H and W of 32 or more, 224 in the paper.
        aus float32 (B, n_aus) or None: 1 active, 0 not, in between after MixUp; a row of -1 means "no
        annotation".
Output  float32 (B, n_classes): logits; the loss applies the softmax.
Differs No count of the paper's can be met. It states 8.79 M parameters and patches of 128 channels, but the
        Swin of 128 channels and depths 2, 2, 6 alone has 21.6 M, and the authors' code about 76 M (their
        first linear layer has 51 M). It states 3.8 k parameters more for one learnt axis and 15.1 k for four;
        an axis has 2. The defaults have half of the code's channels and a narrow linear layer, 9.3 M in all;
        embed_dim=128, hidden_dim=512 has the sizes of the code, its stem 3 -> 180 -> 128 included (3 -> 90 ->
        64 by default). Where theta starts is an argument: the code's 72 degrees are another axis than ours
        (see orientation.py). The Swin's window is 7, its heads have 32 channels and its drop path is 0.1, and
        onset and apex share its weights, as in the code. The last maps, 14 x 14 at 224 px, are flattened as
        in the paper; other picture sizes are brought to 14 x 14 by averaging. The code normalises the flat
        vector over the batch, which fails on a last batch of one clip: here it is a layer normalisation,
        before the AUs are appended. One linear layer follows, as in the text (the code has two). AUs are
        embedded, so that a clip without annotation (a zero embedding) differs from one in which no AU is
        active.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Tensor, nn

from mer_models.backbone import load_weights
from mer_models.orientation import Axis, OrientedModule
from mer_models.shapes import Takes

ORIENTATIONS = ("cva", "shared", "independent", "frozen")
STREAMS = ("both", "motion", "faces")


class FaceSleuth(nn.Module):
    """``orientation``: "cva" pools rows; "shared" learns one axis, "independent" one per module, "frozen"
    keeps theta = 0.

    ``start``: where a learnt theta starts, in degrees; 0 is horizontal, 90 vertical, which is CVA. Of no
    effect for "cva" and "frozen".

    ``streams``: rows of section 4.2.1; "motion" is the attention on apex minus onset alone, "faces" the Swin
    alone.
    """

    paper = "Wu et al. 2025"
    n_parameters = 9_311_569
    takes: ClassVar[Takes] = {"frame_pair": (2, 3, (32, None), (32, None))}
    default_features = "onset_apex_frames"
    uses_aus = True
    pass_major = True  # the Swin gets all onsets, then all apexes
    depths = (2, 2, 6)  # of the Swin's stages

    def __init__(
        self,
        n_classes: int,
        *,
        n_aus: int = 0,  # 0: no AU branch
        orientation: str = "cva",
        start: float = 72.0,  # degrees in [0, 180)
        streams: str = "both",
        # channels of a patch and of the first two modules; both streams end with four times as many
        embed_dim: int = 64,
        hidden_dim: int = 64,  # of the flattened maps
        au_dim: int = 32,
        grid: int = 14,  # rows and columns of the maps that are flattened
        # chance in [0, 1) that the Swin's last block is skipped; less in the ones before
        drop_path: float = 0.1,
        dropout: float = 0.0,  # before the last layer; the authors' code defines one of 0.3 and leaves it out
        # a safetensors file with the Swin's weights, named as in its state_dict; "": random start
        weights: str = "",
    ) -> None:
        super().__init__()
        if orientation not in ORIENTATIONS:
            raise ValueError(f"orientation must be one of {', '.join(ORIENTATIONS)}: {orientation=}")
        if streams not in STREAMS or (streams == "faces" and orientation != "cva"):
            raise ValueError(
                f"streams must be one of {', '.join(STREAMS)}, and faces alone have no axis: {streams=}, "
                f"{orientation=}"
            )
        if (
            min(embed_dim, hidden_dim, au_dim, grid) < 1
            or embed_dim % 4
            or (embed_dim > 32 and embed_dim % 32)
        ):
            raise ValueError(
                f"sizes must be positive, embed_dim a multiple of 32, or of 4 below: "
                f"{embed_dim=}, {hidden_dim=}, {au_dim=}, {grid=}"
            )
        if not 0 <= start < 180:
            raise ValueError(f"start is the angle of an axis, in [0, 180) degrees: {start=}")
        if not (0 <= dropout < 1 and 0 <= drop_path < 1):
            raise ValueError(f"dropout and drop_path must be in [0, 1): {dropout=}, {drop_path=}")
        self.n_aus, self.grid, self.streams = n_aus, grid, streams
        self.axes = nn.ModuleList()
        if streams != "faces":
            wide = 45 * embed_dim // 32  # 180 for 128
            self.stem = nn.Sequential(
                nn.Conv2d(3, wide, 3, 2, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU(),
                nn.Conv2d(wide, embed_dim, 3, 1, 1, bias=False), nn.BatchNorm2d(embed_dim), nn.ReLU(),
            )  # fmt: skip
            sizes = [(1, 1, 1), (1, 1, 2), (1, 2, 2), (2, 4, 2)]  # channels in and out, in embed_dim; stride
            self.motion = nn.ModuleList(
                OrientedModule(i * embed_dim, o * embed_dim, stride, first=n == 0)
                for n, (i, o, stride) in enumerate(sizes)
            )
            for layer in (*self.stem.modules(), *self.motion.modules()):
                # as the authors; torch's own start would drown motion in the faces
                if isinstance(layer, nn.Conv1d | nn.Conv2d):
                    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            n_axes = {"cva": 0, "independent": 4}.get(orientation, 1)
            frozen = orientation == "frozen"
            self.axes = nn.ModuleList(
                Axis(0.0 if frozen else math.radians(start), learnable=not frozen) for _ in range(n_axes)
            )
        self.face = _swin(embed_dim, self.depths, drop_path, weights) if streams != "motion" else None
        self.flat = nn.Sequential(
            nn.Flatten(), nn.Linear(4 * embed_dim * grid**2, hidden_dim), nn.LayerNorm(hidden_dim)
        )
        self.au_embed = nn.Sequential(nn.Linear(n_aus, au_dim), nn.ReLU()) if n_aus else None
        self.head = nn.Sequential(
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim + au_dim * (self.au_embed is not None), n_classes),
        )

    def forward(self, x: Tensor, aus: Tensor | None = None) -> Tensor:
        """``aus`` None is the same as rows of -1. Raises ValueError for a wrong shape, or for AUs without the
        branch."""
        if x.ndim != 5 or x.shape[1:3] != (2, 3) or min(x.shape[3:]) < 32:
            raise ValueError(
                f"FaceSleuth reads (B, 2, 3, H, W) of 32 px or more, got {tuple(x.shape)}; extract "
                f"{self.default_features!r}"
            )
        onset, apex = x.unbind(1)
        maps: list[Tensor] = []
        if self.streams != "faces":
            maps.append(self._moved(apex - onset))
        if self.face is not None:
            # Windows stay 7 wide on small pictures, else the Swin shrinks them for good and no longer fits
            # its position table.
            # (2B, 14 * 14, 4E)
            faces = self.face(torch.cat([onset, apex]), always_partition=True).last_hidden_state
            maps += faces.mT.unflatten(2, [-(-side // 16) for side in x.shape[3:]]).chunk(2)
        parts = [self.flat(averaged(sum(maps[1:], start=maps[0]), self.grid))]
        if self.au_embed is not None:
            aus = x.new_full((len(x), self.n_aus), -1.0) if aus is None else aus
            parts.append(self.au_embed(aus.clamp(min=0)) * (aus >= 0).all(1, keepdim=True))
        elif aus is not None:
            raise ValueError(
                "this FaceSleuth has no AU branch (n_aus=0); pass no AUs, or build it with n_aus"
            )
        return self.head(torch.cat(parts, 1))

    def _moved(self, x: Tensor) -> Tensor:
        """Motion stream: (B, 3, H, W) -> (B, 4E, H / 16, W / 16); each module passes its attention on to the
        next."""
        maps, attention = self.stem(x), None
        for module, theta in zip(self.motion, self.thetas(), strict=True):
            # at 224: (B, E, 112, 112), (B, E, 56, 56) ... (B, 4E, 14, 14)
            maps, attention = module(maps, attention, theta)
        return maps

    def thetas(self) -> list[Tensor | None]:
        """The angle of each of the four modules in radians; None is CVA."""
        angles = [axis() for axis in self.axes] or [None]
        return angles * (4 // len(angles))

    def outputs(self) -> dict[str, float]:
        """The angle of each axis in degrees in [0, 180), 90 = vertical; nothing for CVA."""
        return {
            f"theta_{n}_degrees": math.degrees(axis().item()) % 180 for n, axis in enumerate(self.axes, 1)
        }


def averaged(maps: Tensor, side: int) -> Tensor:
    """Maps (B, C, H, W) as (B, C, side, side): torch's adaptive average pooling, as two products of matrices.

    torch's own adds up in no fixed order on a GPU when it goes back, so that a fold would not repeat itself.
    """
    down, across = (_shares(length, side, maps) for length in maps.shape[2:])
    return down @ maps @ across.mT


def _shares(length: int, side: int, like: Tensor) -> Tensor:
    """(side, length): row i averages the places from floor(i * length / side) to below
    ceil((i + 1) * length / side)."""
    place, row = torch.arange(length, device=like.device), torch.arange(side, device=like.device)[:, None]
    inside = (place >= row * length // side) & (place < -(-(row + 1) * length // side))
    return (inside / inside.sum(1, keepdim=True)).to(like.dtype)


def _swin(embed_dim: int, depths: tuple[int, ...], drop_path: float, weights: str) -> nn.Module:
    """Three Swin stages whose maps have 4 * embed_dim channels and a sixteenth of the picture's side."""
    from transformers import SwinConfig, SwinModel  # takes seconds: nobody else should wait for it

    heads = max(1, embed_dim // 32)
    config = SwinConfig(
        embed_dim=embed_dim, depths=depths, num_heads=(heads, 2 * heads, 4 * heads), drop_path_rate=drop_path
    )
    swin = SwinModel(config, add_pooling_layer=False)
    # 49 pixels a window, and a learnt bias: no fused kernel takes it, so the detour costs
    swin.set_attn_implementation("eager")
    load_weights(swin, weights, "Swin (its depths and embed_dim must agree)")
    return swin
