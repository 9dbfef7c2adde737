"""Train folds as train_fold and train_folds do, and keep copies of each model at the epochs at which it may
come to count: for whoever takes a sweep's own models home.

Kept are the last epoch, the one that ``nested`` takes (best on the fold's own validation people) and, under a
patience, that of the lowest validation loss: every rule that looks at one fold at a time takes one of them. A
rule that looks at several folds may take another, which is trained again from the job.

The loops stand here again, so that a fold's code version (study/versions.py) is not that of what is kept: a
test compares both, to the bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from orchestrator.selection import metrics
from orchestrator.selection.records import Rank, ranks
from orchestrator.study.jobs import FoldData, FoldJob, FoldResult
from orchestrator.training.loop import prepared
from orchestrator.training.packed import folds as packed
from orchestrator.training.parts import au_head
from orchestrator.training.parts.au_head import AUHead
from orchestrator.training.prediction import probabilities
from orchestrator.training.recording import Recording, outputs_of
from orchestrator.training.reproducible import reproducible

State = dict[str, Tensor]
NORMALISER, HEAD = "normaliser/", "au_head/"


@dataclass(frozen=True)
class Kept:
    """What is kept of a fold's model. states: number of an epoch -> its arrays by name, on the CPU."""

    states: dict[int, State]
    normaliser: dict[str, NDArray[Any]]
    head: AUHead | None

    def to_bytes(self) -> bytes:
        """As safetensors: "EPOCH/name", "normaliser/name", "au_head/name"."""
        arrays = {
            f"{epoch}/{name}": array for epoch, own in self.states.items() for name, array in own.items()
        }
        arrays |= {NORMALISER + name: _tensor(value) for name, value in self.normaliser.items()}
        if self.head is not None:
            arrays |= {HEAD + name: _tensor(value) for name, value in self.head.state().items()}
        return safetensors.torch.save(arrays)

    @classmethod
    def of_bytes(cls, data: bytes) -> Kept:
        """What ``to_bytes`` gave."""
        states: dict[int, State] = {}
        rest: dict[str, dict[str, NDArray[Any]]] = {NORMALISER: {}, HEAD: {}}
        for name, array in safetensors.torch.load(data).items():
            before, _, own = name.partition("/")
            if before.isdigit():
                states.setdefault(int(before), {})[own] = array
            else:
                rest[f"{before}/"][own] = array.numpy()
        return cls(states, rest[NORMALISER], AUHead.of(rest[HEAD]) if rest[HEAD] else None)


@dataclass
class Keeper:
    """Of one fold while it trains: copies at the epochs that are the best so far in one respect, and at
    ``also``."""

    truth: NDArray[Any]
    n_classes: int
    patience: int
    also: int = 0
    states: dict[int, State] = field(default_factory=dict)
    _best: dict[str, tuple[Rank, int]] = field(default_factory=dict)

    def add(self, recording: Recording, state: Callable[[], State], *, last: bool) -> None:
        """After Recording.add. state: gives a copy of the arrays; last: the fold ends with this epoch."""
        epoch, _, loss, validation, _ = recording.rows[-1]
        loss = float(np.float32(loss))  # as a result holds it, by which the rules choose
        found: dict[str, Rank] = {"last": (1.0, 0.0)} if last else {}
        if len(self.truth):
            counts = metrics.confusion(self.truth, validation.argmax(1), self.n_classes)
            found["nested"] = ranks(counts[None], np.array([loss]))[0]
            if self.patience and math.isfinite(loss):
                found["loss"] = (-loss, 0.0)
        better = [
            name for name, rank in found.items() if name not in self._best or rank > self._best[name][0]
        ]
        if better or epoch == self.also:
            self._best |= {name: (found[name], epoch) for name in better}
            self.states[epoch] = state()
            wanted = {self.also, *(at for _, at in self._best.values())}
            self.states = {at: own for at, own in self.states.items() if at in wanted}


def train_keeping(
    jobs: Sequence[FoldJob], data: Sequence[FoldData], *, device: str = "cpu", also: int = 0
) -> list[FoldResult]:
    """Results of train_fold, or of train_folds where the jobs are more than one, each with its ``weights``
    (Kept.to_bytes). also: number of an epoch that is kept too. Raises as these do."""
    if len(jobs) > 1:
        return _pack(jobs, data, device)
    (job,), (one,) = jobs, data
    started = time.perf_counter()
    with reproducible(device):
        training, seen = prepared(job, one, device)
        recording = Recording(job, seen.y_validation, training.recipe)
        keeper = Keeper(recording.truth, len(job.classes), training.recipe.patience, also)
        held_out = training.held_out(seen)
        for epoch, train_loss, model in training.epochs():
            validation, test = (
                probabilities(model, views, aus, training.recipe, len(job.classes)) for views, aus in held_out
            )
            recording.outputs.append(outputs_of(model))
            stop = recording.add(epoch, train_loss, validation, test)
            keeper.add(recording, lambda of=model: _copied(of), last=stop or epoch == training.recipe.epochs)  # type: ignore[misc]
            if stop:
                break
        return [_with(recording.result(time.perf_counter() - started), job, one, training, keeper)]


def _pack(jobs: Sequence[FoldJob], data: Sequence[FoldData], device: str) -> list[FoldResult]:
    started = time.perf_counter()
    with reproducible(device):
        pack = packed._Pack(jobs, data, device)  # a public name would be another code version of every fold
        keepers = [
            Keeper(recording.truth, len(jobs[0].classes), training.recipe.patience)
            for recording, training in zip(pack.recordings, pack.folds, strict=True)
        ]
        alive = list(range(len(jobs)))
        for epoch in range(1, pack.recipe.epochs + 1):
            losses = pack.train(epoch, alive)
            validation, test = pack.probabilities(alive)
            going = []
            for row, *probs in zip(alive, validation, test, strict=True):
                recording = pack.recordings[row]
                recording.outputs.append(pack.outputs(row))
                stop = recording.add(epoch, losses[row], *probs)
                keepers[row].add(
                    recording,
                    lambda of=row: _unstacked(pack, of),  # type: ignore[misc]
                    last=stop or epoch == pack.recipe.epochs,
                )
                going += [] if stop else [row]
            alive = going
            if not alive:
                break
        seconds = (time.perf_counter() - started) / len(jobs)
        return [
            _with(pack.recordings[row].result(seconds), jobs[row], data[row], pack.folds[row], keepers[row])
            for row in range(len(jobs))
        ]


def _with(result: FoldResult, job: FoldJob, data: FoldData, training: Any, keeper: Keeper) -> FoldResult:
    head = None
    if job.au == "predicted" and data.aus_train is not None:  # without any, ``prepared`` has raised
        head = au_head.fit(data.x_train, data.aus_train, data.kind)  # the one that the fold asked
    return replace(result, weights=Kept(keeper.states, training.normaliser, head).to_bytes())


def _copied(model: nn.Module) -> State:
    return {name: array.detach().cpu().clone().contiguous() for name, array in model.state_dict().items()}


def _unstacked(pack: Any, row: int) -> State:
    """The arrays of one fold of a pack. The pack's own model is the form that they are poured into: its
    weights are not used."""
    (pack.average or pack.stack).into(pack.model, row)
    return _copied(pack.model)


def _tensor(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))
