"""What holds for every input: it gives what it declares, and reads what it declares."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from orchestrator.training.kinds import KINDS
from preprocessing.align import CROP
from preprocessing.flow import FLOWS
from preprocessing.inputs.settings import Settings
from preprocessing.inputs.view import Frame, Input, Shared
from preprocessing.schema import Clip

# small, and other than the defaults
SETTINGS = Settings(steps=5, keep=0.4, size=24, image_size=40)
OTHER: dict[str, Any] = {"steps": 6, "keep": 0.5, "size": 26, "image_size": 48}  # the pipeline reads the rest
ONSET, APEX, OFFSET = 10, 13, 17


class InputContract:
    """For an input of yours::

    class TestMyInput(InputContract):
        @pytest.fixture
        def source(self):
            return INPUTS["my_input"]
    """

    settings = SETTINGS

    @pytest.fixture
    def source(self) -> Input:
        """The input."""
        raise NotImplementedError("give the input in a fixture `source` of your test class")

    def collected(self, source: Input, settings: Settings, seed: int = 0) -> NDArray[Any]:
        """What the input makes of eight made-up frames. It gets landmarks and flow where it says that it
        needs them, else None."""
        clip = Clip("c", "c/p", "x", Path(), "happiness", ONSET, APEX, OFFSET)
        shared = Shared(FLOWS["farneback"]() if source.needs_flow else None, clip, settings)
        collector = source.collector(clip, settings)
        for frame in frames(seed, landmarks=source.needs_landmarks):
            collector.see(frame, shared)
        return collector.result(shared)

    def test_it_gives_the_shape_and_the_type_that_it_declares(self, source: Input) -> None:
        for settings in (self.settings, dataclasses.replace(self.settings, **OTHER)):
            made = self.collected(source, settings)
            assert made.shape == source.shape(settings)
            assert made.dtype == np.dtype(source.dtype)
            assert np.isfinite(made.astype(np.float64)).all()

    def test_what_is_written_beside_the_numbers_is_there(self, source: Input) -> None:
        assert source.kind in KINDS, f"{source.kind!r} is none of {', '.join(KINDS)}: no model could read it"
        assert source.unit
        assert source.unit == source.unit.strip()
        assert source.dtype in ("float32", "float16", "uint8")
        assert len(set(source.channels)) == len(source.channels)

    def test_equal_frames_give_equal_bytes_and_other_frames_others(self, source: Input) -> None:
        made = self.collected(source, self.settings)
        assert made.tobytes() == self.collected(source, self.settings).tobytes()
        assert made.tobytes() != self.collected(source, self.settings, seed=1).tobytes()

    def test_it_reads_the_settings_that_it_declares_and_no_others(self, source: Input) -> None:
        """They are what its version names. One that is read and not declared would change numbers under one
        version."""
        assert set(source.settings) <= set(OTHER), (
            f"it may read {', '.join(OTHER)}; the pipeline reads the others"
        )
        made = self.collected(source, self.settings)
        for name, value in OTHER.items():
            other = self.collected(source, dataclasses.replace(self.settings, **{name: value}))
            same = other.shape == made.shape and other.tobytes() == made.tobytes()
            assert same == (name not in source.settings), name

    def test_it_does_not_change_the_frames_that_others_see_too(self, source: Input) -> None:
        clip = Clip("c", "c/p", "x", Path(), "happiness", ONSET, APEX, OFFSET)
        shared = Shared(FLOWS["farneback"]() if source.needs_flow else None, clip, self.settings)
        collector = source.collector(clip, self.settings)
        given, held = (frames(0, landmarks=source.needs_landmarks) for _ in range(2))
        for frame in given:
            collector.see(frame, shared)
        collector.result(shared)
        for frame, before in zip(given, held, strict=True):
            assert np.array_equal(frame.grey, before.grey)
            assert np.array_equal(frame.colour, before.colour)
            if frame.landmarks is not None and before.landmarks is not None:
                assert np.array_equal(frame.landmarks, before.landmarks)

    def test_a_flow_picture_gives_what_it_declares(self, source: Input) -> None:
        """Where it can be read off one, which ``picture_unit`` says."""
        if not source.picture_unit:
            return
        picture = np.random.default_rng(0).integers(0, 256, (28, 28, 3)).astype(np.uint8)
        made = source.from_picture(picture)
        assert made.shape == source.picture_shape()
        assert made.dtype == np.dtype(source.dtype)
        assert np.isfinite(made).all()


def frames(seed: int, *, landmarks: bool) -> list[Frame]:
    """Aligned frames ONSET to OFFSET, in which a soft random pattern moves by a pixel a frame."""
    rng = np.random.default_rng(seed)
    size = CROP + OFFSET - ONSET
    rough = rng.integers(0, 256, (size // 8 + 1, size // 8 + 1, 3)).repeat(8, 0).repeat(8, 1)
    soft = np.mean([np.roll(rough, (i, j), (0, 1)) for i in range(-4, 5, 2) for j in range(-4, 5, 2)], axis=0)
    made = []
    for step in range(OFFSET - ONSET + 1):
        colour = np.ascontiguousarray(soft[step : step + CROP, :CROP]).astype(np.uint8)
        grey = np.ascontiguousarray(colour[..., 1])
        made.append(Frame.cut(ONSET + step, face() if landmarks else None, grey, colour))
    return made


def face() -> NDArray[Any]:
    """Landmarks float32 (68, 2) of a plain face in the crop: inner eye corners 52 px apart."""
    landmarks = np.full((68, 2), 128.0, np.float32)
    landmarks[17:22] = [(62, 72), (74, 66), (87, 65), (99, 68), (110, 73)]
    landmarks[22:27] = [(256 - x, y) for x, y in landmarks[21:16:-1]]
    landmarks[31], landmarks[35] = (113, 140), (143, 140)
    landmarks[36:42] = [(72, 96), (80, 91), (93, 91), (102, 96), (93, 100), (80, 100)]
    landmarks[42:48] = [(154, 96), (163, 91), (176, 91), (184, 96), (176, 100), (163, 100)]
    mouth = [(98, 176), (118, 168), (138, 168), (158, 176), (138, 190), (118, 190)]
    landmarks[[48, 50, 52, 54, 56, 58]] = mouth
    return landmarks
