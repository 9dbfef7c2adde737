"""Curves of known motion, by hand: the picture's grey says how far the left brow has moved."""

import numpy as np
import pytest

from preprocessing.align import crop_of
from preprocessing.landmarks import FaceError
from preprocessing.regions import windows
from preprocessing.render.portrait import base_landmarks
from preprocessing.spotting.motion import GROUPS, SCALES, Motion, Rate

POINTS = base_landmarks(False).astype(np.float32)
BROW = windows(crop_of(POINTS).points(POINTS))[:4]
RATE = Rate(25.0)  # every frame; a lag is 5 frames
LEFT, MOUTH = list(GROUPS).index("left brow"), list(GROUPS).index("mouth")
MICRO, MACRO = range(len(SCALES))
GREY = 10  # grey levels a pixel of motion


class Fixed:
    """Finds the face where it always is, but in no black picture."""

    def __init__(self):
        self.started = 0

    def start(self, frame):
        self.started += 1
        if not frame.any():
            raise FaceError("no face in the first frame (320x320)")
        return POINTS

    def follow(self, frame, step):
        if not frame.any():
            raise FaceError("the face is lost")
        return POINTS


def flow(first, second):
    """The left brow goes down by the change of grey."""
    field = np.zeros((256, 256, 2), np.float32)
    for x0, y0, x1, y1 in BROW:
        field[y0:y1, x0:x1, 1] = (int(second[128, 128]) - int(first[128, 128])) / GREY
    return field


def rows(course, **options):
    motion = Motion(RATE, options.pop("face", None) or Fixed(), flow=flow, **options)
    made = []
    for value in course:
        made += motion.see(np.full((320, 320, 3), 0 if np.isnan(value) else 100 + GREY * value, np.uint8))
    made += motion.end()
    assert [row.sample for row in made] == list(range(len(course)))
    return np.array([row.curves for row in made]), made


@pytest.mark.parametrize(
    ("fps", "step", "lag"), [(25, 1, 5), (30, 1, 6), (50, 2, 5), (200, 7, 6), (23.98, 1, 5), (500, 17, 6)]
)
def test_a_video_of_any_rate_is_sampled_about_thirty_times_a_second(fps, step, lag):
    rate = Rate(fps)
    assert (rate.step, rate.lag) == (step, lag)
    assert rate.samples == pytest.approx(fps / step)


def test_there_and_back_gives_its_length_a_step_half_of_it_and_a_drift_nothing():
    course = np.zeros(200)
    course[100] = 2.0  # one frame up
    curves, _ = rows(course)
    assert curves[100, MICRO, LEFT] == pytest.approx(2.0)
    assert curves[95, MICRO, LEFT] == pytest.approx(1.0)
    assert not curves[100, MICRO, MOUTH]
    step, _ = rows(np.where(np.arange(200) < 100, 0.0, 4.0))
    assert np.nanmax(step[..., LEFT]) == pytest.approx(2.0)
    drift, _ = rows(np.round(np.arange(120) * 0.1, 1))
    assert np.nanmax(drift[30:90]) == pytest.approx(0.0, abs=1e-5)


def test_a_held_expression_shows_in_the_long_scale_alone():
    course = np.zeros(300)
    course[140:161] = 3.0  # .8 s
    curves, _ = rows(course)
    assert curves[150, MICRO, LEFT] == 0.0
    assert curves[150, MACRO, LEFT] == pytest.approx(3.0)


def test_without_a_face_there_is_no_curve_and_it_is_looked_for_again():
    course = np.zeros(200)
    course[60:80] = np.nan
    course[150] = 2.0
    curves, made = rows(course)
    assert {row.sample for row in made if row.lost} == set(range(60, 80))
    assert np.isnan(curves[60:80, MICRO]).all()
    assert np.isfinite(curves[90:140, MICRO]).all()
    assert curves[150, MICRO, LEFT] == pytest.approx(2.0)


def test_a_video_shorter_than_the_lags_gives_a_row_a_sample():
    curves, _ = rows(np.zeros(7))
    assert curves.shape == (7, len(SCALES), len(GROUPS))


def test_what_a_pass_holds_does_not_grow_with_the_video():
    """On 90,000 frames: python -m benchmarks.spotting."""
    motion, held = Motion(RATE, Fixed(), flow=lambda *_: np.zeros((256, 256, 2), np.float32)), []
    picture = np.full((320, 320, 3), 100, np.uint8)
    for number in range(181):
        list(motion.see(picture))
        if number in (90, 180):
            held.append({name: len(one) for name, one in vars(motion).items() if hasattr(one, "__len__")})
    assert held[0] == held[1] and held[0]["_crops"] == RATE.lag + 1
