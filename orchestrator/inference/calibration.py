"""Temperature scaling: how sure a model's probabilities should be, by people who validate.

A clip's probabilities p become p ** (1 / T), scaled to sum to 1: the class stays, T above 1 makes them less
sure (Guo et al., ICML 2017). T has the lowest mean cross-entropy on clips of validation people, whom the
model that gave the probabilities has not seen.

ECE     expected calibration error: clips in BINS bins by the probability of the class that is called; the
        mean over clips of |share that is right - mean probability| of their bin. Of clips scaled by the
        temperature of the other groups of people, so that nobody measures her own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10
COLDEST, HOTTEST = 0.05, 20.0  # of T
_STEPS = 60  # of golden sections: 1e-12 of the range


def scaled(probs: NDArray[Any], temperature: float) -> NDArray[Any]:
    """(n, C) -> float32 (n, C), rows sum to 1."""
    logs = np.log(np.maximum(probs.astype(np.float64), 1e-30)) / temperature
    made = np.exp(logs - logs.max(1, keepdims=True))
    shares: NDArray[Any] = (made / made.sum(1, keepdims=True)).astype(np.float32)
    return shares


def temperature(probs: NDArray[Any], truth: NDArray[Any]) -> float:
    """That of the lowest mean cross-entropy, from COLDEST to HOTTEST. probs (n, C), truth int (n,), n >=
    1."""
    logs = np.log(np.maximum(probs.astype(np.float64), 1e-30))

    def loss(log_t: float) -> float:
        each = logs / math.exp(log_t)
        most = each.max(1)
        sums = np.log(np.exp(each - most[:, None]).sum(1)) + most
        return float((sums - each[np.arange(len(truth)), truth]).mean())

    # convex in 1 / T, so it has one valley: golden sections over log T
    low, high, golden = math.log(COLDEST), math.log(HOTTEST), (math.sqrt(5) - 1) / 2
    for _ in range(_STEPS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) <= loss(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)


def reliability(probs: NDArray[Any], truth: NDArray[Any]) -> tuple[float, list[dict[str, float]]]:
    """(ECE, one row a bin that holds clips: "from", "to", "clips", "probability", "right")."""
    sure, right = probs.max(1).astype(np.float64), probs.argmax(1) == truth
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    rows = [
        {
            "from": one / BINS,
            "to": (one + 1) / BINS,
            "clips": int((bins == one).sum()),
            "probability": float(sure[bins == one].mean()),
            "right": float(right[bins == one].mean()),
        }
        for one in np.unique(bins)
    ]
    return sum(row["clips"] * abs(row["right"] - row["probability"]) for row in rows) / len(truth), rows


def fitted(probs: NDArray[Any], truth: NDArray[Any], groups: Sequence[int], people: int) -> dict[str, Any]:
    """The calibration of a bundle: "temperature", of all clips; "ece_before" and "ece", before and after
    scaling; "reliability", the bins after; "clips" and "people" that it is of.

    probs (n, C) and truth (n,) of validation clips; groups (n,): clips of one group never measure the
    temperature that they are part of; at least two.
    """
    group = np.asarray(groups)
    honest = np.empty(probs.shape, np.float32)
    for one in np.unique(group):
        mine = group == one
        honest[mine] = scaled(probs[mine], temperature(probs[~mine], truth[~mine]))
    ece, rows = reliability(honest, truth)
    return {
        "temperature": temperature(probs, truth),
        "ece_before": reliability(probs, truth)[0],
        "ece": ece,
        "reliability": rows,
        "clips": len(truth),
        "people": people,
    }
