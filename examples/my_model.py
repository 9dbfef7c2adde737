"""A model of your own: the mean motion of each facial region over the clip, then one linear layer.

    python -m orchestrator.sweep my_model --plugin examples/my_model.py --corpus synthetic --root FOLDER

One file: the network, and beside it what may vary. Copy it, rename it (the file's name is the model's),
change ``forward`` and the table. orchestrator.testing's ModelContract and SpaceContract check the result:
tests/examples shows how.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from search_spaces.parameters import Ablations, Choice, Fixed, Float, Parameters, Trial, published, suggest


class MeanMotion(nn.Module):
    """float32 (B, T, N, 2), u and v of N regions over T steps -> logits (B, n_classes)."""

    paper = "example, undated"  # whom to cite
    n_parameters = 87  # at 3 classes and 14 regions
    takes: ClassVar = {"roi_flow": ((1, None), None, 2)}  # kind of input -> shape of one clip
    default_features = "roi_flow14"
    uses_aus = False

    def __init__(self, n_classes: int, *, n_rois: int = 14, dropout: float = 0.2) -> None:
        """``n_classes`` and ``n_rois`` come from the data; any other argument is a key ``model.NAME``."""
        super().__init__()
        self.n_rois = n_rois
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * n_rois, n_classes))

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 4 or x.shape[1] < 1 or x.shape[2:] != (self.n_rois, 2):
            raise ValueError(f"MeanMotion reads (B, T, {self.n_rois}, 2), got {tuple(x.shape)}")
        return self.head(x.mean(1).flatten(1))


MODEL = MeanMotion
PARAMETERS: Parameters = {
    # key: value without a search, then the range
    "recipe.epochs": Fixed(40),
    "recipe.batch_size": Choice(16, (8, 16, 32)),
    "recipe.lr": Float(1e-2, 1e-3, 1e-1, log=True),
    "recipe.weight_decay": Float(1e-3, 1e-5, 1e-1, log=True),
    "model.dropout": Float(0.2, 0.0, 0.6),
}
PUBLISHED = published(PARAMETERS)
ABLATIONS: Ablations = {"full": {}, "no-dropout": {"model.dropout": 0.0}}  # rows of ``compare``


def space(trial: Trial) -> None:
    """Draw one configuration."""
    suggest(PARAMETERS, trial)
