"""A bundle's models and clips as they are stored -> importance, deletion curves and features."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from orchestrator.inference.bundle import Bundle, Member
from orchestrator.results.explain import deletion, embedding
from orchestrator.results.explain.methods import METHODS, Explained, explained
from orchestrator.results.explain.places import Places, of_input
from orchestrator.results.explain.still import seen
from orchestrator.training.prediction import logits
from orchestrator.training.reproducible import reproducible

AT_ONCE = 64  # clips whose features are made in one pass: bounds the memory
Given = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]


def of_bundle(
    bundle: Bundle,
    x: NDArray[Any],
    called: NDArray[np.int64],
    aus: NDArray[Any] | None = None,
    *,
    published: bool = False,
    landmarks: NDArray[Any] | None = None,
    only: Collection[str] = METHODS,
) -> tuple[Explained, Places]:
    """Importance of clips x (n, ...) as stored, the mean over the bundle's models.

    called     int64 (n,): the class that is explained. aus: as Bundle.probabilities.
    published, landmarks  as places.of_input. only: of methods.METHODS. Raises ValueError as that.
    """
    about, each = bundle.about, []
    with reproducible("cpu"):
        for one in bundle.members:
            shown, still, units = _given(bundle, one, x, aus, published)
            places = of_input(
                about.kind, about.channels, shown.shape[1:], published=published, landmarks=landmarks
            )
            each.append(explained(one.model, shown, still, units, torch.as_tensor(called), places, only))
    return mean_of(each), places


def dropped(
    bundle: Bundle, x: NDArray[Any], called: NDArray[np.int64], aus: NDArray[Any] | None,
    made: Explained, places: Places, *, published: bool, seed: int,
) -> dict[str, NDArray[np.float32]]:  # fmt: skip
    """Deletion curves (deletion.curves) of a bundle of one model. Arguments: as of_bundle, and what it
    gave."""
    (one,) = bundle.members
    with reproducible("cpu"):
        shown, still, units = _given(bundle, one, x, aus, published)
        order = made.importance | made.signed
        return deletion.curves(one.model, shown, still, units, torch.as_tensor(called), places, order, seed)


def features(
    bundle: Bundle, x: NDArray[Any], aus: NDArray[Any] | None, *, published: bool
) -> NDArray[np.float32]:
    """embedding.features of clips x by a bundle of one model."""
    (one,) = bundle.members
    made = []
    with reproducible("cpu"):
        for first in range(0, len(x), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            shown, _, units = _given(bundle, one, x[part], None if aus is None else aus[part], published)

            def predict(shown: torch.Tensor = shown, units: torch.Tensor | None = units) -> torch.Tensor:
                return logits(one.model, shown, units)

            made.append(embedding.features(one.model, predict))
    return np.concatenate(made)


def _given(bundle: Bundle, one: Member, x: NDArray[Any], aus: NDArray[Any] | None, published: bool) -> Given:
    """What the model is given: clips, still clips, action units."""
    about = bundle.about
    shown, still = seen(x, one.normaliser, one.recipe, about.kind, tuple(about.channels), published=published)
    units: Any = aus if one.head is None else one.head(x)
    known = units is not None and about.n_aus is not None
    return shown, still, torch.from_numpy(np.float32(units)) if known else None


def mean_of(each: list[Explained]) -> Explained:
    """The mean of what several models of one kind give the same clips."""

    def mean(of: list[Mapping[str, NDArray[np.float32]]]) -> dict[str, NDArray[np.float32]]:
        return {name: np.mean([one[name] for one in of], axis=0, dtype=np.float32) for name in of[0]}

    return replace(
        each[0],
        importance=mean([one.importance for one in each]),
        signed=mean([one.signed for one in each]),
        edges=mean([one.edges for one in each]),
    )
