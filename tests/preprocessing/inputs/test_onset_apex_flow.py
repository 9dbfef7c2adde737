"""Onset-apex flow picture: which frames, which channels, which order."""

from pathlib import Path

import numpy as np
import pytest

from preprocessing.inputs.onset_apex_flow import OnsetApexFlow
from preprocessing.inputs.view import Frame, Settings
from preprocessing.schema import Clip

CLIP = Clip("manifest", "manifest/a", "c", Path("c"), "happiness", onset=5, apex=7, offset=9)


def frames():
    return [Frame(n, np.full((256, 256), n, np.uint8), np.zeros((68, 2), np.float32)) for n in range(5, 10)]


def test_flow_is_taken_between_onset_and_apex_and_ordered_u_v_strain():
    asked = []

    def flow(first, second):
        asked.append((int(first[0, 0]), int(second[0, 0])))
        y, x = np.mgrid[0:256, 0:256].astype(np.float32)
        return np.dstack([0.5 * x, np.full_like(y, -2.0)])  # ux = .5: strain .5 everywhere

    collector = OnsetApexFlow().collector(CLIP, Settings())
    for frame in frames():
        collector.see(frame, flow)
    picture = collector.result(flow)
    assert asked == [(5, 7)]
    assert picture.shape == (3, 28, 28)
    assert picture.dtype == np.float32
    assert picture[0, 0, 0] < picture[0, 0, 27]
    np.testing.assert_allclose(picture[1], -2.0)
    np.testing.assert_allclose(picture[2], 0.5, atol=1e-5)


def test_an_apex_that_was_not_read_is_an_error():
    collector = OnsetApexFlow().collector(CLIP, Settings())
    for frame in frames()[:2]:
        collector.see(frame, None)
    with pytest.raises(ValueError, match="frame 7, the apex"):
        collector.result(None)


def test_a_published_picture_keeps_its_values():
    picture = np.random.default_rng(0).integers(0, 256, (28, 28, 3)).astype(np.uint8)
    out = OnsetApexFlow().from_picture(picture)
    assert out.shape == (3, 28, 28)
    assert (out[2] == picture[..., 2]).all()
    with pytest.raises(ValueError, match="28 x 28"):
        OnsetApexFlow().from_picture(picture[:10])
