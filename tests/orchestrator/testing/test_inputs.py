"""Every input of ours passes the contract that ships; faulty ones do not."""

import numpy as np
import pytest

from orchestrator.testing import InputContract
from preprocessing.inputs import INPUTS
from preprocessing.inputs.view import Input


class TestAnyInput(InputContract):
    @pytest.fixture(params=INPUTS)
    def source(self, request):
        return INPUTS[request.param]


class Faulty(Input):
    kind, unit, settings = "image", "none", ("image_size",)

    def __init__(self, fault):
        self.fault = fault

    def shape(self, settings):
        return (3, settings.image_size, settings.image_size)

    def collector(self, clip, settings):
        self.size = settings.image_size
        self.steps = settings.steps
        self.total = 0.0
        return self

    def see(self, frame, shared):
        self.total += float(frame.grey.sum())
        if self.fault == "changes a frame":
            frame.colour[:] = 0
        if self.fault == "flow that is not declared":
            shared.flow(frame, frame)

    def result(self, shared):
        made = np.full((3, self.size, self.size), self.total % 97, np.float32)
        if self.fault == "type":
            return made.astype(np.float64)
        if self.fault == "shape":
            return made[:1]
        if self.fault == "not finite":
            return made * np.nan
        if self.fault == "setting that is not declared":
            return made + self.steps
        if self.fault == "always the same":
            return made * 0
        return made + np.random.default_rng().random() if self.fault == "random" else made


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ("type", "test_it_gives_the_shape_and_the_type_that_it_declares"),
        ("shape", "test_it_gives_the_shape_and_the_type_that_it_declares"),
        ("not finite", "test_it_gives_the_shape_and_the_type_that_it_declares"),
        ("flow that is not declared", "test_it_gives_the_shape_and_the_type_that_it_declares"),
        ("setting that is not declared", "test_it_reads_the_settings_that_it_declares_and_no_others"),
        ("random", "test_equal_frames_give_equal_bytes_and_other_frames_others"),
        ("always the same", "test_equal_frames_give_equal_bytes_and_other_frames_others"),
        ("changes a frame", "test_it_does_not_change_the_frames_that_others_see_too"),
    ],
)
def test_a_faulty_input_does_not_pass(fault, test):
    contract = InputContract()
    getattr(contract, test)(Faulty(""))
    with pytest.raises((AssertionError, RuntimeError)):
        getattr(contract, test)(Faulty(fault))
