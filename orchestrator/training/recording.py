"""What is kept of a fold while it trains, epoch by epoch, and when its validation loss says to stop."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.study.jobs import FoldJob, FoldResult
from orchestrator.study.recipe import Recipe
from orchestrator.training import schedules


class Recording:
    """The records of one fold. ``add`` after every epoch, ``result`` at the end.

    recipe.patience: epochs without a better validation loss before stopping; 0: never. Without validation
    clips nothing stops a fold. Where the recipe averages weights (SWA), epochs count from the first averaged
    one. Our reading of STAG, section 4, which has both "early stopping" and an SWA that "is activated during
    the final phase of training": a fold that stops before has no such phase, and there another model is
    judged, the mean of weights.
    """

    def __init__(self, job: FoldJob, y_validation: NDArray[Any], recipe: Recipe) -> None:
        self.job, self.truth, self.patience = job, np.asarray(y_validation, np.int64), recipe.patience
        self.uncounted = schedules.averaging_starts(recipe) if recipe.swa_start < 1 else 0  # epochs
        self.rows: list[tuple[int, float, float, NDArray[Any], NDArray[Any]]] = []
        self.notes: list[str] = []
        self.outputs: list[dict[str, float]] = []  # one an epoch, of outputs_of
        self.best, self.stale = math.inf, 0

    def add(self, epoch: int, train_loss: float, validation: NDArray[Any], test: NDArray[Any]) -> bool:
        """Keep an epoch's loss and probabilities, float32 (v, C) and (t, C). Whether the fold is to stop
        after it."""
        validation_loss = _cross_entropy(validation, self.truth)
        self.rows.append((epoch, train_loss, validation_loss, validation, test))
        if epoch <= self.uncounted:
            return False
        self.stale = 0 if validation_loss < self.best else self.stale + 1
        self.best = min(self.best, validation_loss) if len(validation) else self.best
        if not (self.patience and len(validation) and self.stale >= self.patience):
            return False
        self.notes.append(
            f"stopped after epoch {epoch}: no better validation loss than {self.best:.4f} for {self.stale} "
            "epochs"
        )
        return True

    def result(self, seconds: float) -> FoldResult:
        epochs, train_losses, validation_losses, validation_probs, test_probs = zip(*self.rows, strict=True)
        return FoldResult(
            job_id=self.job.job_id,
            fold=self.job.fold,
            seed=self.job.seed,
            member=self.job.member,
            validation=self.job.validation,
            test=self.job.test,
            validation_truth=self.truth,
            epochs=np.array(epochs, np.int32),
            train_loss=np.array(train_losses, np.float32),
            validation_loss=np.array(validation_losses, np.float32),
            validation_probs=np.stack(validation_probs),
            test_probs=np.stack(test_probs),
            seconds=seconds,
            notes=tuple(self.notes),
            outputs={
                name: np.array([own[name] for own in self.outputs], np.float32)
                for name in (self.outputs[0] if self.outputs else {})
            },
        )


def reports(model: Any) -> bool:
    """Whether its class has a method ``outputs``; a layer of that name is none."""
    return callable(getattr(type(model), "outputs", None))


def outputs_of(model: Any) -> dict[str, float]:
    """What a model reports beside its logits. Raises ValueError for a number that is not finite."""
    name = type(model).__name__
    outputs: dict[str, float] = model.outputs() if reports(model) else {}
    for key, value in outputs.items():
        if not math.isfinite(value):
            raise ValueError(f"{name}.outputs() gives {key} = {value}; give finite numbers, or leave it out")
    return outputs


def _cross_entropy(probs: NDArray[Any], truth: NDArray[Any]) -> float:
    if len(truth) == 0:
        return math.nan
    return float(-np.log(np.maximum(probs[np.arange(len(truth)), truth].astype(np.float64), 1e-12)).mean())
