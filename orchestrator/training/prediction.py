"""From stored inputs to class probabilities: the one way that validation, test and a deployed model share."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from orchestrator.study.recipe import Recipe
from orchestrator.training import normalise
from orchestrator.training.parts.mirror import mirror
from orchestrator.training.parts.resize import resize

CHUNK = 1024  # clips per forward pass at evaluation: bounds the memory


def predict(
    model: nn.Module,
    normaliser: dict[str, NDArray[Any]],
    recipe: Recipe,
    kind: str,
    channels: tuple[str, ...],
    x: NDArray[Any],
    aus: NDArray[Any] | None,
    n_classes: int,
) -> NDArray[Any]:
    """Class probabilities float32 (n, C), rows sum to 1, of inputs x (n, ...) as stored. With TTA if the
    recipe says so.

    ``aus`` float32 (n, n_aus) or None. The model is put into eval mode; a clip's row does not depend on the
    other clips.
    """
    views = prepare(x, normaliser, recipe, kind, channels, mirrored=recipe.tta).to(
        next(model.parameters()).device
    )
    return probabilities(model, views, to_tensor(aus, views.device), recipe, n_classes)


def prepare(
    x: NDArray[Any],
    normaliser: dict[str, NDArray[Any]],
    recipe: Recipe,
    kind: str,
    channels: tuple[str, ...],
    *,
    mirrored: bool,
) -> Tensor:
    """Normalised views, float32 (V, n, ...): the clips and, if asked for, their mirror images.

    Every view is normalised alike, with what was fitted on clips that were not mirrored.
    """
    x = resized(x, kind, recipe)
    views = [x, mirror(x, kind, channels)] if mirrored else [x]
    return torch.from_numpy(
        np.stack([normalise.apply(view, recipe.normalise, kind, normaliser) for view in views])
    )


def resized(x: NDArray[Any], kind: str, recipe: Recipe) -> NDArray[Any]:
    """Clips (n, ...) as stored, in the size that the recipe asks for."""
    return resize(x, kind, recipe.image_size) if recipe.image_size else x


@torch.no_grad()
def probabilities(
    model: nn.Module, views: Tensor, aus: Tensor | None, recipe: Recipe, n_classes: int
) -> NDArray[Any]:
    """Mean over the views of the softmax: views (V, n, ...), aus (n, A) or None -> float32 (n, C)."""
    if not views.shape[1]:  # nobody validates; not every model takes an empty batch
        return np.zeros((0, n_classes), np.float32)
    model.eval()
    x, aus = views.flatten(0, 1), None if aus is None else aus.repeat(len(views), 1)
    with torch.autocast(x.device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16"):
        parts = [
            logits(model, x[i : i + CHUNK], None if aus is None else aus[i : i + CHUNK])
            for i in range(0, len(x), CHUNK)
        ]
    shares = torch.softmax(torch.cat(parts).float(), -1)
    return shares.unflatten(0, views.shape[:2]).mean(0).cpu().numpy()


def logits(model: nn.Module, x: Tensor, aus: Tensor | None) -> Tensor:
    """A model without AU support gets x only."""
    return model(x, aus) if model.uses_aus else model(x)


def to_tensor(array: NDArray[Any] | None, device: torch.device) -> Tensor | None:
    return None if array is None else torch.from_numpy(np.asarray(array, np.float32)).to(device)
