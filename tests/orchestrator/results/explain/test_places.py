"""Places of every kind of input: each number has one, and they lie where the face has them."""

import numpy as np
import pytest
import torch

from orchestrator.results.explain.canonical import LANDMARKS, LINES
from orchestrator.results.explain.places import PARTS, of_input
from preprocessing.align import crop_of
from preprocessing.inputs import INPUTS, Settings
from preprocessing.regions import CHANNELS, PICTURE_CENTRES
from preprocessing.render.portrait import MIDLINE, OPPOSITE, base_landmarks

KINDS = [
    "roi_flow14",
    "roi_flow18",
    "onset_apex_flow",
    "apex_frame",
    "onset_apex_frames",
    "roi_maps4",
    "roi_stack9",
]


def places(name, size=32, **how):
    given = INPUTS[name]
    shape = given.shape(Settings(image_size=size))
    return of_input(given.kind, given.channels, shape, **how)


def test_the_canonical_face_is_the_portrait_made_symmetric():
    face = base_landmarks(False)
    face = ((face + face[OPPOSITE] * [-1, 1] + [2 * MIDLINE, 0]) / 2).astype(np.float32)
    np.testing.assert_allclose(LANDMARKS, crop_of(face).points(face), atol=0.06)
    assert {point for line in LINES for point in line} == set(range(68))


@pytest.mark.parametrize("name", KINDS)
def test_each_number_has_a_place_and_each_place_a_number_a_box_and_a_part(name):
    made = places(name)
    steps, n = made.shape
    assert set(np.unique(made.index)) == set(range(steps * n))
    assert made.boxes.shape == (n, 4) and (made.boxes[:, 2:] > made.boxes[:, :2]).all()
    assert len(made.names) == len(made.parts) == n and set(made.parts) <= set(PARTS)
    assert {"brows", "mouth"} <= set(made.parts)
    # what is covered together is of whole places
    pairs = {(int(a), int(b)) for a, b in zip(made.index.ravel(), made.coarse.ravel(), strict=True)}
    assert len(pairs) == steps * n


def test_windows_are_the_channels_and_their_parts_follow_from_their_names():
    made = places("roi_flow18")
    assert made.names == tuple(CHANNELS[18])
    assert dict(zip(made.names, made.parts, strict=True))["left_eye"] == "eyes"
    assert made.parts[:8] == ("brows",) * 8 and made.parts[14:16] == ("nose", "nose")


def test_a_picture_s_cells_cover_the_crop_and_the_mouth_s_are_at_the_mouth():
    made = places("onset_apex_flow")
    assert made.boxes.min() == 0 and made.boxes.max() == 256
    x, y = np.mean(LANDMARKS[48:68], axis=0) * 28 / 256
    values = torch.zeros(1, 3, 28, 28)
    values[0, :, int(y), int(x)] = 1
    total = made.total(values)[0]
    assert total.sum() == 3 and made.parts[int(total.argmax())] == "mouth"
    assert made.by_part(total.numpy())[PARTS.index("mouth")] == 1


def test_published_pictures_lie_on_the_face_where_their_channels_do():
    """The box of the cell around a channel of the MEGC crop is that channel's part."""
    made = places("onset_apex_flow", published=True)
    parts = np.array(made.parts).reshape(14, 14)
    for channel in (
        "left_brow_2",
        "right_brow_1",
        "mouth_top_left",
        "mouth_top_right",
        "nose_left",
        "left_eye",
    ):
        x, y = PICTURE_CENTRES[channel]
        row, column = (
            int(y) // 2,
            int(x) // 2,
        )  # a cell is 14 x 19 pixels of ours, so that the next may have it
        near = {part.rstrip("s") for part in parts[row : row + 2, column]}
        assert any(part in channel for part in near), channel


def test_parts_do_not_count_more_for_being_larger():
    made = places("roi_flow14")
    even = np.full(made.shape, 1.0)
    assert made.by_part(even).tolist() == [0.5, 0, 0, 0.5, 0]


def test_a_kind_that_nobody_knows_is_named():
    with pytest.raises(ValueError, match="'sound' has no places"):
        of_input("sound", (), (3, 4))
