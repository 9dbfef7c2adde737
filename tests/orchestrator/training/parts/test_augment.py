"""The mirrored clip: what moves where, by hand."""

import numpy as np
import pytest

from orchestrator.training.kinds import KINDS
from orchestrator.training.loop import _Training
from orchestrator.training.normalise import apply, fit
from orchestrator.training.parts.mirror import mirror, partners
from orchestrator.training.parts.resize import resize
from orchestrator.training.parts.rotate import ANGLES, rotate
from tests.orchestrator.training.folds import fold

CHANNELS = (
    *(f"left_brow_{i}" for i in range(4)),
    *(f"right_brow_{i}" for i in range(4)),
    "mouth_left",
    "mouth_right",
    "mouth_top_left",
    "mouth_top_right",
    "mouth_bottom_left",
    "mouth_bottom_right",
    "nose_left",
    "nose_right",
    "left_eye",
    "right_eye",
)


def test_channels_change_places_by_name():
    partner = {CHANNELS[i]: CHANNELS[j] for i, j in enumerate(partners(CHANNELS))}
    assert partner["left_brow_2"] == "right_brow_2" and partner["mouth_top_right"] == "mouth_top_left"
    assert partner["left_eye"] == "right_eye" and partners(("nose", "left_eye", "right_eye")) == [0, 2, 1]


def test_a_channel_without_a_partner_is_an_error():
    with pytest.raises(ValueError, match="no channel 'right_eye'"):
        partners(("left_eye", "nose"))


def test_roi_flow_by_hand():
    x = np.array([[[[1, 2], [3, 4], [5, 6]]]], np.float32)  # one clip, one step; left_eye, right_eye, nose
    np.testing.assert_array_equal(
        mirror(x, "roi_flow", ("left_eye", "right_eye", "nose")), [[[[-3, 4], [-1, 2], [-5, 6]]]]
    )


def test_flow_picture_by_hand():
    x = np.array([[[[1.0, 2]], [[3, 4]], [[5, 6]]]], np.float32)  # one picture of 1 x 2 pixels: u, v, strain
    np.testing.assert_array_equal(mirror(x, "flow_picture", ()), [[[[-2, -1]], [[4, 3]], [[6, 5]]]])


@pytest.mark.parametrize("kind", ["roi_flow", "flow_picture"])
def test_twice_is_the_clip_itself(kind):
    shape, channels = ((4, 6, 18, 2), CHANNELS) if kind == "roi_flow" else ((4, 3, 28, 28), ())
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    before = x.copy()
    once = mirror(x, kind, channels)
    assert once.dtype == np.float32 and not np.allclose(once, x)
    np.testing.assert_array_equal(mirror(once, kind, channels), x)
    np.testing.assert_array_equal(x, before)


def test_scaling_a_picture_to_255_and_mirroring_it_commute():
    flow = (
        np.random.default_rng(0).standard_normal((4, 3, 28, 28)).astype(np.float32) * [[[[3]], [[2]], [[1]]]]
        + 1
    )
    flow = flow.astype(np.float32)
    scaled = apply(flow, "minmax255", "flow_picture", fit(flow, "minmax255", "flow_picture"))
    then_scaled = apply(mirror(flow, "flow_picture", ()), "minmax255", "flow_picture", {})
    np.testing.assert_allclose(mirror(scaled, "flow_picture", ()), then_scaled, atol=1e-3)
    np.testing.assert_allclose(
        mirror(scaled, "flow_picture", ())[:, 0], 255 - scaled[:, 0, :, ::-1], atol=1e-3
    )


def test_pictures_of_every_kind_mirror_by_hand():
    """A bright column at the left ends at the right; of the components only u changes its sign."""
    for kind, shape, us in (
        ("image", (1, 3, 2, 4), set()),
        ("frame_pair", (1, 2, 3, 2, 4), set()),
        ("roi_maps", (1, 2, 3, 3, 2, 4), {0}),
        ("roi_stack", (1, 9, 2, 4), {0, 3, 6}),
    ):
        x = np.zeros(shape, np.float32)
        x[..., 0] = 7
        out = np.moveaxis(mirror(x, kind, ()), KINDS[kind].components, 0)
        for i, plane in enumerate(out):
            assert (plane[..., 3] == (-7 if i in us else 7)).all(), (kind, i)
            assert (plane[..., :3] == 0).all()


