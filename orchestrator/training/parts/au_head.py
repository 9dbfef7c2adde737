"""Action units of a new person's clip, estimated by a small head that is fitted on the fold's training people
alone.

Input   x (n, ...), clips of any kind as stored (kinds.KINDS); aus float32 (n, A): 1 active, 0 not, a row of
        -1 where not annotated.
Output  float32 (n, A), probabilities in (0, 1).

Features  roi_flow: the path (summed flow) of each window, less the straight line to its end, averaged over
          time: a micro-expression goes and comes back, a turning head drifts. Pictures: every plane averaged
          over the cells of a grid; frame_pair: apex minus onset of these.
Head      standardised features; one linear score per AU by ridge regression on 0 and 1, in closed form, which
          estimates the share of active clips; the probability is a sigmoid of the score, centred and sloped
          as this share is at the AU's base rate, times SLOPE. Classes are not weighted: a rare AU's
          probability is to stay a rare one. An AU that is never active in training gets (0 + 1/2) / (clips +
          1), whatever the clip.
Measured  on people held out of two synthetic corpora (120 clips of 12, 240 of 24; AUs of at least three
          clips): mean AUC 0.73 and 0.77 from roi_flow14, 0.71 and 0.78 from onset_apex_flow, 0.62 and 0.68
          from onset_apex_frames (chance is 0.5), 0.51 from apex_frame, a single frame. Log loss 0.32 and 0.30
          from roi_flow14, 0.36 and 0.34 from base rates alone. Logistic regression with L2 ranked the clips
          no better (AUC up to 0.03 lower) at fifty times the cost.
All of it is torch in float64: with one thread, which the caller sets, the same clips give the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from orchestrator.training.kinds import KINDS

# per feature, so that their number does not matter; between 0.1 and 1 AUC differs by at most 0.02
RIDGE = 0.3
# scores of new people say less than those of training clips; at 1 their log loss is 0.01 to 0.06 higher
SLOPE = 0.5
LARGEST = 9.0  # logit; float32 still tells its probability from 1
# cells along a side, at most; a picture of one region shows little and shows it large
GRID, REGION_GRID = 14, 7
GROUPS = 5


@dataclass(frozen=True)
class AUHead:
    """A fitted head. kind as in KINDS; mean (F,) of the features, weights (F, A) and bias (A,) of the logits,
    all float64."""

    kind: str
    mean: NDArray[Any]
    weights: NDArray[Any]
    bias: NDArray[Any]

    def __call__(self, x: NDArray[Any]) -> NDArray[Any]:
        """Probabilities, float32 (m, A), of clips (m, ...) as stored; m may be 0."""
        return self._of_features(_features(x, self.kind))

    def _of_features(self, features: Tensor) -> NDArray[Any]:
        logits = (features - torch.from_numpy(self.mean)) @ torch.from_numpy(self.weights) + torch.from_numpy(
            self.bias
        )
        return torch.sigmoid(logits.clamp(-LARGEST, LARGEST)).float().numpy()

    def state(self) -> dict[str, NDArray[Any]]:
        """All of it as named arrays, for ``of``; the kind as the bytes of its name."""
        kind = np.frombuffer(self.kind.encode(), np.uint8).copy()
        return {"kind": kind, "mean": self.mean, "weights": self.weights, "bias": self.bias}

    @classmethod
    def of(cls, state: Mapping[str, NDArray[Any]]) -> AUHead:
        return cls(state["kind"].tobytes().decode(), state["mean"], state["weights"], state["bias"])


def fit(x: NDArray[Any], aus: NDArray[Any], kind: str) -> AUHead:
    """The head of these clips; clips without annotation are left out.

    Raises ValueError when no clip is annotated.
    """
    known = _annotated(aus)
    return _solve(_features(x[known], kind), aus[known], kind)


def cross_fit(
    x: NDArray[Any], aus: NDArray[Any], subjects: Sequence[str], kind: str, seed: int
) -> NDArray[Any]:
    """Estimates for the training clips themselves, float32 (n, A), each by a head that has not seen its
    person.

    A head's estimates of the clips that it was fitted on are far better than those of a new person's clips,
    and a model that trains on them learns to trust them. People are dealt into GROUPS groups by ``seed``, or
    stand alone where they are fewer; the annotated ones first, so that there is one outside every group.
    Raises ValueError for fewer than two annotated people.
    """
    people, person = np.unique(np.asarray(subjects), return_inverse=True)
    known = _annotated(aus)
    annotated = np.isin(np.arange(len(people)), person[known])
    if annotated.sum() < 2:
        raise ValueError(
            f"action units can be predicted from two annotated people on, got {int(annotated.sum())} of "
            f"{len(people)}; use --au none"
        )
    order = np.random.default_rng(seed).permutation(len(people))
    order = order[np.argsort(~annotated[order], kind="stable")]
    group = np.empty(len(people), np.int64)
    group[order] = np.arange(len(people)) % min(GROUPS, len(people))
    features, estimates = _features(x, kind), np.empty(aus.shape, np.float32)
    for g in range(group.max() + 1):
        own = group[person] == g
        others = ~own & known
        estimates[own] = _solve(features[others], aus[others], kind)._of_features(features[own])
    return estimates


def _annotated(aus: NDArray[Any]) -> NDArray[Any]:
    return (aus >= 0).all(1)


def _solve(features: Tensor, aus: NDArray[Any], kind: str) -> AUHead:
    """Ridge of annotated clips: minimal sum of squared errors + RIDGE * F * sum of squared weights."""
    n, size = features.shape
    if n == 0:
        raise ValueError(
            "no training clip has annotated action units, so none can be predicted; use --au none"
        )
    active = torch.from_numpy(aus.astype(np.float64))
    mean, scale = features.mean(0), features.std(0, correction=0)
    scale[scale <= 1e-9 * features.abs().max()] = 1.0  # constant, up to rounding
    z, target = (features - mean) / scale, active - active.mean(0)
    if size <= n:
        weights = torch.linalg.solve(z.T @ z + RIDGE * size * torch.eye(size, dtype=z.dtype), z.T @ target)
    else:  # the same weights from the smaller of the two systems
        weights = z.T @ torch.linalg.solve(z @ z.T + RIDGE * size * torch.eye(n, dtype=z.dtype), target)
    base = (active.sum(0) + 0.5) / (n + 1)
    weights = SLOPE * weights / scale[:, None] / (base * (1 - base))
    # contiguous: ``solve`` gives columns after another, which safetensors would write as if they were rows
    return AUHead(kind, mean.numpy(), weights.contiguous().numpy(), torch.logit(base).numpy())


def _features(x: NDArray[Any], kind: str) -> Tensor:
    """Clips (n, ...) as stored -> float64 (n, F)."""
    if not KINDS[kind].picture:
        path = torch.from_numpy(x.astype(np.float64)).cumsum(1)  # (n, T, N, 2)
        steps = path.shape[1]
        if steps > 1:  # a single step has nothing to come back from
            path = path - path[:, -1:] * (torch.arange(1, steps + 1) / steps)[:, None, None]
        return path.mean(1).flatten(1)
    pooled = _pooled(x, REGION_GRID if kind in ("roi_maps", "roi_stack") else GRID)
    return pooled[:, 1].flatten(1) - pooled[:, 0].flatten(1) if kind == "frame_pair" else pooled.flatten(1)


def _pooled(x: NDArray[Any], grid: int) -> Tensor:
    """(n, ..., H, W) -> float64 (n, ..., h, w), h and w at most ``grid``. Clip by clip: large pictures are
    float16 or uint8."""
    *planes, height, width = x.shape[1:]
    cells = (min(grid, height), min(grid, width))
    out = torch.empty(len(x), math.prod(planes), *cells, dtype=torch.float64)
    for i, clip in enumerate(x):
        out[i] = adaptive_avg_pool2d(
            torch.from_numpy(clip.reshape(-1, height, width).astype(np.float32)), cells
        )
    return out.reshape(len(x), *planes, *cells)
