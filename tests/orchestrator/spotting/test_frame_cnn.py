"""The learnt spotter: learns what is there to learn, is the same twice, and cuts runs as it says."""

import numpy as np
import pytest

from orchestrator.spotting.folds import counted
from orchestrator.spotting.frame_cnn import CHANNELS_IN, FrameCNN, features, network, runs, targets
from orchestrator.spotting.marked import Seen
from tests.orchestrator.spotting.videos import people, video


@pytest.mark.long
def test_it_learns_to_spot_in_people_whom_it_has_not_seen():
    fitted = FrameCNN().fit(people(5), 0)
    counts = [counted(one, fitted(one.seen, [0.5])[0]) for one in people(3, seed=5)]
    micro = sum((one["micro"] for one in counts[1:]), counts[0]["micro"])
    assert micro.f1 > 0.6  # by chance near 0
    again = FrameCNN().fit(people(5), 0)
    assert again.digest == fitted.digest != FrameCNN().fit(people(5), 1).digest


def test_a_run_is_an_interval_where_its_length_is_one():
    seen = video("p0").seen
    probabilities = np.zeros((2, 900), np.float32)
    probabilities[0, 100:110] = 0.7  # a third of a second
    probabilities[0, 200:202] = 0.9  # too short
    probabilities[0, 300:330] = 0.9  # too long for a micro-expression
    probabilities[1, 400:440] = 0.8
    probabilities[1, 500:510] = 0.8  # too short for a macro-expression
    found = runs(probabilities, seen, 0.5)
    assert [(one.kind, one.onset, one.offset) for one in found] == [("micro", 100, 109), ("macro", 400, 439)]
    assert found[0].score == pytest.approx(0.7) and 100 <= found[0].apex <= 109
    assert [one.kind for one in runs(probabilities, seen, 0.75)] == ["macro"]


def test_frames_are_those_of_the_video_where_not_every_one_is_looked_at():
    one = video("p0")
    fast = Seen(one.seen.curves, one.seen.head, type(one.seen.rate)(200.0), 900 * 7, first=50)
    probabilities = np.zeros((2, 900), np.float32)
    probabilities[0, 10:20] = 1
    (found,) = runs(probabilities, fast, 0.5)
    assert (found.onset, found.offset) == (50 + 10 * 7, 50 + 19 * 7)


def test_targets_are_the_samples_of_true_intervals():
    one = video("p0")
    made = targets(one)
    for kind, row in zip(("micro", "macro"), made, strict=True):
        frames = {at for t in one.true if t.kind == kind for at in range(t.onset, t.offset + 1)}
        assert set(np.flatnonzero(row)) == frames


def test_without_a_face_nothing_is_spotted_and_nothing_breaks():
    one = video("p0")
    curves = one.seen.curves.copy()
    curves[300:400] = np.nan
    fitted = FrameCNN().fit([one], 0)
    seen = Seen(curves, one.seen.head, one.seen.rate, 900)
    assert np.isfinite(features(seen)).all() and features(seen).shape == (CHANNELS_IN, 900)
    assert not fitted.probabilities(seen)[:, 300:400].any()
    assert fitted(Seen.nothing(), [0.1, 0.5]) == [[], []]
    assert sum(p.numel() for p in network().parameters()) < 10_000
