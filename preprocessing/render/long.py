"""Long synthetic videos with true intervals, to try a spotter on: several expressions of invented people
among all that is none.

A video is one person for some seconds. Its events: micro-expressions (0.2 to 0.45 s), macro-expressions
(0.7 to 2 s, stronger, with a plateau), speech-like mouth motion, blinks, head turns, and between them
silence, in which the head sways all the same. Expressions and speech follow one another; blinks and turns
come at any time.

Differs a turn of the head is one in the picture's plane, with a shift; a face that turns away is not
        rendered. Here the windows of an action unit travel with the head (motion.py fixes them in the
        frame, where heads hardly move).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.render.au_fields import LID
from preprocessing.render.config import Level, RenderConfig, generator
from preprocessing.render.emotions import VARIANTS
from preprocessing.render.motion import noise_bank, pixels, solve
from preprocessing.render.people import MARGIN, neutral_face, neutral_landmarks
from preprocessing.render.plan import Unit, coarse_grid, pose_matrix, unit_field
from preprocessing.render.warp import affine, inverse, warp

SPEECH = (25, 26, 24, 20)  # lips part, jaw drops, lips press, lips stretch
_MICRO, _MACRO, _SPEECH = (0.2, 0.45), (0.7, 2.0), (1.0, 2.5)  # seconds
_BLINK, _TURN = (0.15, 0.3), (1.0, 2.0)


@dataclass(frozen=True)
class LongConfig:
    """Long videos. With the same versions of numpy, OpenCV and scikit-image they are always the same bytes.

    seed, size, difficulty  as in RenderConfig; the difficulty scales micro-expressions, noise and flicker.
    subjects, videos        number of people, and of videos of each, 1..999.
    seconds, fps            of a video: 5..3600, and 25..500.
    micro, macro, speech, blinks, turns   events of a video, 0..200.
    turn, turn_degrees      face pixels and degrees that a head turn goes at most.

    Raises ValueError for events that do not fit into the seconds, and as RenderConfig.
    """

    seed: int = 0
    subjects: int = 3
    videos: int = 1
    seconds: float = 30.0
    fps: int = 50
    size: int = 320
    difficulty: float = 0.0
    micro: int = 4
    macro: int = 2
    speech: int = 1
    blinks: int = 6
    turns: int = 2
    turn: float = 16.0
    turn_degrees: float = 4.0

    def __post_init__(self) -> None:
        _ = self.render  # its checks
        ranges = {"seconds": (5, 3600), "fps": (25, 500), "turn": (0, 25), "turn_degrees": (0, 10)}
        ranges |= dict.fromkeys(("micro", "macro", "speech", "blinks", "turns"), (0, 200))
        for one in fields(self):
            if one.name in ranges:
                low, high = ranges[one.name]
                if not low <= getattr(self, one.name) <= high:
                    raise ValueError(
                        f"LongConfig: {one.name} is {getattr(self, one.name)!r}; it must be from "
                        f"{low} to {high}"
                    )
        room = self.micro * _MICRO[1] + self.macro * _MACRO[1] + self.speech * _SPEECH[1]
        gaps = (self.micro + self.macro + self.speech + 1) * 0.6
        if room + gaps > self.seconds:
            raise ValueError(
                f"LongConfig: {self.micro} micro, {self.macro} macro and {self.speech} speech events need "
                f"{room + gaps:.1f} s with silence between them, seconds is {self.seconds:g}; give more "
                "seconds or fewer events"
            )

    @property
    def render(self) -> RenderConfig:
        """What the people and pictures are made by."""
        return RenderConfig(self.seed, self.subjects, self.videos, self.size, self.fps, self.difficulty)

    @property
    def frames(self) -> int:
        return round(self.seconds * self.fps)


@dataclass(frozen=True)
class Event:
    """One true interval, frames inclusive, from 0. kind: micro, macro, speech, blink or turn. emotion, aus:
    of an expression, else ""."""

    kind: str
    onset: int
    apex: int
    offset: int
    emotion: str = ""
    aus: str = ""


@dataclass(frozen=True, eq=False)
class LongPlan:
    """One video. pose (frames, 4), gain and noise (frames,) as in ClipPlan; events in order of their
    onset."""

    subject_index: int
    subject: str
    video: str
    events: tuple[Event, ...]
    units: tuple[Unit, ...]
    pose: NDArray[np.float64]
    gain: NDArray[np.float64]
    noise: NDArray[np.float64]


def long_plan(config: LongConfig, subject_index: int, video_index: int) -> LongPlan:
    """Plan of one video. Depends on nothing but the configuration and the two indices (0-based)."""
    render = config.render
    subject, video = render.subject_name(subject_index), f"v{video_index + 1:02d}"
    rng = generator(config.seed, "long", subject, video)
    level, n = render.level, config.frames
    events: list[Event] = []
    units: list[Unit] = []
    kinds = ["micro"] * config.micro + ["macro"] * config.macro + ["speech"] * config.speech
    rng.shuffle(kinds)
    lengths = [rng.uniform(*{"micro": _MICRO, "macro": _MACRO, "speech": _SPEECH}[kind]) for kind in kinds]
    free = config.seconds - sum(lengths) - 0.6 * (len(kinds) + 1)
    gaps = 0.6 + free * rng.dirichlet(np.ones(len(kinds) + 1) * 2)
    at = 0.0
    for kind, length, gap in zip(kinds, lengths, gaps, strict=False):
        start = round((at + gap) * config.fps)
        end = min(n - 1, start + max(4, round(length * config.fps)))
        at += gap + length
        if kind == "speech":
            units += _speech(n, start, end, config.fps, rng)
            events.append(Event(kind, start, (start + end) // 2, end))
        else:
            made, event = _expression(kind, n, start, end, level, rng)
            units += made
            events.append(event)
    for start, end in _anywhere(config, config.blinks, _BLINK, rng):
        units.append(
            Unit(
                LID,
                float(rng.uniform(5.0, 6.5)),
                (1.0, 1.0),
                _pulse(n, start, (start + end) // 2, end),
                "blink",
            )
        )
        events.append(Event("blink", start, (start + end) // 2, end))
    pose = rng.normal(0, 1, 4).clip(-1.8, 1.8) * [3.0, 3.0, np.radians(1.2), 0.012] + _sway(config, rng)
    for start, end in _anywhere(config, config.turns, _TURN, rng):
        angle = rng.uniform(0, 2 * np.pi)
        far = np.array([np.cos(angle), 0.5 * np.sin(angle)]) * config.turn
        goal = np.array([*far, np.radians(config.turn_degrees) * rng.uniform(-1, 1), rng.normal(0, 0.01)])
        pose = pose + _held(n, start, end, config.fps, rng)[:, None] * goal
        events.append(Event("turn", start, (start + end) // 2, end))
    gain = 1.0 + rng.normal(0, level.flicker, n)
    ordered = tuple(sorted(events, key=lambda event: (event.onset, event.kind)))
    return LongPlan(subject_index, subject, video, ordered, tuple(units), pose, gain, rng.random(n))


class LongRenderer:
    """Renders the frames of one video one at a time; holds no frame."""

    def __init__(self, plan: LongPlan, config: LongConfig) -> None:
        self.plan, self.config, self.render = plan, config, config.render
        grid = coarse_grid(config.size)
        points = (neutral_landmarks(self.render, plan.subject_index) + 0.5) * self.render.unit - 0.5
        self._fields = np.array([unit_field(unit, points, grid, self.render.unit) for unit in plan.units])
        self._courses = np.array([unit.course for unit in plan.units], np.float32)

    def head(self, t: int) -> NDArray[np.float64]:
        """Neutral frame pixels -> pixels of frame t, 2 x 3."""
        return pose_matrix(self.plan.pose[t], self.config.size, self.render.unit)

    def field(self, t: int) -> NDArray[np.float32]:
        """Movement of the skin at frame t on the neutral face, (size, size, 2) in frame pixels."""
        side = (self.config.size, self.config.size)
        moving = [i for i, course in enumerate(self._courses) if course[t]]
        if not moving:
            return np.zeros((*side, 2), np.float32)
        coarse = np.tensordot(self._courses[moving, t], self._fields[moving], 1).astype(np.float32)
        return np.asarray(cv2.resize(coarse, side, interpolation=cv2.INTER_CUBIC), np.float32)

    def source(self, t: int) -> NDArray[np.float32]:
        """Position on the neutral face that each pixel of frame t shows, (size, size, 2) in frame pixels."""
        at = affine(pixels(self.config.size), inverse(self.head(t)))
        return at - warp(self.field(t), at, border=cv2.BORDER_REPLICATE)

    def frame(self, t: int) -> NDArray[np.uint8]:
        """Frame t as the camera sees it, uint8 BGR (size, size, 3)."""
        face = neutral_face(self.render, self.plan.subject_index)
        picture = warp(face, self.source(t) + np.float32(round(MARGIN * self.render.unit)), cv2.INTER_CUBIC)
        bank = noise_bank(self.render)
        start = int(self.plan.noise[t] * (bank.size - picture.size))
        noise = bank[start : start + picture.size].reshape(picture.shape)
        return np.asarray(cv2.addWeighted(picture, float(self.plan.gain[t]), noise, 1.0, -128.0), np.uint8)

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        for t in range(self.config.frames):
            yield self.frame(t)

    def true_flow(self, a: int, b: int) -> NDArray[np.float32]:
        """Where each point seen in frame a goes until frame b, (size, size, 2) in frame pixels, the head's
        motion included."""
        skin = solve(self.source(a), self.field(b))
        return affine(skin, self.head(b)) - pixels(self.config.size)

    def true_landmarks(self, t: int) -> NDArray[np.float32]:
        """The 68 landmarks in frame t, float32 (68, 2) in frame pixels."""
        points = (neutral_landmarks(self.render, self.plan.subject_index) + 0.5) * self.render.unit - 0.5
        return affine(solve(points[None].astype(np.float32), self.field(t)), self.head(t))[0]


def _pulse(n: int, onset: int, apex: int, offset: int, held: int = 0) -> NDArray[np.float64]:
    """Raised cosine from 0 at ``onset`` to 1 at ``apex``, held for some frames, and back to 0 at
    ``offset``."""
    t = np.arange(n)
    rise = np.clip((t - onset) / max(apex - onset, 1), 0, 1)
    fall = np.clip((t - apex - held) / max(offset - apex - held, 1), 0, 1)
    return (1 - np.cos(np.pi * rise)) / 2 * (1 + np.cos(np.pi * fall)) / 2


def _expression(
    kind: str, n: int, start: int, end: int, level: Level, rng: np.random.Generator
) -> tuple[list[Unit], Event]:
    emotion = str(rng.choice(list(VARIANTS)))
    aus = VARIANTS[emotion][int(rng.integers(len(VARIANTS[emotion])))]
    macro = kind == "macro"
    apex = start + max(2, round((end - start) * rng.uniform(*(0.25, 0.4) if macro else (0.35, 0.6))))
    held = round((end - apex) * rng.uniform(0.2, 0.5)) if macro else 0
    peak = rng.uniform(4.5, 6.0) if macro else rng.uniform(level.amplitude_low, level.amplitude_high)
    course = _pulse(n, start, apex, end, held)
    made = [Unit(au, float(peak * rng.uniform(0.85, 1.0)), (1.0, 1.0), course, kind) for au in aus]
    return made, Event(kind, start, apex, end, emotion, "+".join(map(str, aus)))


def _speech(n: int, start: int, end: int, fps: int, rng: np.random.Generator) -> list[Unit]:
    """Syllables at 3 to 6 a second, in a random order of mouth shapes."""
    made, at = [], start
    while at < end - 3:
        length = max(4, round(fps / rng.uniform(3, 6)))
        until = min(end, at + length)
        course = _pulse(n, at, (at + until) // 2, until)
        made.append(Unit(int(rng.choice(SPEECH)), float(rng.uniform(1.5, 4.0)), (1.0, 1.0), course, "speech"))
        at += max(2, round(length * rng.uniform(0.6, 1.0)))
    return made


def _anywhere(
    config: LongConfig, count: int, length: tuple[float, float], rng: np.random.Generator
) -> list[tuple[int, int]]:
    """(first, last) frame of ``count`` events, each in its own part of the video."""
    found = []
    for i in range(count):
        long = rng.uniform(*length)
        at = (i + rng.random() * max(0.0, 1 - long * count / config.seconds)) * config.seconds / count
        first = min(round(at * config.fps), config.frames - 6)
        found.append((first, min(config.frames - 1, first + max(4, round(long * config.fps)))))
    return found


def _sway(config: LongConfig, rng: np.random.Generator) -> NDArray[np.float64]:
    """A head is never still: slow waves of a face pixel, as pose."""
    t = np.arange(config.frames)[:, None] / config.fps
    waves = np.zeros((config.frames, 4))
    for low, high, size in ((0.05, 0.15, 1.0), (0.2, 0.5, 0.4)):
        hertz, phase = rng.uniform(low, high, 4), rng.uniform(0, 2 * np.pi, 4)
        waves += size * np.array([1.2, 0.8, np.radians(0.3), 0.002]) * np.sin(2 * np.pi * hertz * t + phase)
    return waves


def _held(n: int, start: int, end: int, fps: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A turn of the head: there, and after a while back."""
    there = (1 - np.cos(np.pi * np.clip((np.arange(n) - start) / max(end - start, 1), 0, 1))) / 2
    back = start + round(rng.uniform(2.0, 4.0) * fps) + (end - start)
    home = (1 - np.cos(np.pi * np.clip((np.arange(n) - back) / max(end - start, 1), 0, 1))) / 2
    return there - home
