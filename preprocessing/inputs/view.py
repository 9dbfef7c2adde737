"""What an input sees of a clip: aligned grey frames with their landmarks, one at a time; and the settings shared by all inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from preprocessing.flow import FLOWS, Flow


@dataclass(frozen=True)
class Settings:
    """Choices of an extraction; all of them are part of the feature set's version.

    flow   "farneback", "dis" or "tvl1".
    steps  T, the number of time steps that a clip's motion is standardised to.
    keep   share of a window's pixels, those with the largest motion, whose mean is the channel's motion (0..1].
    size   side of a flow picture in pixels.
    """

    flow: str = "farneback"
    steps: int = 16
    keep: float = 0.3
    size: int = 28

    def __post_init__(self) -> None:
        if self.flow not in FLOWS:
            raise ValueError(f"flow {self.flow!r} is unknown; known: {', '.join(FLOWS)}")
        if not (self.steps >= 1 and 0 < self.keep <= 1 and self.size >= 8):
            raise ValueError(f"steps >= 1, 0 < keep <= 1 and size >= 8 are needed, got {self}")


@dataclass(frozen=True)
class Frame:
    """One frame of a clip after alignment. grey uint8 (256, 256); landmarks float32 (68, 2) in crop pixels."""

    number: int
    grey: np.ndarray
    landmarks: np.ndarray


class Collector(Protocol):
    """Takes a clip's frames in order, then gives the input. ``flow`` is the flow method of the settings."""

    def see(self, frame: Frame, flow: Flow) -> None: ...
    def result(self, flow: Flow) -> np.ndarray: ...