@pytest.mark.parametrize("degrees", [5.0, -10.0, 90.0])
def test_a_turned_linear_field_is_the_linear_field_of_the_turned_face(degrees):
    """v(p) = A p about the middle; the face turned by R moves as R A R^-1 p. Checked away from the border."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    y, x = np.mgrid[-20:21, -20:21].astype(float)
    points = np.stack([x, y], -1)
    field = np.array([[0.3, 0.1], [-0.2, 0.05]])
    flow = points @ field.T
    wanted = points @ (turn @ field @ turn.T).T
    picture = (
        np.concatenate([flow, np.hypot(*points.transpose(2, 0, 1))[..., None]], -1)
        .transpose(2, 0, 1)[None]
        .astype(np.float32)
    )
    got = rotate(picture, "flow_picture", degrees)[0]
    inside = np.hypot(x, y) < 17
    np.testing.assert_allclose(got[:2, inside], wanted.transpose(2, 0, 1)[:, inside], atol=2e-3)
    np.testing.assert_allclose(
        got[2, inside], picture[0, 2, inside], atol=0.3
    )  # a scalar turns into itself; its cone is not linear
    sequence = rotate(np.array([[[[1.0, 0.0]]]], np.float32), "roi_flow", degrees)
    np.testing.assert_allclose(sequence[0, 0, 0], turn @ [1, 0], atol=1e-6)


def test_a_bright_spot_at_the_right_goes_down_when_turned_clockwise():
    x = np.zeros((1, 3, 21, 21), np.float32)
    x[:, :, 10, 18] = 1
    assert np.unravel_index(rotate(x, "image", 90.0)[0, 0].argmax(), (21, 21)) == (18, 10)


def test_a_min_max_scaled_flow_picture_is_not_turned():
    x = np.zeros((2, 3, 4, 4), np.float32)
    x[..., 0, 0] = 255
    with pytest.raises(ValueError, match=r"recipe\.rotate=0"):
        rotate(x, "flow_picture", 5.0)


def test_resize_keeps_values_and_other_axes():
    x = np.full((2, 2, 3, 3, 32, 32), 3.5, np.float16)
    small = resize(x, "roi_maps", 8)
    assert small.shape == (2, 2, 3, 3, 8, 8) and small.dtype == np.float32 and (small == 3.5).all()
    assert resize(x, "roi_maps", 0) is x
    flow = np.zeros((2, 4, 14, 2), np.float32)
    assert resize(flow, "roi_flow", 8) is flow


@pytest.mark.parametrize(("flip", "turn"), [(0.5, 0.8), (0.3, 0.6), (0.0, 0.4), (0.3, 0.0)])
def test_training_shows_each_view_as_often_as_the_recipe_says(flip, turn):
    """Each clip is flipped or not, and upright or at one of the four angles; at (0.5, 0.8) all ten views are
    equally frequent."""
    job, data = fold("ststnet", mirror=flip, rotate=turn, normalise="none")
    training = _Training(job.model, job.config, data, 3, ("a", "seed"), "cpu")
    mirrored, angle = training.clips.draw(40_000, np.random.default_rng(0))
    index = np.arange(len(data.x_train))
    for flipped in (False, True):
        for turned in range(-1, 4):
            chance = (flip if flipped else 1 - flip) * (turn / 4 if turned >= 0 else 1 - turn)
            assert ((mirrored == flipped) & (angle == turned)).mean() == pytest.approx(chance, abs=0.01)
            if chance == 0:
                continue
            x = mirror(data.x_train, data.kind, ()) if flipped else data.x_train
            x = rotate(x, data.kind, ANGLES[turned]) if turned >= 0 else x
            view = training.clips.show(index, np.full(len(index), flipped), np.full(len(index), turned))
            np.testing.assert_allclose(view, x, atol=1e-5)


def test_each_clip_of_a_batch_is_shown_in_its_own_view():
    job, data = fold("ststnet", mirror=0.5, rotate=0.8, normalise="standardise")
    clips = _Training(job.model, job.config, data, 3, ("a", "seed"), "cpu").clips
    index, mirrored, angle = (
        np.array([5, 2, 9, 2]),
        np.array([True, False, True, False]),
        np.array([0, -1, 0, 3]),
    )
    together = clips.show(index, mirrored, angle)
    for i in range(4):
        alone = clips.show(index[i : i + 1], mirrored[i : i + 1], angle[i : i + 1])
        np.testing.assert_allclose(together[i], alone[0], atol=1e-6)
    assert not np.allclose(together[1], together[3], atol=1e-3)
    before = clips.upright.clone()
    together += 1
    assert (clips.upright == before).all()
