"""Images of a whole clip: weights against the sums over pairs of frames that define them, and what a
collector makes of frames."""

import numpy as np
import pytest

from preprocessing.inputs import INPUTS, Settings
from preprocessing.inputs.motion_image import active, mesti, rank_pooling
from preprocessing.inputs.view import Frame, Shared
from preprocessing.schema import Clip

NAMES = ("mesti", "dynamic_image", "active_image", "affective_motion_image")
GREY = np.zeros((256, 256), np.uint8)
ONSET = 11


def image(name, pictures, apex, size=256):
    """What the input makes of a clip of these pictures; apex counts from the onset = 1."""
    clip = Clip(
        "manifest", "manifest/a", "c", ".", "happiness", ONSET, ONSET + apex - 1, ONSET + len(pictures) - 1
    )
    settings = Settings(image_size=size)
    shared = Shared(None, clip, settings)
    collector = INPUTS[name].collector(clip, settings)
    for i, picture in enumerate(pictures):
        collector.see(Frame.cut(ONSET + i, None, GREY, picture), shared)
    out = collector.result(shared)
    assert out.shape == INPUTS[name].shape(settings)
    assert out.dtype == np.float16 == np.dtype(INPUTS[name].dtype)
    return out


def flat(*levels):
    return [np.full((256, 256, 3), level, np.uint8) for level in levels]


def random(n, seed=0):
    return list(np.random.default_rng(seed).integers(0, 256, (n, 256, 256, 3)).astype(np.uint8))


@pytest.mark.parametrize("frames", range(1, 13))
def test_mesti_counts_later_minus_earlier_up_to_the_apex_and_earlier_minus_later_after_it(frames):
    for apex in range(1, frames + 1):
        alpha = np.zeros(frames + 1)
        for t in range(1, frames + 1):
            for q in range(t + 1, frames + 1):
                if q <= apex:
                    alpha[q] += 1
                    alpha[t] -= 1
                elif t > apex:
                    alpha[t] += 1
                    alpha[q] -= 1
        assert mesti(frames, apex).tolist() == alpha[1:].tolist()


@pytest.mark.parametrize("frames", [1, 2, 3, 7, 20])
def test_rank_pooling_sums_the_differences_of_running_means(frames):
    # row t: the frames' shares in V_t
    means = np.tril(np.ones((frames, frames))) / np.arange(1, frames + 1)[:, None]
    alpha = sum((means[q] - means[t] for q in range(frames) for t in range(q)), np.zeros(frames))
    np.testing.assert_allclose(rank_pooling(frames, 1), alpha, atol=1e-9)


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 9])
def test_active_pairs_every_frame_with_the_earlier_ones_but_its_predecessor(frames):
    alpha = np.zeros(frames)
    for later in range(1, frames):
        for earlier in range(later - 1):
            alpha[later] += 1
            alpha[earlier] -= 1
    assert active(frames, 1).tolist() == alpha.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_a_face_that_does_not_move_leaves_exactly_nothing(name):
    assert not image(name, random(1) * 9, apex=4).any()


# By hand for I_t = 10 t. mesti, T 5, a 3: alpha -2 0 2 1 -1, sum alpha t = 3, sum |alpha| = 6. dynamic, T 3:
# alpha -4/3 2/3 2/3, sum alpha t = 2, sum |alpha| = 8/3. active, T 4: alpha -2 -1 1 2, sum alpha t = 7, sum
# |alpha| = 6.
@pytest.mark.parametrize(
    ("name", "frames", "expected"),
    [
        ("mesti", 5, 5.0),
        ("dynamic_image", 3, 7.5),
        ("active_image", 4, 70 / 6),
        ("affective_motion_image", 6, 10.0),
    ],
)
def test_a_clip_that_brightens_evenly(name, frames, expected):
    out = image(name, flat(*(10 * t for t in range(1, frames + 1))), apex=3)
    np.testing.assert_allclose(out, expected, rtol=1e-3)


@pytest.mark.parametrize(
    ("name", "levels", "apex", "expected"),
    [
        ("mesti", (10, 50), 2, 20.0),  # (50 - 10) / 2
        ("mesti", (10, 50), 1, 0.0),  # one frame in either segment: no pair
        ("mesti", (10, 50, 90), 1, -20.0),  # the apex is the onset: the second segment alone, (50 - 90) / 2
        # the apex is the offset: the first segment alone, (2 * 70 - 2 * 10) / 4
        ("mesti", (10, 50, 70), 3, 30.0),
        ("dynamic_image", (10, 50), 1, 20.0),
        ("active_image", (10, 50), 1, 0.0),  # no pair but neighbours
        ("affective_motion_image", (50, 10), 1, 40.0),  # the change counts, not its sign
        ("affective_motion_image", (50,), 1, 0.0),
    ],
)
def test_the_shortest_clips_and_an_apex_at_either_end(name, levels, apex, expected):
    np.testing.assert_allclose(image(name, flat(*levels), apex), expected, rtol=1e-3)


@pytest.mark.parametrize(
    ("name", "weights"), [("mesti", mesti), ("dynamic_image", rank_pooling), ("active_image", active)]
)
def test_a_weighted_image_is_the_weighted_sum_of_its_frames_reduced_by_area(name, weights):
    pictures, alpha = random(7), weights(7, 3)
    total = np.tensordot(alpha / np.abs(alpha).sum(), np.array(pictures, float), 1)
    blocks = total.reshape(64, 4, 64, 4, 3).mean(axis=(1, 3))  # 256 px to 64
    np.testing.assert_allclose(image(name, pictures, apex=3, size=64), blocks.transpose(2, 0, 1), atol=0.05)


def test_the_affective_motion_image_is_the_mean_change_of_each_colour():
    pictures = random(5)
    change = np.abs(np.diff(np.array(pictures, float), axis=0)).mean(axis=0)
    np.testing.assert_allclose(
        image("affective_motion_image", pictures, apex=3), change.transpose(2, 0, 1), atol=0.07
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_frame_is_the_mix_of_its_neighbours_and_a_missing_end_an_error(name):
    clip = Clip("manifest", "manifest/a", "c", ".", "happiness", 1, 2, 4)
    one, two, four = (picture // 2 * 2 for picture in random(3))  # even: their mean is whole
    mix = ((two.astype(int) + four) // 2).astype(np.uint8)

    def seen(pictures):
        shared = Shared(None, clip, Settings())
        collector = INPUTS[name].collector(clip, Settings())
        for number, picture in pictures.items():
            collector.see(Frame.cut(number, None, GREY, picture), shared)
        return collector.result(shared)

    whole = seen({1: one, 2: two, 3: mix, 4: four})
    np.testing.assert_allclose(seen({1: one, 2: two, 4: four}), whole, atol=0.07)
    with pytest.raises(ValueError, match="2 of 4 frames"):
        seen({1: one, 2: two})
