"""Several folds of one model as one program: their weights lie on a new first axis, and each operation serves
all of them.

On a GPU a small model's step takes as long to start as K models' steps together. On a CPU nothing is gained.

Differs from ``train_fold``, fold by fold, by float32 rounding alone: weights at the start, order of clips,
views, mixing, noise, dropout, statistics, clipping, averaging and stopping are the fold's own. Batches of
unequal size are padded with clips that count for nothing (replay.py). A fold that has fewer batches in an
epoch, or has stopped, sits the others' steps out. Rounding depends on what else is in the pack, so a fold has
the same bits in the same pack only. Epochs amplify rounding; a deep network that normalises maps of one pixel
over few clips does so a thousandfold a step, alone too when its input changes by a rounding.
Memory  K times what one fold takes: weights, optimiser, activations, and the fold's normalised clips.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call, vmap

from orchestrator.study.jobs import FoldData, FoldJob, FoldResult, canonical_json
from orchestrator.training import schedules
from orchestrator.training.loop import mean_over_clips, prepared
from orchestrator.training.packed.replay import Draw, Recorder, Replay, padded
from orchestrator.training.packed.stacked import Stack, StackedAdam, clipped, whole_or
from orchestrator.training.prediction import CHUNK, logits
from orchestrator.training.recording import Recording, outputs_of, reports
from orchestrator.training.reproducible import reproducible
from orchestrator.training.sampling import batches

# Keys of the recipe that each fold of a pack may have its own value of.
OWN = (
    "lr",
    "swa_lr",
    "warmup_epochs",
    "schedule",
    "weight_decay",
    "grad_clip",
    "patience",
    "class_balance",
    "oversample",
    "mirror",
    "rotate",
    "noise",
    "mixup_alpha",
    "cutmix_alpha",
    "normalise",
)
Inputs = dict[str, Any]


def why_not(model: str, config: dict[str, Any]) -> str:
    """ "" if folds of the model with this full configuration can be packed, else a sentence that says why
    not."""
    if config["recipe"]["precision"] == "bfloat16":
        return (
            f"{model} with recipe.precision = bfloat16 rounds to three digits, which a fold in a pack and "
            "alone would do apart"
        )
    return ""


def pack_key(job: FoldJob) -> Hashable:
    """Jobs with equal keys may be packed: other folds and replicates of a trial, and trials that differ by
    keys in OWN alone."""
    recipe = {name: value for name, value in job.config["recipe"].items() if name not in OWN}
    rest = canonical_json([recipe, job.config["model"]])
    return job.model, rest, job.features, job.corpus, job.au, job.classes, job.code


def train_folds(
    jobs: Sequence[FoldJob], data: Sequence[FoldData], *, device: str = "cpu"
) -> list[FoldResult]:
    """Train all ``jobs`` on their ``data`` as one program: one result a job, in their order, as
    ``train_fold`` gives.

    ``seconds`` of each result is the pack's time divided by the number of folds.

    Raises ValueError if the jobs cannot be one pack, or a job and its data do not fit each other or the
    model; TrainingDiverged if the loss of any fold is not finite.
    """
    started = time.perf_counter()
    if len({pack_key(job) for job in jobs}) != 1:
        raise ValueError("a pack needs one or more jobs with the same pack_key; group the jobs by it")
    if reason := why_not(jobs[0].model, jobs[0].config):
        raise ValueError(f"folds of {jobs[0].model} cannot be packed: {reason}; train them one by one")
    with reproducible(device):
        pack = _Pack(jobs, data, device)
        alive = list(range(len(jobs)))
        for epoch in range(1, pack.recipe.epochs + 1):
            losses = pack.train(epoch, alive)
            validation, test = pack.probabilities(alive)
            for row in alive:
                pack.recordings[row].outputs.append(pack.outputs(row))
            alive = [
                row
                for row, *probs in zip(alive, validation, test, strict=True)
                if not pack.recordings[row].add(epoch, losses[row], *probs)
            ]
            if not alive:
                break
    seconds = (time.perf_counter() - started) / len(jobs)
    return [recording.result(seconds) for recording in pack.recordings]


class _Pack:
    """K folds; row k of every stacked tensor is fold k."""

    def __init__(self, jobs: Sequence[FoldJob], data: Sequence[FoldData], device: str) -> None:
        ready = [prepared(job, one, device) for job, one in zip(jobs, data, strict=True)]
        self.folds = [training for training, _ in ready]
        self.recordings = [
            Recording(job, one.y_validation, training.recipe)
            for job, (training, one) in zip(jobs, ready, strict=True)
        ]
        self.recipe, self.device = self.folds[0].recipe, self.folds[0].device
        self.held_out = [
            _stacked_views(part) for part in zip(*(t.held_out(one) for t, one in ready), strict=True)
        ]
        self.model = self.folds[0].model  # whose code runs; its weights are not used
        self.stack = Stack.of([training.exchanged(self.model) for training in self.folds])
        self.average: Stack | None = None
        self.averaged = 0
        self.pass_major = getattr(self.model, "pass_major", False)
        self.adam = StackedAdam(self.stack.weights, decoupled=self.recipe.optimiser == "adamw")
        self.weights = torch.stack(
            [
                torch.ones(len(jobs[0].classes), device=self.device) if t.weights is None else t.weights
                for t in self.folds
            ]
        )
        self.draws: dict[int, list[Draw]] = {}
        for training in self.folds:
            self._record(training)
        self.streams = [_Stream(training.seed("dropout"), self.device) for training in self.folds]

    def _record(self, training: Any) -> None:
        """What the model draws for each size of batch that the fold will have."""
        x = training.clips.upright[0]
        self.model.train()
        for size in {len(index) for index in batches(np.arange(len(x)), self.recipe.batch_size)}:
            if size not in self.draws:
                with torch.no_grad(), Recorder() as recorder:
                    logits(self.model, x[:size], None if training.aus is None else training.aus[:size])
                self.draws[size] = recorder.draws

    def train(self, epoch: int, alive: list[int]) -> dict[int, float]:
        """One epoch of the folds ``alive``: mean training loss of each. Averages the weights where the recipe
        does."""
        todo = {row: self.folds[row].epoch_batches() for row in alive}
        self.model.train()
        rates = {row: schedules.learning_rate(epoch, self.folds[row].recipe) for row in alive}
        totals = torch.zeros(len(self.folds), dtype=torch.float64, device=self.device)
        for number in range(max(map(len, todo.values()))):
            rows = [row for row in alive if number < len(todo[row])]
            totals[whole_or(rows, len(totals))] += self._step(
                rows, [todo[row][number] for row in rows], rates
            )
        sums = totals.tolist()
        losses = {row: self.folds[row].mean_loss(sums[row], epoch) for row in alive}
        if schedules.averages(epoch, self.recipe):
            self._average(alive)
        return losses

    def _step(self, rows: list[int], indices: list[NDArray[Any]], rates: dict[int, float]) -> Tensor:
        """One step of the folds ``rows`` on clips ``indices`` of each: sum of the clips' losses, float32
        (R,)."""
        recipes = [self.folds[row].recipe for row in rows]
        where = whole_or(rows, len(self.folds))
        inputs = self._inputs(rows, indices)
        weights = self.stack.weights[where].detach().requires_grad_()
        buffers = {name: value[where] for name, value in self.stack.buffers.items()}
        losses = vmap(self._loss)(self.stack.named(weights), buffers, inputs)
        (gradient,) = torch.autograd.grad(losses.sum(), weights)
        gradient = clipped(gradient, [recipe.grad_clip for recipe in recipes])
        decays = [recipe.weight_decay for recipe in recipes]
        self.adam.step(self.stack.weights, rows, gradient, [rates[row] for row in rows], decays)
        if not isinstance(where, slice):
            for name, value in buffers.items():  # what was changed is a copy
                self.stack.buffers[name][where] = value
        return losses.detach() * torch.tensor([len(index) for index in indices], device=self.device)

    def _inputs(self, rows: list[int], indices: list[NDArray[Any]]) -> Inputs:
        """The folds' batches, each drawn from its own streams, padded to the longest and stacked."""
        size, parts = max(map(len, indices)), []
        for row, index in zip(rows, indices, strict=True):
            clips = len(index)
            with self.streams[row].resumed():
                x, targets, aus = self.folds[row].batch(index)
                draws = [draw() for draw in self.draws[clips]]
            fill = torch.arange(size, device=self.device).clamp(
                max=clips - 1
            )  # a clip that is there: zeros could have a slope without bound
            part: Inputs = {"x": x[fill], "targets": targets[fill]}
            if aus is not None:
                part["aus"] = aus[fill]
            if min(map(len, indices)) < size:
                part["kept"] = padded(x.new_ones(clips), clips, size)
            part["draws"] = [padded(draw, clips, size, pass_major=self.pass_major) for draw in draws]
            parts.append(part)
        inputs: Inputs = {
            name: torch.stack([part[name] for part in parts]) for name in parts[0] if name != "draws"
        }
        inputs["draws"] = [torch.stack(each) for each in zip(*(part["draws"] for part in parts), strict=True)]
        inputs["weights"] = self.weights[whole_or(rows, len(self.folds))]
        return inputs

    def _loss(self, parameters: dict[str, Tensor], buffers: dict[str, Tensor], inputs: Inputs) -> Tensor:
        """Of one fold: mean loss of its clips."""
        kept = inputs.get("kept")
        with Replay(inputs["draws"], kept):
            out = self._logits(parameters, buffers, inputs["x"], inputs.get("aus"))
        losses = vmap(lambda z, y: mean_over_clips(z[None], y[None], self.recipe, inputs["weights"]))(
            out, inputs["targets"]
        )
        return losses.mean() if kept is None else (losses * kept).sum() / kept.sum()

    def _logits(
        self, parameters: dict[str, Tensor], buffers: dict[str, Tensor], x: Tensor, aus: Tensor | None
    ) -> Tensor:
        given = (x, aus) if self.model.uses_aus else (x,)
        return functional_call(self.model, (parameters, buffers), given)

    def _average(self, alive: list[int]) -> None:
        if self.average is None:
            self.average = self.stack.copy()
        self.averaged += 1
        self.average.weights.lerp_(self.stack.weights, 1 / self.averaged)
        if self.average.buffers:  # without any there is no batch normalisation
            for row in alive:
                self.average.into(self.model, row)
                self.folds[row].refresh_batch_norm(self.model)
                for name, value in self.model.named_buffers():
                    self.average.buffers[name][row] = value

    def outputs(self, row: int) -> dict[str, float]:
        """What the model of fold ``row`` reports beside its logits."""
        if reports(self.model):
            (self.average or self.stack).into(self.model, row)
        return outputs_of(self.model)

    @torch.no_grad()
    def probabilities(self, alive: list[int]) -> Iterator[list[NDArray[Any]]]:
        """Of validation and of test clips: float32 (n, C) for each fold of ``alive``."""
        stack = self.average or self.stack
        where = whole_or(alive, len(self.folds))
        parameters = stack.named(stack.weights[where])
        buffers = {name: value[where] for name, value in stack.buffers.items()}
        self.model.eval()
        for inputs, shapes in self.held_out:
            chosen = {name: value[where] for name, value in inputs.items()}
            longest, chunk = chosen["x"].shape[1], max(1, CHUNK // len(alive))
            parts = [self.weights.new_zeros(len(alive), 0, self.weights.shape[1])]  # no fold may have a clip
            for begin in range(0, longest, chunk):
                part = {name: value[:, begin : begin + chunk] for name, value in chosen.items()}
                with Replay((), None):
                    parts.append(
                        vmap(lambda p, b, i: self._logits(p, b, i["x"], i.get("aus")))(
                            parameters, buffers, part
                        )
                    )
            shares = torch.softmax(torch.cat(parts, 1), -1).cpu()
            yield [
                share[: views * n].unflatten(0, (views, n)).mean(0).numpy()
                for share, (views, n) in zip(shares, [shapes[row] for row in alive], strict=True)
            ]


def _stacked_views(folds: Sequence[tuple[Tensor, Tensor | None]]) -> tuple[Inputs, list[tuple[int, int]]]:
    """Views (V, n, ...) and action units of each fold -> inputs (K, longest, ...), padded with zeros, and
    each fold's (V, n)."""
    longest = max(views.shape[0] * views.shape[1] for views, _ in folds)

    def fill(x: Tensor) -> Tensor:
        return torch.cat([x, x.new_zeros(longest - len(x), *x.shape[1:])])

    inputs = {"x": torch.stack([fill(views.flatten(0, 1)) for views, _ in folds])}
    if folds[0][1] is not None:
        inputs["aus"] = torch.stack(
            [fill(aus.repeat(len(views), 1)) for views, aus in folds if aus is not None]
        )
    return inputs, [(views.shape[0], views.shape[1]) for views, _ in folds]


class _Stream:
    """A fold's own stream of torch's random numbers on the device."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.generator = torch.default_generator
        if device.type == "cuda":
            self.generator = torch.cuda.default_generators[device.index or 0]
        torch.manual_seed(seed)
        self.state = self.generator.get_state()

    @contextlib.contextmanager
    def resumed(self) -> Iterator[None]:
        self.generator.set_state(self.state)
        yield
        self.state = self.generator.get_state()
