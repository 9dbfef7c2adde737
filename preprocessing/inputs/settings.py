"""The choices of an extraction. What an input reads of them is part of its feature set's version.

This file is not: a new setting changes no number of an input that does not read it.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from preprocessing.errors import BadInput
from preprocessing.regular import regular

MIDDLE = "middle"
FINER = ("dis_fine",)  # flow methods of heads.py
SHA256 = "sha256:"
STABILISE, MOTION = ("none", "rigid"), ("absolute", "relative")


class SettingsError(BadInput):
    """A setting has a value that no extraction can use. Names the option, the rule and the value."""


@dataclass(frozen=True)
class Settings:
    """Choices of an extraction. Raises SettingsError for a value out of range.

    flow        "farneback", "dis" or "tvl1" (flow.FLOWS), or "dis_fine" (heads.dis_fine).
    steps       T, the number of time steps that a clip's motion is standardised to; at least 1.
    keep        share of a window's pixels, those with the largest motion, whose mean is the channel's motion
                (0..1].
    size        side in pixels of the small flow pictures (28 in STSTNet); at least 8.
    image_size  side in pixels of images and ROI flow maps (224 in the papers); at least 8.
    apex        stand-in for an apex that nobody annotated: "middle", or the name of a spotting method
                (apex.SPOTTERS).
    equalise    equalise the histogram of the aligned crop. One table per clip, from its first frame: a table
                per frame would make motion out of changing contrast.
    landmarks_every  seconds between two frames on which the landmark model runs; between them landmarks are
                interpolated. 0, or a clip without a frame rate: it runs on every frame.
    max_gap     most frames in a row that may be missing inside a clip for an input that bridges them
                (gaps.py); at least 0. Read for clips that lack frames, and part of the names of their shards
                alone.
    stabilise   "none": the crop of the first frame is kept; "rigid": it follows the head (heads.py).
    motion      "absolute": flow as it is; "relative": less the head's own motion (heads.py).
    landmarker  "": landmarks by the face mesh in MediaPipe's wheel; else a .task file of one's own
                (task_landmarks.py), made absolute; or the "sha256:..." that stands for one in a version, with
                which nothing can be extracted.

    Who reads what: the pipeline reads flow, apex, equalise, landmarks_every, stabilise, motion and
    landmarker; the inputs read the others, and each declares which (Input.settings).
    """

    flow: str = "farneback"
    steps: int = 16
    keep: float = 0.3
    size: int = 28
    image_size: int = 224
    apex: str = MIDDLE
    equalise: bool = False
    landmarks_every: float = 0.02
    max_gap: int = 2
    stabilise: str = "none"
    motion: str = "absolute"
    landmarker: str = ""

    @property
    def of_heads(self) -> bool:
        """Whether heads.py has a part in it."""
        return (self.stabilise, self.motion) != ("none", "absolute") or self.flow in FINER

    def __post_init__(self) -> None:
        from preprocessing.flow import FLOWS  # they import OpenCV, which whoever asks for a default can spare

        _one_of("flow", self.flow, (*FLOWS, *FINER))
        _one_of("stabilise", self.stabilise, STABILISE)
        _one_of("motion", self.motion, MOTION)
        if self.apex != MIDDLE:
            from preprocessing.apex import SPOTTERS

            _one_of("apex", self.apex, (MIDDLE, *SPOTTERS))
        for name, least in (("steps", 1), ("size", 8), ("image_size", 8), ("max_gap", 0)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise _wrong(name, value, f"a whole number of at least {least}")
        if not _is_number(self.keep) or not 0 < self.keep <= 1:
            raise _wrong("keep", self.keep, "a share above 0 and up to 1")
        if not _is_number(self.landmarks_every) or self.landmarks_every < 0:
            raise _wrong("landmarks_every", self.landmarks_every, "0 (every frame) or a number of seconds")
        if type(self.equalise) is not bool:
            raise _wrong("equalise", self.equalise, "true or false")
        object.__setattr__(self, "landmarker", file_of(self.landmarker))
        for name in ("keep", "landmarks_every"):  # 1 and 1.0 are one value, and one version
            object.__setattr__(self, name, float(getattr(self, name)))


def file_of(landmarker: str) -> str:
    """Its path from the root on, for a worker has another working directory; "" and a digest as they are.
    Raises NoRegularFile, NotPermitted."""
    if not landmarker or landmarker.startswith(SHA256):
        return landmarker
    return str(regular(Path(os.path.abspath(os.path.expanduser(landmarker)))))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise _wrong(name, value, f"one of {', '.join(known)}")


def _wrong(name: str, value: object, rule: str) -> SettingsError:
    return SettingsError(f"{name} is {value!r}; it must be {rule} (option --{name.replace('_', '-')})")
