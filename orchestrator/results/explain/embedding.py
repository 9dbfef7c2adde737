"""What the last layer of a model is given of each clip, and all folds' models in one space.

Each fold has a model of its own, and two networks that do the same have features that are turned against each
other. So every model also embeds the clips that it shares with the first one, and is turned to fit them
(orthogonal Procrustes): what is then drawn is the held-out clip alone, as its own fold's model sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


@torch.no_grad()
def features(model: nn.Module, predict: Callable[[], Tensor]) -> NDArray[np.float32]:
    """float32 (n, D): the inputs of the linear layers that give the logits, side by side, while ``predict``
    sends clips through the model."""
    found: dict[int, Tensor] = {}
    layers = [one for one in model.modules() if isinstance(one, nn.Linear)]
    with ExitStack() as stack:
        for number, layer in enumerate(layers):

            def keep(of: nn.Module, given: tuple[Any, ...], made: Any, number: int = number) -> None:
                if made.ndim == 2:
                    found[number] = given[0].flatten(1)

            stack.callback(layer.register_forward_hook(keep).remove)
        classes = predict().shape[1]
    last = [values for number, values in found.items() if layers[number].out_features == classes]
    return torch.cat(last, 1).numpy().astype(np.float32) if last else np.zeros((0, 0), np.float32)


def turned(one: NDArray[Any], first: NDArray[Any], shared: NDArray[np.bool_]) -> NDArray[Any]:
    """Features (n, D) turned, and moved, onto those of the first model (n, D') as their ``shared`` clips fit
    best: (n, max(D, D'))."""
    from scipy.linalg import orthogonal_procrustes

    width = max(one.shape[1], first.shape[1])
    a, b = (np.pad(of, ((0, 0), (0, width - of.shape[1]))).astype(np.float64) for of in (one, first))
    middle_a, middle_b = a[shared].mean(0), b[shared].mean(0)
    turn, _ = orthogonal_procrustes(a[shared] - middle_a, b[shared] - middle_b)
    made: NDArray[Any] = (a - middle_a) @ turn + middle_b
    return made


def drawn(points: NDArray[Any], dimensions: int, seed: int = 0) -> tuple[NDArray[Any], str]:
    """(n, dimensions) coordinates for a picture, and what they are: t-SNE, or principal components of clips
    that are too few for it."""
    if len(points) < 10:
        from sklearn.decomposition import PCA

        made = PCA(min(dimensions, *points.shape)).fit_transform(points)
        return np.pad(made, ((0, 0), (0, dimensions - made.shape[1]))), "principal components"
    from sklearn.manifold import TSNE

    near = min(30.0, (len(points) - 1) / 3)
    how = TSNE(dimensions, perplexity=near, init="pca" if points.shape[1] >= dimensions else "random",
               random_state=seed)  # fmt: skip
    return how.fit_transform(points.astype(np.float32)), f"t-SNE, perplexity {near:.0f}"
