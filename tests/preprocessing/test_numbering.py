"""The number that varies is the frame's, wherever it stands in the name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocessing.numbering import frame_numbers


@pytest.mark.parametrize(
    ("stems", "wanted"),
    [
        (["img46", "img47"], [46, 47]),
        (["006_05562", "006_05563"], [5562, 5563]),  # SAMM: the person first
        (["img46_224x224", "img47_224x224"], [46, 47]),
        (["sub01_046_v2", "sub01_047_v2"], [46, 47]),
        (["frame_9_0", "frame_10_0"], [9, 10]),
        (["frame_0009_0.300", "frame_0010_0.333"], [9, 10]),  # and its time, in larger steps
        (["0.300_9", "0.333_10"], [9, 10]),
        (["9_300", "10_333"], [9, 10]),
        (["frame_10_0.1", "frame_20_0.2"], [10, 20]),  # or in smaller ones
        (["0.000", "0.033"], [0, 33]),
        (["98_img1", "97_img2", "98_img3"], [1, 2, 3]),  # a score before it
        (["1_7", "2_8"], [7, 8]),  # of equals the last
        (["cam1_img5", "cam2_img5"], [1, 2]),
        (["a3"], [3]),
        (["img1", "img2_v2"], [1, 2]),  # of names that are not alike the last, as ever
        (["img5_a1", "img5_a1b1"], [1, 1]),  # whoever reads finds two of one number
        ([], []),
    ],
)
def test_the_frames_number(stems, wanted):
    assert frame_numbers(stems) == wanted


def test_two_numbers_that_order_the_files_differently_are_asked_about():
    with pytest.raises(ValueError, match="order the files differently"):
        frame_numbers(["a1_9", "a2_8"])
    with pytest.raises(ValueError, match="cover has no number"):
        frame_numbers(["img1", "cover"])


@pytest.mark.parametrize(
    "stems",
    [
        ["1.966", "2.000", "2.033"],
        ["09_59_59", "10_00_00", "10_00_01"],
        ["cam_10-11-12.001", "cam_10-11-12.005", "cam_10-11-13.003"],
    ],
)
def test_the_last_part_of_a_time_is_no_frame_number(stems):
    with pytest.raises(ValueError, match="begins anew"):
        frame_numbers(stems)


@given(st.sets(st.integers(0, 10**6), min_size=2), st.integers(0, 9), st.integers(0, 999))
def test_constant_numbers_around_it_change_nothing(numbers, before, after):
    ordered = sorted(numbers)
    assert frame_numbers([f"s{before}_{n:05d}_{after}x{after}" for n in ordered]) == ordered
