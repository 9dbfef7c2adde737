"""The plan of one clip: everything random about it, drawn from the corpus seed and the names of its person
and clip."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from preprocessing.render.au_fields import AU_PARTS, LID, au_fields
from preprocessing.render.config import DEFAULT_SIZE, Level, RenderConfig, generator
from preprocessing.render.emotions import (
    ELSEWHERE,
    PLANTED,
    VARIANTS,
    annotation,
    corpus_emotions,
    three_class,
)
from preprocessing.render.people import neutral_landmarks

MIN_FRAMES, MAX_FRAMES = 18, 28
MAX_AMPLITUDE = 4.0  # face pixels, of any single AU
_POSE_SPREAD = np.array([3.0, 3.0, np.radians(1.2), 0.012])  # how differently a person sits from clip to clip
_NARROW = (5, 7, 23, 24, LID)  # held at rest they would smear the lids or lips
_UNILATERAL = 0.5  # a side weaker than this is marked L or R by the annotator


@dataclass(frozen=True, eq=False)
class Unit:
    """One movement of a clip.

    amplitude  face pixels, the length of its largest vector on the stronger side at its own peak.
    sides      relative strength on the subject's right and left side, the larger one is 1.
    course     (frames,) 0..1, strength over time; exactly 0 at the onset frame, except for role ``resting``
               (all 1).
    role       "expression", "distractor" or "resting".
    """

    au: int
    amplitude: float
    sides: tuple[float, float]
    course: NDArray[np.float64]
    role: str

    @property
    def side(self) -> str:
        """Annotation prefix: "R" or "L" when the other side hardly moves, else ""."""
        right, left = self.sides
        return "R" if left < _UNILATERAL else "L" if right < _UNILATERAL else ""


@dataclass(frozen=True, eq=False)
class ClipPlan:
    """One clip. Frame numbers are absolute and inclusive, as in the file names.

    pose    (frames, 4) head position: x and y in face pixels, rotation in radians (clockwise as seen), log of
            the scale; about the frame's centre.
    gain    (frames,) brightness factor.  noise  (frames,) where each frame starts in the noise bank, 0..1.
    aus     the annotator's text, with misses and extra marks.
    """

    subject_index: int
    clip_index: int
    subject: str
    clip: str
    emotion: str
    units: tuple[Unit, ...]
    onset: int
    apex: int
    offset: int
    pose: NDArray[np.float64]
    gain: NDArray[np.float64]
    noise: NDArray[np.float64]
    aus: str

    @property
    def frames(self) -> int:
        return self.offset - self.onset + 1

    def index(self, frame: int) -> int:
        """0-based position of an absolute frame number. Raises IndexError outside onset..offset."""
        if not self.onset <= frame <= self.offset:
            raise IndexError(
                f"{self.subject}/{self.clip}: frame must be in {self.onset}..{self.offset}, got {frame}"
            )
        return frame - self.onset


def clip_plan(config: RenderConfig, subject_index: int, clip_index: int) -> ClipPlan:
    """Plan of one clip. Depends on nothing but the configuration and the two indices (0-based)."""
    subject, clip = config.subject_name(subject_index), config.clip_name(clip_index)
    rng = generator(config.seed, "clip", subject, clip)
    level = config.level
    emotion = _emotions(config)[subject_index][clip_index]
    frames = int(rng.integers(MIN_FRAMES, MAX_FRAMES + 1))
    apex = round(frames * rng.uniform(0.35, 0.6))
    pose = rng.normal(0, 1, 4).clip(-1.8, 1.8) * _POSE_SPREAD + _drift(frames, level, rng)
    expression = _expression(config, subject_index, emotion, frames, apex, pose[0], rng)
    peak = max(unit.amplitude for unit in expression)
    distractors = _distractors(level, peak, frames, rng)
    if config.planted:
        distractors = _elsewhere(config.planted, peak, frames, apex, level, rng)
    units = (*expression, *distractors, *_resting(level, frames, rng))
    onset = int(rng.integers(1, 400))
    return ClipPlan(
        subject_index, clip_index, subject, clip, emotion, units,
        onset=onset, apex=onset + apex, offset=onset + frames - 1, pose=pose,
        gain=1.0 + np.r_[0.0, rng.normal(0, level.flicker, frames - 1)], noise=rng.random(frames),
        aus=annotation([(unit.au, unit.side) for unit in expression], config, rng),
    )  # fmt: skip


@lru_cache(maxsize=4)
def _emotions(config: RenderConfig) -> list[list[str]]:
    return corpus_emotions(config)


def _course(frames: int, start: int, apex: int, end: int, left_over: float) -> NDArray[np.float64]:
    """Raised cosine from 0 at ``start`` to 1 at ``apex`` and back to ``left_over`` at ``end``, which it
    keeps."""
    t = np.arange(frames)
    rise = np.clip((t - start) / (apex - start), 0, 1)
    fall = np.clip((t - apex) / max(end - apex, 1), 0, 1)
    up, down = (1 - np.cos(np.pi * rise)) / 2, (1 + np.cos(np.pi * fall)) / 2
    return np.where(t <= apex, up, left_over + (1 - left_over) * down)


def _sides(level: Level, rng: np.random.Generator) -> tuple[float, float]:
    weaker = 1 - level.asymmetry * rng.random()
    return (1.0, weaker) if rng.random() < 0.5 else (weaker, 1.0)


def _variant(emotion: str, rng: np.random.Generator) -> tuple[int, ...]:
    return VARIANTS[emotion][int(rng.integers(len(VARIANTS[emotion])))]


def _expression(
    config: RenderConfig, subject_index: int, emotion: str, frames: int, apex: int, pose: NDArray[np.float64],
    rng: np.random.Generator,
) -> list[Unit]:  # fmt: skip
    """The emotion's AUs and those it is mixed with; together their largest vector at the apex is the clip's
    amplitude."""
    level = config.level
    strength = dict.fromkeys(_variant(emotion, rng), 1.0)
    drop, dropped = rng.random(), int(rng.integers(len(strength)))
    if len(strength) > 1 and drop < level.dropped_unit:
        del strength[list(strength)[dropped]]
    blend, share = rng.random(), level.blend_strength * rng.uniform(0.5, 1.0)
    second = _variant(str(rng.choice([word for word in VARIANTS if word != emotion])), rng)
    if blend < level.blend:
        strength = dict.fromkeys(second, share) | strength
    if config.planted:
        strength = dict.fromkeys(PLANTED[config.planted][three_class(emotion)], 1.0)
    wanted = rng.uniform(level.amplitude_low, level.amplitude_high)
    left_over = rng.uniform(0.0, 0.3)
    units = []
    for au, most in strength.items():
        own_apex = int(np.clip(apex + rng.integers(-1, 2), 3, frames - 4))
        course = _course(frames, 0, own_apex, frames - 1, left_over)
        units.append(
            Unit(
                au,
                most * float(rng.uniform(level.weakest_unit, 1.0)),
                _sides(level, rng),
                course,
                "expression",
            )
        )
    grid = coarse_grid(DEFAULT_SIZE)
    landmarks = pose_points(neutral_landmarks(config, subject_index), pose, DEFAULT_SIZE, 1.0)
    total = sum(unit_field(unit, landmarks, grid, 1.0) * unit.course[apex] for unit in units)
    strongest = max(unit.amplitude for unit in units)
    # AUs that pull against each other (12 and 15) would need unnaturally strong muscles to reach the clip's
    # length
    factor = min(wanted / float(np.linalg.norm(total, axis=-1).max()), MAX_AMPLITUDE / strongest)
    return [Unit(unit.au, unit.amplitude * factor, unit.sides, unit.course, unit.role) for unit in units]


def _distractors(level: Level, peak: float, frames: int, rng: np.random.Generator) -> list[Unit]:
    """Up to two movements that say nothing about the emotion, each with its own time course."""
    units = []
    for _ in range(2):
        present, blink = rng.random(2)
        au = LID if blink < 0.35 else int(rng.choice([au for au in AU_PARTS if au != LID]))
        start, length = int(rng.integers(0, frames // 2)), int(rng.integers(8, 15))
        end = min(start + length, frames - 1)
        amplitude = peak * level.distractor_strength * rng.uniform(0.5, 1.0)
        course = _course(
            frames, start, start + (end - start) // 2, end, 0.0 if au == LID else float(rng.uniform(0, 0.5))
        )
        unit = Unit(au, amplitude, _sides(level, rng), course, "distractor")
        if present < level.distractor / 2:
            units.append(unit)
    return units


def _elsewhere(
    planted: str, peak: float, frames: int, apex: int, level: Level, rng: np.random.Generator
) -> list[Unit]:
    """Two movements outside the planted part, as strong as the expression and at its apex: what moves most,
    or when, tells nothing."""
    aus = rng.choice(ELSEWHERE[planted], 2, replace=False)
    course = _course(frames, 0, apex, frames - 1, float(rng.uniform(0.0, 0.3)))
    strength = peak * rng.uniform(0.6, 1.0, 2)
    return [
        Unit(int(au), float(a), _sides(level, rng), course, "distractor")
        for au, a in zip(aus, strength, strict=True)
    ]


def _resting(level: Level, frames: int, rng: np.random.Generator) -> list[Unit]:
    """The face is never at the same rest: a constant weak expression that is independent of the clip's
    emotion."""
    aus = rng.choice([au for au in AU_PARTS if au not in _NARROW], 4, replace=False)
    strength = np.clip(rng.normal(0, level.resting, 4), -2 * level.resting, 2 * level.resting)
    return [
        Unit(int(au), float(a), (1.0, 1.0), np.ones(frames), "resting")
        for au, a in zip(aus, strength, strict=True)
    ]


def _drift(frames: int, level: Level, rng: np.random.Generator) -> NDArray[np.float64]:
    """Smooth head movement from zero at the onset frame, (frames, 4) as ``ClipPlan.pose``."""
    spread = np.array([level.drift, level.drift, np.radians(level.drift_degrees), level.drift_scale])
    s = np.linspace(0, 1, frames)[:, None]
    line, wave, phase = rng.normal(0, 1, (3, 4)).clip(-2, 2)
    return spread * (
        0.8 * line * s + 0.3 * wave * (np.sin(np.pi * 2 * s + np.pi * phase) - np.sin(np.pi * phase))
    )


def coarse_grid(size: int) -> NDArray[np.float64]:
    """Centres of size/4 x size/4 cells in frame pixels: fields are smooth, so they are made here and
    enlarged."""
    cells = size // 4
    axis = (np.arange(cells) + 0.5) * size / cells - 0.5
    return np.stack(np.meshgrid(axis, axis), -1)


def unit_field(
    unit: Unit, landmarks: NDArray[np.float64], grid: NDArray[np.float64], scale: float
) -> NDArray[np.float32]:
    """The movement's field at full strength on ``grid``, (h, w, 2) in frame pixels; ``scale`` frame pixels
    per face pixel."""
    right, left = au_fields(unit.au, landmarks, grid, scale)
    return (unit.amplitude * scale) * (unit.sides[0] * right + unit.sides[1] * left)


def pose_matrix(pose: NDArray[np.float64], size: int, unit: float) -> NDArray[np.float64]:
    """2 x 3 matrix of a head position (a row of ``ClipPlan.pose``): neutral frame pixels -> frame pixels."""
    x, y, angle, log_scale = pose
    cos, sin = np.exp(log_scale) * np.cos(angle), np.exp(log_scale) * np.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    centre = np.full(2, (size - 1) / 2)
    return np.column_stack([turn, centre - turn @ centre + np.array([x, y]) * unit])


def pose_points(
    points: NDArray[np.float64], pose: NDArray[np.float64], size: int, unit: float
) -> NDArray[np.float64]:
    """Where a head position puts points (n, 2) of the neutral face; points in face pixels, result in frame
    pixels."""
    matrix = pose_matrix(pose, size, unit)
    return ((points + 0.5) * unit - 0.5) @ matrix[:, :2].T + matrix[:, 2]
