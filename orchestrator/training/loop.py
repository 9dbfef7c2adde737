"""Train one fold and evaluate it after every epoch; or fit one model on everybody. Pure functions of their
arguments.

What may touch training: the training clips, and through early stopping the validation clips. Test clips are
read only to write down the probabilities that the finished epoch's model gives them. The same arguments give
the same bits in any process on the same kind of device.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mer_models import MODELS
from mer_models.shapes import why_not
from orchestrator.common.seeds import seed_of
from orchestrator.study.jobs import FoldData, FoldJob, FoldResult
from orchestrator.study.recipe import Recipe
from orchestrator.training import normalise, schedules
from orchestrator.training.mixing import mix
from orchestrator.training.optimisers import OPTIMISERS
from orchestrator.training.parts import au_head
from orchestrator.training.parts.au_head import AUHead
from orchestrator.training.parts.averaging import WeightAverage, refresh_batch_norm
from orchestrator.training.parts.class_weights import class_weights
from orchestrator.training.parts.focal import focal_loss
from orchestrator.training.parts.hinge import hinge_loss
from orchestrator.training.prediction import logits, prepare, probabilities, resized, to_tensor
from orchestrator.training.recording import Recording, outputs_of
from orchestrator.training.reproducible import reproducible
from orchestrator.training.sampling import batches, drawn_counts, epoch_order
from orchestrator.training.targets import Batch, one_hot
from orchestrator.training.views import TrainingViews


class TrainingDiverged(ArithmeticError):
    """The training loss is no longer a finite number."""


@dataclass(frozen=True)
class TrainedModel:
    """A model in eval mode, with averaged weights where the recipe averages, and the normaliser that its
    inputs need."""

    model: nn.Module
    normaliser: dict[str, NDArray[Any]]
    epochs: int
    train_loss: float
    # what estimates a new clip's action units; None for a model that is given them, or takes none
    au_head: AUHead | None


def train_fold(job: FoldJob, data: FoldData, *, device: str = "cpu") -> FoldResult:
    """Train ``job`` on ``data`` and record validation and test probabilities after every epoch.

    Stops early on the validation loss if the recipe has a patience and there are validation clips. The seed
    depends on the names of model, protocol and fold and on the replicate, not on the configuration: trials of
    a sweep differ by configuration alone.

    Raises ValueError if job and data do not fit each other or the model, TrainingDiverged if the loss is not
    finite.
    """
    started = time.perf_counter()
    with reproducible(device):
        training, data = prepared(job, data, device)
        recording = Recording(job, data.y_validation, training.recipe)
        held_out = training.held_out(data)
        for epoch, train_loss, model in training.epochs():
            validation, test = (
                probabilities(model, views, aus, training.recipe, len(job.classes)) for views, aus in held_out
            )
            recording.outputs.append(outputs_of(model))
            if recording.add(epoch, train_loss, validation, test):
                break
    return recording.result(time.perf_counter() - started)


def prepared(job: FoldJob, data: FoldData, device: str) -> tuple[_Training, FoldData]:
    """What trains ``job``, and its data with the action units that the model is to see. Raises ValueError as
    ``train_fold``."""
    _check(job, data)
    names: tuple[object, ...] = (job.model, job.protocol, job.fold, job.seed)
    if job.member:
        names += ("member", job.member)  # the models of a committee begin apart
    if job.au == "predicted":
        data, _ = with_estimated_aus(data, names)
    return _Training(job.model, job.config, data, len(job.classes), names, device), data


def fit(
    model: str,
    config: dict[str, Any],
    data: FoldData,
    classes: tuple[str, ...],
    *,
    au: str,
    epochs: int,
    seed_names: tuple[object, ...],
    device: str = "cpu",
) -> TrainedModel:
    """The model after ``epochs`` epochs of the recipe on the training clips of ``data``; the rest of ``data``
    decides nothing. ``au`` as in FoldJob.

    The recipe's schedule spans ``recipe.epochs`` as in the sweep, and training stops on the way: the model is
    the one that a fold has at that epoch. Raises ValueError if ``epochs`` is not in 1..recipe.epochs.
    """
    if not 1 <= epochs <= config["recipe"]["epochs"]:
        raise ValueError(f"epochs must be in 1..recipe.epochs = {config['recipe']['epochs']}, got {epochs}")
    head = None
    with reproducible(device):
        if au == "predicted":
            data, head = with_estimated_aus(data, seed_names)
        training = _Training(model, config, data, len(classes), seed_names, device)
        _, train_loss, fitted = next(itertools.islice(training.epochs(), epochs - 1, None))
    return TrainedModel(fitted.eval(), training.normaliser, epochs, train_loss, head)


def with_estimated_aus(data: FoldData, seeds: tuple[object, ...]) -> tuple[FoldData, AUHead]:
    """The fold with estimates in the place of annotations, and the head that gave those of validation and
    test clips.

    The head learns from the training clips' annotations; a training clip's own estimate is by a head that has
    not seen its person. Raises ValueError where no training clip is annotated, or one person is all there is.
    """
    if data.aus_train is None:
        raise ValueError(
            "action units are to be predicted, but no training clip has annotations; use --au none"
        )
    seed = seed_of(*seeds, "action units")
    head = au_head.fit(data.x_train, data.aus_train, data.kind)
    own = au_head.cross_fit(data.x_train, data.aus_train, data.subjects_train, data.kind, seed)
    return replace(
        data, aus_train=own, aus_validation=head(data.x_validation), aus_test=head(data.x_test)
    ), head


class _Training:
    """One model, its training clips as normalised tensors, and its own random streams."""

    def __init__(
        self,
        name: str,
        config: dict[str, Any],
        data: FoldData,
        n_classes: int,
        seeds: tuple[object, ...],
        device: str,
    ) -> None:
        architecture: Any = MODELS[name]
        if len(data.x_train) == 0:
            raise ValueError("there is no clip to train on; the fold needs at least one other person")
        self.recipe, self.kind, self.channels = Recipe(**config["recipe"]), data.kind, data.channels
        kind, shape = data.kind, data.x_train.shape[1:]
        if reason := why_not(architecture, kind, shape, self.recipe.image_size):
            raise ValueError(f"{reason}; its own feature set is {architecture.default_features}")
        self.device = torch.device(device)
        self.seed: Callable[[str], int] = lambda purpose: seed_of(*seeds, purpose)
        self.uses_aus = architecture.uses_aus
        given: dict[str, int] = {"n_rois": data.x_train.shape[2]} if kind == "roi_flow" else {}
        aus = self.known(data.aus_train)
        if aus is not None:
            given["n_aus"] = aus.shape[1]
        torch.manual_seed(self.seed("weights"))
        self.model: nn.Module = architecture(n_classes, **given, **config["model"]).to(self.device)
        small = resized(data.x_train, kind, self.recipe)
        self.normaliser = normalise.fit(small, self.recipe.normalise, kind)
        self.clips = TrainingViews(small, self.normaliser, self.recipe, kind, data.channels, self.device)
        self.aus = to_tensor(aus, self.device)
        self.labels = data.y_train
        self.targets = one_hot(data.y_train, n_classes).to(self.device)
        self.weights = (
            class_weights(drawn_counts(data.y_train, n_classes, self.recipe.oversample)).to(self.device)
            if self.recipe.class_balance
            else None
        )
        self.order_rng, self.mixing_rng = (
            np.random.default_rng(self.seed(purpose)) for purpose in ("order", "mixing")
        )

    def exchanged(self, model: nn.Module) -> nn.Module:
        """Its own model, given away for one that the folds of a pack share, whose weights lie elsewhere."""
        own, self.model = self.model, model
        return own

    def known(self, aus: NDArray[Any] | None) -> NDArray[Any] | None:
        return aus if self.uses_aus else None

    def held_out(self, data: FoldData) -> list[tuple[Tensor, Tensor | None]]:
        """Views (V, n, ...), mirror images too if the recipe says so, and action units of the validation and
        of the test clips.

        Apart: in one batch, the bits of one could depend on the size of the other.
        """
        recipe, both = self.recipe, [(data.x_validation, data.aus_validation), (data.x_test, data.aus_test)]
        return [
            (
                prepare(x, self.normaliser, recipe, self.kind, self.channels, mirrored=recipe.tta).to(
                    self.device
                ),
                to_tensor(self.known(aus), self.device),
            )
            for x, aus in both
        ]

    def epoch_batches(self) -> list[NDArray[Any]]:
        """The batches of the next epoch: indices of training clips."""
        return batches(
            epoch_order(self.labels, self.recipe.oversample, self.order_rng), self.recipe.batch_size
        )

    def epochs(self) -> Iterator[tuple[int, float, nn.Module]]:
        """Train epoch by epoch: number, mean training loss, and the model to evaluate (averaged, once
        averaging has started)."""
        recipe = self.recipe
        optimiser = OPTIMISERS[recipe.optimiser](
            self.model.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay, fused=True
        )
        torch.manual_seed(self.seed("dropout"))
        average: WeightAverage | None = None
        for epoch in range(1, recipe.epochs + 1):
            for group in optimiser.param_groups:
                group["lr"] = schedules.learning_rate(epoch, recipe)
            self.model.train()
            total = 0.0
            for index in self.epoch_batches():
                total += self._step(optimiser, index) * len(index)
            loss = self.mean_loss(total, epoch)
            if schedules.averages(epoch, recipe):
                average = average or WeightAverage(self.model)
                average.update(self.model)
                self.refresh_batch_norm(average.model)
            yield epoch, loss, average.model if average else self.model

    def mean_loss(self, total: float, epoch: int) -> float:
        """The epoch's mean of the sum of all clips' losses. Raises TrainingDiverged if it is not finite."""
        loss = total / len(self.labels)
        if not math.isfinite(loss):
            raise TrainingDiverged(
                f"training loss is {loss} in epoch {epoch}; lower recipe.lr = {self.recipe.lr} or set "
                "recipe.grad_clip = 1"
            )
        return loss

    def batch(self, index: NDArray[Any]) -> Batch:
        """Training clips ``index`` as the model sees them: in their views, mixed, with noise. Draws from the
        fold's streams."""
        recipe, clips = self.recipe, torch.from_numpy(index)
        x = self.clips.show(index, *self.clips.draw(len(index), self.mixing_rng))
        targets, aus = self.targets[clips], None if self.aus is None else self.aus[clips]
        x, targets, aus = mix(
            x,
            targets,
            aus,
            kind=self.kind,
            mixup_alpha=recipe.mixup_alpha,
            cutmix_alpha=recipe.cutmix_alpha,
            rng=self.mixing_rng,
        )
        return x + recipe.noise * torch.randn_like(x) if recipe.noise else x, targets, aus

    def _step(self, optimiser: torch.optim.Optimizer, index: NDArray[Any]) -> float:
        x, targets, aus = self.batch(index)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
            out = logits(self.model, x, aus)
        loss = mean_over_clips(out, targets, self.recipe, self.weights)
        optimiser.zero_grad()
        loss.backward()
        if self.recipe.grad_clip:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.grad_clip)
        optimiser.step()
        return loss.item()

    def refresh_batch_norm(self, model: nn.Module) -> None:
        """Running statistics of ``model`` anew from this fold's training clips."""
        aus = None if self.aus is None else self.aus.repeat(len(self.clips.upright), 1)
        refresh_batch_norm(model, self.clips.upright.flatten(0, 1), aus, self.recipe.batch_size)


def mean_over_clips(out: Tensor, targets: Tensor, recipe: Recipe, weights: Tensor | None) -> Tensor:
    """The recipe's loss of logits (B, C) and targets (B, C), scalar."""
    if recipe.loss == "hinge":
        return hinge_loss(out, targets, weights=weights)
    return focal_loss(
        out, targets, gamma=recipe.focal_gamma, smoothing=recipe.label_smoothing, weights=weights
    )


def _check(job: FoldJob, data: FoldData) -> None:
    for part in ("train", "validation", "test"):
        named, given = len(getattr(job, part)), len(getattr(data, f"x_{part}"))
        labels = len(getattr(data, f"y_{part}", range(given)))
        aus = getattr(data, f"aus_{part}")
        if not named == given == labels or (aus is not None and len(aus) != named):
            raise ValueError(
                f"fold {job.fold}: the job names {named} {part} clips, the data holds {given} and {labels} "
                "labels"
            )
        x = getattr(data, f"x_{part}")
        bad = given - int(np.isfinite(x).all(tuple(range(1, x.ndim))).sum())
        if bad:
            raise ValueError(
                f"fold {job.fold}: {bad} {part} clips are not finite; leave out rows whose status is not ok"
            )
