"""A learnt spotter: is this sample of a long video within a micro-expression, within a macro-expression?

Source  the way of SOFTNet (Liong et al., ICIP 2021, arXiv:2106.06489): a score a frame
        and kind, learnt from regional motion, and intervals where it is high.
Input   the curves of preprocessing.spotting.motion around the sample: for two scales and five groups of
        windows the motion up to it less that after it, as logarithm of pixels and in robust deviations of the
        same video, and the head's motion. 21 channels at about 30 samples a second.
Output  intervals: runs of samples whose probability is at least the threshold, at most half a second for a
        micro-expression, at most four for a macro-expression; score: the largest probability in the run.
Differs a convolution over time of about 100 samples (three layers, dilated, 16 channels) in the place of one
        over flow pictures, trained on frames that are within an interval or not in the place of a regression;
        one network for both kinds; no smoothing; the threshold is chosen by training people (folds.py), not
        given. The number of steps is fixed, so no epoch is chosen. None of its constants was tuned on a
        corpus.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from orchestrator.spotting.marked import Marked, Seen
from orchestrator.training.reproducible import reproducible
from preprocessing.spotting.motion import GROUPS, SCALES
from preprocessing.spotting.peaks import MACRO, MICRO, SHORTEST, Interval, apart

KINDS = tuple(SCALES)
STEPS, BATCH, CROP = 300, 16, 300  # steps of training, stretches in each, samples of a stretch
RATE, CHANNELS = 3e-3, 16
CHANNELS_IN = 2 * len(SCALES) * len(GROUPS) + 1
MOST_WEIGHT = 20.0  # of a sample that is within an expression
Array = NDArray[np.float32]


@dataclass(frozen=True)
class FrameCNN:
    """The spotter before it is fitted."""

    thresholds: tuple[float, ...] = tuple(round(0.05 * i, 2) for i in range(1, 20))
    usual: float = 0.5

    def fit(self, videos: Sequence[Marked], seed: int, /) -> FittedCNN:
        """On these videos alone: weights and normalisation. The same videos in the same order and the same
        seed give the same bits on one machine. Raises ValueError where none has a sample."""
        return _fitted(videos, seed)


class FittedCNN:
    """digest: of the weights and the normalisation."""

    def __init__(self, network: nn.Module, mean: Array, deviation: Array) -> None:
        self.network, self.mean, self.deviation = network.eval(), mean, deviation
        parts = [mean, deviation, *(tensor.numpy() for tensor in network.state_dict().values())]
        self.digest = hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()[:16]

    def __call__(self, seen: Seen, thresholds: Sequence[float]) -> list[list[Interval]]:
        probabilities = self.probabilities(seen)
        return [runs(probabilities, seen, one) for one in thresholds]

    def probabilities(self, seen: Seen) -> Array:
        """float32 (kinds, samples)."""
        if not len(seen.curves):
            return np.zeros((len(KINDS), 0), np.float32)
        x = torch.from_numpy((features(seen) - self.mean) / self.deviation)
        with reproducible("cpu"), torch.no_grad():
            made: Array = torch.sigmoid(self.network(x[None]))[0].numpy()
        made[:, ~np.isfinite(seen.curves).all((1, 2))] = 0  # without a face nothing is spotted
        return made


def features(seen: Seen) -> Array:
    """float32 (CHANNELS_IN, samples), of this video alone; 0 motion where there is no face."""
    known = np.isfinite(seen.curves).all((1, 2))
    pixels = np.where(known[:, None, None], seen.curves, 0).reshape(len(seen.curves), -1).astype(np.float64)
    held = pixels[known] if known.any() else pixels
    middle = np.median(held, axis=0)
    spread = 1.4826 * np.median(np.abs(held - middle), axis=0) + 1e-3
    robust = np.where(known[:, None], np.maximum(0, (pixels - middle) / spread), 0)
    head = np.nan_to_num(seen.head.astype(np.float64))[:, None]
    made: Array = np.log1p(np.hstack([10 * pixels, robust, head])).T.astype(np.float32)
    return made


def targets(video: Marked) -> Array:
    """float32 (kinds, samples): 1 within a true interval."""
    seen = video.seen
    made = np.zeros((len(KINDS), len(seen.curves)), np.float32)
    for one in video.true:
        low, high = ((at - seen.first) / seen.rate.step for at in (one.onset, one.offset))
        made[KINDS.index(one.kind), max(0, round(low)) : round(high) + 1] = 1
    return made


def runs(probabilities: Array, seen: Seen, threshold: float) -> list[Interval]:
    """Intervals of one video at one threshold; no two overlap."""
    found = []
    quiet = np.nan_to_num(seen.curves)
    for place, kind in enumerate(KINDS):
        over = np.diff((probabilities[place] >= threshold).astype(np.int8), prepend=0, append=0)
        for begin, end in zip(np.flatnonzero(over == 1), np.flatnonzero(over == -1), strict=True):
            seconds = (end - begin) / seen.rate.samples
            if not SHORTEST <= seconds <= (MICRO if kind == "micro" else MACRO):
                continue
            if kind == "macro" and seconds <= MICRO:
                continue
            inside = quiet[begin:end, place]
            apex, region = np.unravel_index(int(inside.argmax()), inside.shape)
            low, middle, high = (
                seen.first + min(int(at) * seen.rate.step, seen.frames - 1)
                for at in (begin, begin + apex, end - 1)
            )
            score = float(probabilities[place, begin:end].max())
            found.append(Interval(kind, low, middle, high, score, tuple(GROUPS)[int(region)]))
    return apart(found)


def network() -> nn.Sequential:
    """(batch, CHANNELS_IN, samples) -> logits (batch, kinds, samples)."""
    layers: list[nn.Module] = []
    inputs = CHANNELS_IN
    for dilation in (1, 4, 8):
        layers += [nn.Conv1d(inputs, CHANNELS, 9, padding=4 * dilation, dilation=dilation), nn.ReLU()]
        inputs = CHANNELS
    return nn.Sequential(*layers, nn.Conv1d(inputs, len(KINDS), 1))


def _fitted(videos: Sequence[Marked], seed: int) -> FittedCNN:
    pairs = [(features(one.seen), targets(one)) for one in videos if len(one.seen.curves)]
    if not pairs:
        raise ValueError("no training video has a sample")
    every = np.hstack([x for x, _ in pairs])
    mean, deviation = every.mean(1, keepdims=True), every.std(1, keepdims=True) + 1e-3
    inside = np.hstack([y for _, y in pairs]).mean(1)
    weight = np.clip((1 - inside) / np.maximum(inside, 1e-6), 1, MOST_WEIGHT)
    rng = np.random.default_rng(seed)
    share = np.array([x.shape[1] for x, _ in pairs], np.float64)
    with reproducible("cpu"):
        torch.manual_seed(seed)
        made = network()
        optimiser = torch.optim.Adam(made.parameters(), RATE)
        loss_of = nn.BCEWithLogitsLoss(pos_weight=torch.from_numpy(weight[:, None].astype(np.float32)))
        for _ in range(STEPS):
            drawn = [
                _stretch(*pairs[int(i)], rng) for i in rng.choice(len(pairs), BATCH, p=share / share.sum())
            ]
            x, y = (torch.from_numpy(np.stack(each)) for each in zip(*drawn, strict=True))
            x = (x - torch.from_numpy(mean)) / torch.from_numpy(deviation)
            loss = loss_of(made(x), y)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return FittedCNN(made, mean, deviation)


def _stretch(x: Array, y: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """CROP samples of a video in a row; what a shorter one lacks is 0."""
    start = int(rng.integers(0, max(1, x.shape[1] - CROP + 1)))
    lacks = ((0, 0), (0, max(0, CROP - x.shape[1])))
    return np.pad(x[:, start : start + CROP], lacks), np.pad(y[:, start : start + CROP], lacks)
