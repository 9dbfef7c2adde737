"""Learning rate and weight averaging per epoch: pure functions of the epoch's number and the recipe."""

from __future__ import annotations

import math

from orchestrator.study.recipe import Recipe


def averaging_starts(recipe: Recipe) -> int:
    """The last epoch before weights are averaged (SWA): epochs after it are. ``recipe.epochs`` when averaging
    is off."""
    return math.floor(recipe.swa_start * recipe.epochs)


def averages(epoch: int, recipe: Recipe) -> bool:
    """Whether the model to evaluate after ``epoch`` (1-based) is the mean of weights."""
    return epoch > averaging_starts(recipe) and not recipe.swa_last


def learning_rate(epoch: int, recipe: Recipe) -> float:
    """Learning rate of ``epoch`` (1-based): linear warm-up, then constant or cosine, then ``swa_lr`` while
    averaging.

    The cosine runs from lr at the end of the warm-up to swa_lr where averaging starts, or to 0 after the last
    epoch without it.
    """
    last = averaging_starts(recipe)
    if epoch > last:
        return recipe.swa_lr
    if epoch <= recipe.warmup_epochs:
        return recipe.lr * epoch / recipe.warmup_epochs
    if recipe.schedule == "constant":
        return recipe.lr
    floor = recipe.swa_lr if last < recipe.epochs else 0.0
    progress = (epoch - 1 - recipe.warmup_epochs) / (last - recipe.warmup_epochs)
    return floor + (recipe.lr - floor) * (1 + math.cos(math.pi * progress)) / 2
