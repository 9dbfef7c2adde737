"""Which parts of training a fold uses: file of orchestrator/training -> function of (recipe section, mode of
the action units, arithmetic).

Every fold uses the files that are not named here, save those that a part alone imports. For a fold for which
its line is False training does not call a part, which a test holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Uses = Callable[[Mapping[str, Any], str, str], bool]

_TRAINING: dict[str, Uses] = {
    "packed.folds": lambda recipe, au, arithmetic: "packed" in arithmetic,
    "parts.au_head": lambda recipe, au, arithmetic: au == "predicted",
    # the recipe of an older program has no swa_last
    "parts.averaging": lambda recipe, *_: recipe["swa_start"] < 1 and not recipe.get("swa_last", False),
    "parts.class_weights": lambda recipe, *_: recipe["class_balance"],
    "parts.cutmix": lambda recipe, *_: recipe["cutmix_alpha"] > 0,
    "parts.focal": lambda recipe, *_: recipe["loss"] == "focal",
    "parts.hinge": lambda recipe, *_: recipe["loss"] == "hinge",
    "parts.minmax255": lambda recipe, *_: recipe["normalise"] == "minmax255",
    "parts.mirror": lambda recipe, *_: recipe["mirror"] > 0 or recipe["tta"],
    "parts.mixed_labels": lambda recipe, *_: recipe["mixup_alpha"] > 0 or recipe["cutmix_alpha"] > 0,
    "parts.mixup": lambda recipe, *_: recipe["mixup_alpha"] > 0,
    "parts.oversample": lambda recipe, *_: recipe["oversample"] > 0,
    "parts.per_component": lambda recipe, *_: recipe["normalise"] in ("scale", "standardise"),
    "parts.resize": lambda recipe, *_: recipe["image_size"] > 0,
    "parts.rotate": lambda recipe, *_: recipe["rotate"] > 0,
}
PARTS = {f"orchestrator.training.{name}": uses for name, uses in _TRAINING.items()}


def used(recipe: Mapping[str, Any], au: str, arithmetic: str) -> tuple[str, ...]:
    """The parts that a fold with this full recipe section uses. ``au`` and ``arithmetic`` as in FoldJob."""
    return tuple(name for name, uses in PARTS.items() if uses(recipe, au, arithmetic))
