"""A clip outside of what training has shown is told by component; a clip of training never is."""

import numpy as np
import pytest

from orchestrator.inference.ranges import NAMES, measured, outside, shown
from orchestrator.training.kinds import KINDS

SHAPES = {"roi_flow": (4, 5, 2), "flow_picture": (3, 6, 6), "image": (3, 6, 6), "frame_pair": (2, 3, 6, 6),
          "roi_maps": (2, 3, 3, 6, 6), "roi_stack": (9, 6, 6)}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_no_training_clip_is_outside_and_the_component_that_is_is_named(kind):
    rng = np.random.default_rng(0)
    x = rng.uniform(0.5, 1.0, (6, *SHAPES[kind])).astype(np.float32)
    ranges = measured(x, kind)
    assert list(ranges) == list(NAMES[kind]) and not any(outside(clip, kind, "px", ranges) for clip in x)
    assert outside(x[0] * 100, kind, "px", {}) == ""  # a bundle that knows no range abstains from nothing
    last = NAMES[kind][-1]
    at = [slice(None)] * (x.ndim - 1)
    at[KINDS[kind].components - 1] = -1
    for factor, says in ((3.0, "more"), (0.2, "less")):
        clip = x[0].copy()
        clip[tuple(at)] *= factor
        assert outside(clip, kind, "px", ranges).startswith(
            f"{shown(last)} is far {says} than in any training clip: its root"
        )


def test_the_amount_by_hand():
    x = np.zeros((1, 3, 1, 2), np.float32)
    x[0, 0], x[0, 1], x[0, 2] = (3, 4), (1, 1), (0, 2)
    made = measured(x, "flow_picture")
    assert made["u"] == pytest.approx([np.sqrt(12.5)] * 2)
    assert made["v"] == [1, 1] and made["strain"] == pytest.approx([np.sqrt(2)] * 2)
