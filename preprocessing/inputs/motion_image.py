"""A whole clip in one image: sums over its frames of what changes, weighed by the frames' place in time.

Source  mesti: MESTI-MEGANet, eq. 4-5, the sum of both segments. dynamic_image: approximate rank pooling of
        Bilen et al., CVPR 2016, doi:10.1109/CVPR.2016.331, with frames averaged over time (the weights of
        their github.com/hbilen/dynamic-image-nets, 692975a). active_image: Verma et al., IJCNN 2020,
        arXiv:2005.07991, after their github.com/MonuVermaCV/OrigNet, 22c6e22 (ActiveImaging.py).
        affective_motion_image: Verma et al., IEEE MultiMedia 28, 2021, arXiv:2104.07569.
Output  float16 (3, S, S), S = Settings.image_size: red, green, blue in grey levels. The weighted sums are
        divided by the sum of their weights' magnitudes, so that clips of different lengths compare: signed,
        within -127.5..127.5. The affective motion image is a mean, 0..255. Without any movement all of them
        are 0.
Differs the papers show these images as pictures of 0..255, each scaled by its own range, the active image
        clipped at 0 and 255. Here they stay signed and keep their size: what a network reads is up to its
        recipe (recipe.normalise; search_spaces/mesti_recipe.py standardises them and says why). A missing
        frame is taken to be the mix of its neighbours that is right for its time.
        Verma's code works on grey frames, here every colour is summed. It pairs a frame with all earlier ones
        but its direct predecessor; so do we. The formula of the affective motion image is not at hand
        ("cumulates rapid and short-lived variational information"): the mean absolute change from frame to
        frame is taken. Up to T = 2 frames a definition may leave nothing to compare (mesti with the apex at
        the onset, active_image): the image is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.align import CROP
from preprocessing.gaps import BRIDGED
from preprocessing.inputs.settings import Settings
from preprocessing.inputs.view import Frame, Input, Shared, resized, triple
from preprocessing.schema import Clip

# T frames, place a of the apex among them (the onset's is 1) -> alpha_1 .. alpha_T
Weights = Callable[[int, int], NDArray[Any]]


def mesti(frames: int, apex: int) -> NDArray[Any]:
    """alpha float64 (T,) of eq. 4: up to the apex later frames minus earlier ones, after it earlier ones
    minus later ones."""
    t = np.arange(1, frames + 1)
    return np.where(t <= apex, 2 * t - apex - 1, frames - 2 * t + apex + 1).astype(np.float64)


def rank_pooling(frames: int, apex: int) -> NDArray[Any]:
    """alpha float64 (T,) of the dynamic image: V_q - V_t over all q > t, where V_t is the mean of the first t
    frames."""
    t = np.arange(1, frames + 1)
    harmonic = np.cumsum(1 / t)
    return 2 * (frames - t + 1) - (frames + 1) * (harmonic[-1] - harmonic + 1 / t)


def active(frames: int, apex: int) -> NDArray[Any]:
    """alpha float64 (T,) of the active image: I_q - I_t over all q > t + 1."""
    t = np.arange(1, frames + 1)
    return np.maximum(t - 2, 0.0) - np.maximum(frames - t - 1, 0.0)


class MotionImage(Input):
    kind = "image"
    gaps = BRIDGED
    dtype = "float16"
    settings = ("image_size",)

    def shape(self, settings: Settings) -> tuple[int, ...]:
        return (3, settings.image_size, settings.image_size)


class WeightedImage(MotionImage):
    unit = "grey levels, signed: weighted sum of the frames over the sum of the weights' magnitudes"

    def __init__(self, weights: Weights):
        self.weights = weights

    def collector(self, clip: Clip, settings: Settings) -> _Sum:
        onset, apex, offset = triple(clip)
        return _Sum(self.weights(offset - onset + 1, apex - onset + 1), onset, settings.image_size)


class AffectiveMotionImage(MotionImage):
    unit = "grey levels: mean absolute change from frame to frame"

    def collector(self, clip: Clip, settings: Settings) -> _Change:
        onset, _, offset = triple(clip)
        return _Change(offset - onset, settings.image_size)


class _Sum:
    def __init__(self, weights: NDArray[Any], onset: int, size: int):
        self.weights, self.onset, self.size = weights.astype(np.float32), onset, size
        self.first: NDArray[Any] | None = None
        self.before: Frame | None = None
        self.total = np.zeros((CROP, CROP, 3), np.float32)
        self.seen = 0

    def see(self, frame: Frame, shared: Shared) -> None:
        first = self.first = frame.colour if self.first is None else self.first
        # The weights add up to 0, so the first frame can be taken off each: rounding cannot draw a face where
        # nothing moves.
        at = frame.number - self.onset
        before = self.before
        if before is not None and frame.number - before.number > 1:
            self._bridge(before, frame, first, shared)
        since = _since(frame, first, shared)
        cv2.scaleAdd(since, float(self.weights[at]), self.total, dst=self.total)
        self.seen += frame.number - before.number if before else 1
        self.before = frame

    def _bridge(self, before: Frame, after: Frame, first: NDArray[Any], shared: Shared) -> None:
        """Add the frames that are missing between two, each the mix of both by its distance."""
        between = np.arange(before.number + 1, after.number)
        weights = self.weights[between - self.onset]
        share = ((between - before.number) / (after.number - before.number)).astype(np.float32)
        for frame, part in ((before, 1 - share), (after, share)):
            cv2.scaleAdd(
                _since(frame, first, shared), float((weights * part).sum()), self.total, dst=self.total
            )

    def result(self, shared: Shared) -> NDArray[Any]:
        _check_all(self.seen, len(self.weights))
        scale = float(np.abs(self.weights).sum()) or 1.0  # all weights are 0: so is the sum
        return resized(self.total / np.float32(scale), self.size).astype(np.float16)


def _since(frame: Frame, first: NDArray[Any], shared: Shared) -> NDArray[Any]:
    return shared.once(
        ("since onset", frame.number), lambda: cv2.subtract(frame.colour, first, dtype=cv2.CV_32F)
    )


class _Change:
    def __init__(self, steps: int, size: int):
        self.steps, self.size = steps, size
        self.before: Frame | None = None
        self.total = np.zeros((CROP, CROP, 3), np.float32)
        self.seen = 0

    def see(self, frame: Frame, shared: Shared) -> None:
        before = self.before or frame
        # over a gap too: the parts of a straight way are as long as all of it
        cv2.accumulate(cv2.absdiff(frame.colour, before.colour), self.total)
        self.seen += frame.number - before.number if self.before else 1
        self.before = frame

    def result(self, shared: Shared) -> NDArray[Any]:
        _check_all(self.seen, self.steps + 1)
        return resized(self.total / np.float32(max(self.steps, 1)), self.size).astype(np.float16)


def _check_all(seen: int, frames: int) -> None:
    if seen != frames:
        raise ValueError(
            f"{seen} of {frames} frames were read; an image of the whole clip needs all from onset to offset"
        )


INPUTS: dict[str, Input] = {
    "mesti": WeightedImage(mesti),
    "dynamic_image": WeightedImage(rank_pooling),
    "active_image": WeightedImage(active),
    "affective_motion_image": AffectiveMotionImage(),
}
