"""Spotters by name. Each is fitted on videos of training people alone, and gives, for one threshold after the
other, the intervals of a video that it has not seen.

    peaks      peaks.py: trained on nothing; the threshold is in robust deviations
    frame_cnn  frame_cnn.py: a small network; the threshold is a probability
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from orchestrator.spotting.frame_cnn import FrameCNN
from orchestrator.spotting.marked import Marked, Seen
from orchestrator.spotting.peaks import Peaks
from preprocessing.spotting.peaks import Interval


class Fitted(Protocol):
    """digest: 16 hex digits of what training has decided, "" where it has decided nothing."""

    @property
    def digest(self) -> str: ...

    def __call__(self, seen: Seen, thresholds: Sequence[float]) -> list[list[Interval]]: ...


class Spotter(Protocol):
    """thresholds: those among which training people choose, rising; usual: the one that is taken where nobody
    chooses."""

    @property
    def thresholds(self) -> tuple[float, ...]: ...

    @property
    def usual(self) -> float: ...

    def fit(self, videos: Sequence[Marked], seed: int, /) -> Fitted: ...


def spotters() -> dict[str, Spotter]:
    """New ones, by name."""
    return {"peaks": Peaks(), "frame_cnn": FrameCNN()}
