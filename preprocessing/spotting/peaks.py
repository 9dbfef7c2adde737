"""Curves of a whole video -> candidate intervals.

Source  peaks above a threshold of the video's own, as in MDMD and in He, ACM MM 2021
        (doi:10.1145/3474085.3479225); at most half a second is a micro-expression, at most four a macro-
        expression, as MEGC has it.
Output  intervals in frames, inclusive, with apex and score (pixels of the 256 px crop), in order of time.
Differs the threshold of the short scale is the median plus SPREADS robust deviations, and at least LEAST
        pixels, where MDMD takes a share of the way from mean to maximum, which one strong movement raises for
        the whole video; that of the long scale, a sum of five flows, is the root of five times as high: in a
        short video expressions are most of the long curve. Onset and offset are taken from where the curve
        falls to half. Eyes are no group: a lid alone is no expression, and a brow counts only where it
        moves at least BESIDE_LIDS times as much as the lids (a blink pulls at the brows). A mouth that
        moves again and again within a second talks: its micro-expressions are dropped. The constants were
        chosen on the rendered videos of docs/results.md: its figure for them is no held-out one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from preprocessing.spotting.motion import GROUPS, SCALES, Rate

SPREADS = 8.0
LEAST = 0.3  # pixels
BESIDE_LIDS = 0.25
MICRO, MACRO = 0.5, 4.0  # seconds, at most
SHORTEST = 0.1  # seconds
WIDER = 1.8  # an interval is so many times as wide as its curve at half of its height
TALKS = 3  # mouth movements, each within RESTS seconds of the next
RESTS = 0.6
LOBE = 1.6  # a peak so much higher than the one a lag beside it casts that one
_NAMES = tuple(GROUPS)
_BROWS = [_NAMES.index(name) for name in ("left brow", "right brow")]
_MOUTH, _EYES = _NAMES.index("mouth"), _NAMES.index("eyes")


@dataclass(frozen=True)
class Interval:
    """Frames onset <= apex <= offset, inclusive. kind: "micro" or "macro". score: pixels of the crop at the
    apex; region: the group that moves most."""

    kind: str
    onset: int
    apex: int
    offset: int
    score: float
    region: str


def counted(curves: NDArray[Any]) -> NDArray[Any]:
    """Curves (n, scales, groups) as they count: no eyes, no brows in a blink, 0 where there is no face."""
    held = np.nan_to_num(np.array(curves, np.float64))
    for brow in _BROWS:
        held[..., brow] *= held[..., brow] >= BESIDE_LIDS * held[..., _EYES]
    held[..., _EYES] = 0
    return held


def threshold(curve: NDArray[Any], spreads: float = SPREADS) -> float:
    """Of one curve (n,) of the short scale of a whole video, 0 where no face was seen; in pixels."""
    seen = curve[curve > 0]
    if not len(seen):
        return LEAST
    middle = float(np.median(seen))
    return max(LEAST, middle + spreads * 1.4826 * float(np.median(np.abs(seen - middle))))


def intervals(
    curves: NDArray[Any], rate: Rate, frames: int, *, first: int = 0, spreads: float = SPREADS
) -> list[Interval]:
    """Candidates of a video of ``frames`` frames from number ``first`` on; no two overlap.

    curves   float32 (samples, scales, groups) of motion.Motion.
    spreads  robust deviations above the video's median at which a peak counts.
    """
    held = counted(curves)
    found: list[Interval] = []
    talks = _talking(held[:, 0, _MOUTH], rate)
    least = threshold(held[:, 0].max(1), spreads)
    for scale, (kind, lags) in enumerate(SCALES.items()):
        curve = held[:, scale].max(1)
        for apex in _peaks(curve, least * lags**0.5, lags * rate.lag):
            region = int(held[apex, scale].argmax())
            left, right = _half(curve, apex)
            onset, offset = apex - WIDER * (apex - left), apex + WIDER * (right - apex)
            seconds = (offset - onset) / rate.samples
            if (kind == "micro") != (seconds <= MICRO) or not SHORTEST <= seconds <= MACRO:
                continue
            if kind == "micro" and region == _MOUTH and talks[apex]:
                continue
            ends = [round(at * rate.step) for at in (onset, apex, offset)]
            low, middle, high = (first + min(max(0, at), frames - 1) for at in ends)
            found.append(Interval(kind, low, middle, high, float(curve[apex]), _NAMES[region]))
    return apart(found)


def _peaks(curve: NDArray[Any], least: float, apart: int) -> list[int]:
    """Places of maxima of at least ``least``, the largest within ``apart`` to either side; of equals the
    first."""
    places = np.flatnonzero(curve >= least)
    kept: list[int] = []
    for place in places[np.argsort(-curve[places], kind="stable")]:
        if curve[place] == curve[max(0, place - apart) : place + apart + 1].max() and all(
            abs(place - other) > apart for other in kept
        ):
            kept.append(int(place))
    return sorted(kept)


def _half(curve: NDArray[Any], apex: int) -> tuple[float, float]:
    """Where the curve falls to half of its height at ``apex`` on either side, between samples."""
    level = curve[apex] / 2
    ends = []
    for side, step in ((curve[: apex + 1][::-1], -1), (curve[apex:], 1)):
        under = np.flatnonzero(side < level)
        if not len(under):
            ends.append(float(apex + step * (len(side) - 1)))
            continue
        i = int(under[0])
        ends.append(apex + step * (i - 1 + (side[i - 1] - level) / (side[i - 1] - side[i])))
    return ends[0], ends[1]


def _talking(mouth: NDArray[Any], rate: Rate) -> NDArray[Any]:
    """bool (n,): in a run of at least TALKS peaks of the mouth's curve."""
    held = np.zeros(len(mouth), bool)
    peaks = _peaks(mouth, threshold(mouth), max(1, rate.lag // 2))
    # the lobes of half its height beside an expression's peak, a lag away, are no movements of their own
    peaks = [
        one
        for one in peaks
        if not any(abs(abs(one - p) - rate.lag) <= 1 and mouth[p] > LOBE * mouth[one] for p in peaks)
    ]
    run: list[int] = []
    for peak in [*peaks, len(mouth) * 2 + round(10 * rate.samples)]:
        if run and peak - run[-1] > RESTS * rate.samples:
            if len(run) >= TALKS and run[-1] - run[0] > RESTS * rate.samples:
                held[run[0] : run[-1] + 1] = True
            run = []
        run.append(peak)
    return held


def apart(found: Sequence[Interval]) -> list[Interval]:
    """Without those that overlap a better one."""
    kept: list[Interval] = []
    for one in sorted(found, key=lambda one: -one.score):
        if all(one.offset < other.onset or other.offset < one.onset for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.onset)
