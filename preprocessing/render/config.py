"""Settings of the synthetic corpus, what its difficulty scales, and the seeds of its random draws.

One frame pixel at the default size (320) is one *face pixel*: the face then measures about 256 pixels from
the top of the forehead to the chin. All lengths in this package are in face pixels unless a name says
otherwise; ``RenderConfig.unit`` converts them to frame pixels.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

# raise it when the same RenderConfig would give other bytes: older folders are then refused
GENERATOR_VERSION = 1
DEFAULT_SIZE = 320
DEFAULT_DIFFICULTY = 0.5
PLANTED_PARTS = ("brows", "mouth")

_RANGES: dict[str, tuple[float, float]] = {
    "seed": (0, 2**63 - 1),
    "subjects": (1, 999),
    "clips_per_subject": (1, 999),
    "size": (96, 1024),
    "fps": (1, 1000),
    "difficulty": (0.0, 1.0),
}


@dataclass(frozen=True)
class Level:
    """Everything that the difficulty changes, as numbers at one difficulty. Edit EASY and HARD below to tune
    the corpus."""

    amplitude_low: float  # face pixels: the peak motion of an expression is drawn uniformly from [low, high]
    amplitude_high: float
    weakest_unit: float  # relative strength of the weakest AU within one expression, 0..1
    dropped_unit: float  # probability that an expression of several AUs loses one of them
    blend: float  # probability that an expression is mixed with one of another emotion
    blend_strength: float  # how strong that other expression is at most, relative to the clip's own, 0..1
    # expected number of extra movements that carry no emotion (a weak AU or a lid movement), at most 2
    distractor: float
    distractor_strength: float  # their peak, relative to the expression's, 0..1
    asymmetry: float  # largest relative loss of strength on one side of the face, 0..1
    # face pixels: spread of the clip's constant resting expression (hides a class from single frames)
    resting: float
    drift: float  # face pixels: typical head translation over a clip
    drift_degrees: float  # typical head rotation over a clip
    drift_scale: float  # typical relative change of head size over a clip
    flicker: float  # relative brightness noise from frame to frame
    noise: float  # sensor noise, grey levels (standard deviation)
    missed_mark: float  # AU annotation: probability that a true AU is not marked
    confused_mark: float  # probability that a marked AU is mistaken for its neighbour
    extra_mark: float  # expected number of marks for AUs that are not there, at most 2


EASY = Level(
    amplitude_low=2.5, amplitude_high=4.0, weakest_unit=0.9, dropped_unit=0.0, blend=0.0, blend_strength=0.5,
    distractor=0.1, distractor_strength=0.25, asymmetry=0.1, resting=0.5,
    drift=0.15, drift_degrees=0.05, drift_scale=0.0005, flicker=0.001, noise=1.0,
    missed_mark=0.05, confused_mark=0.05, extra_mark=0.2,
)  # fmt: skip
HARD = Level(
    amplitude_low=1.0, amplitude_high=2.0, weakest_unit=0.3, dropped_unit=0.5, blend=0.9, blend_strength=1.0,
    distractor=1.5, distractor_strength=0.9, asymmetry=0.6, resting=1.5,
    drift=2.0, drift_degrees=0.6, drift_scale=0.006, flicker=0.010, noise=5.0,
    missed_mark=0.4, confused_mark=0.35, extra_mark=1.2,
)  # fmt: skip


@dataclass(frozen=True)
class RenderConfig:
    """One synthetic corpus. With the same versions of numpy, OpenCV and scikit-image it always gives the same
    bytes.

    seed               any integer >= 0; another seed gives other people and other clips.
    subjects           number of invented people, 1..999.
    clips_per_subject  clips of each of them, 1..999.
    size               frame height and width in pixels, 96..1024; the face takes 80 % of it.
    fps                written to the manifest; a clip has 18-28 frames whatever it is.
    difficulty         0 (easy) .. 1 (hard): between EASY and HARD, linearly.
    planted            "", or a part of the face (emotions.PLANTED): the emotion then shows there alone, and
                       two movements elsewhere in every clip say nothing of it. For tests of explanations.

    Raises ValueError naming the setting, its value and the allowed range.
    """

    seed: int = 0
    subjects: int = 12
    clips_per_subject: int = 10
    size: int = DEFAULT_SIZE
    fps: int = 100
    difficulty: float = DEFAULT_DIFFICULTY
    # not in the text by which a workspace names the folder of its usual corpus
    planted: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            number = isinstance(value, int | float) if name == "difficulty" else isinstance(value, int)
            if isinstance(value, bool) or not number or not low <= value <= high:
                kind = "a number" if name == "difficulty" else "a whole number"
                raise ValueError(
                    f"RenderConfig: {name} must be {kind} from {low:g} to {high:g}, got {name}={value!r}"
                )
        if self.planted not in ("", *PLANTED_PARTS):
            raise ValueError(
                f"RenderConfig: planted must be one of {', '.join(PLANTED_PARTS)}, or nothing, got "
                f"planted={self.planted!r}"
            )
        object.__setattr__(self, "difficulty", float(self.difficulty))  # 1 and 1.0 are the same corpus

    def said(self) -> dict[str, Any]:
        """All settings by name; ``planted`` only where something is, so that older folders say the same."""
        return {name: value for name, value in asdict(self).items() if name != "planted" or value}

    @property
    def unit(self) -> float:
        """Frame pixels per face pixel."""
        return self.size / DEFAULT_SIZE

    @property
    def level(self) -> Level:
        """What the difficulty means in numbers."""
        share = self.difficulty
        return Level(
            **{
                f.name: (1 - share) * getattr(EASY, f.name) + share * getattr(HARD, f.name)
                for f in fields(Level)
            }
        )

    def subject_name(self, subject_index: int) -> str:
        """``p01`` for subject 0. Raises IndexError outside the corpus."""
        if not 0 <= subject_index < self.subjects:
            raise IndexError(f"subject_index must be in 0..{self.subjects - 1}, got {subject_index}")
        return f"p{subject_index + 1:02d}"

    def clip_name(self, clip_index: int) -> str:
        """``c01`` for clip 0. Raises IndexError outside the corpus."""
        if not 0 <= clip_index < self.clips_per_subject:
            raise IndexError(f"clip_index must be in 0..{self.clips_per_subject - 1}, got {clip_index}")
        return f"c{clip_index + 1:02d}"


def generator(seed: int, *names: str) -> np.random.Generator:
    """Random generator of one named thing: independent of all others, of their order, and of the process that
    asks."""
    digest = hashlib.sha256("|".join([str(seed), *names]).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))
