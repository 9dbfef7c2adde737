"""The scores of MEGC by hand, by scikit-learn, and as the challenge published its baseline's."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score

from orchestrator.common.errors import ConfigError
from orchestrator.spotting import megc
from orchestrator.spotting.metrics import Counts, Spotted, iou, matched, scores


def me(onset, offset, emotion="", video="a", kind="micro", score=0.0):
    return Spotted(video, onset, offset, kind, emotion, score)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (me(0, 9), me(0, 9), 1.0),
        (me(0, 9), me(5, 14), 5 / 15),
        (me(0, 9), me(0, 4), 0.5),
        (me(0, 9), me(9, 9), 0.1),  # frames are inclusive: one is shared
        (me(0, 9), me(10, 19), 0.0),
        (me(0, 9), me(0, 9, video="b"), 0.0),
    ],
)
def test_overlap_counts_frames_inclusively(one, other, expected):
    assert iou(one, other) == iou(other, one) == pytest.approx(expected)


def test_half_is_enough_and_an_interval_is_matched_once():
    true = [me(0, 9), me(100, 109)]
    found = [me(0, 4), me(0, 9), me(100, 103)]
    assert matched(true, found) == [(true[0], found[1])]
    assert matched(true[:1], found[:1]) == [(true[0], found[0])]  # exactly one half
    assert scores(true, found).spotting["micro"] == Counts(1, 2, 1)


def test_of_two_alike_the_surer_one_is_right():
    found = [me(0, 9, "x", score=1.0), me(0, 9, "y", score=2.0)]
    assert matched([me(0, 9)], found)[0][1].emotion == "y"


def test_counts_are_pooled_over_videos_before_the_score_is_taken():
    # video a: 1 of 1 found, 3 false; b: 0 of 3, none false. Pooled: tp 1, fp 3, fn 3
    true = [me(0, 9), *(me(20 * i, 20 * i + 9, video="b") for i in range(3))]
    found = [me(0, 9), *(me(100 * i, 100 * i + 9) for i in (1, 2, 3))]
    made = scores(true, found)
    assert made.spotting["micro"] == Counts(1, 3, 3)
    assert made.spotting["micro"].f1 == pytest.approx(0.25)  # the mean of the videos' F1 is .2
    assert scores(true, found, videos=["b"]).spotting["micro"] == Counts(0, 0, 3)


def test_a_micro_expression_that_was_taken_for_a_macro_one_is_wrong_twice():
    made = scores([me(0, 9)], [me(0, 9, kind="macro")])
    assert made.spotting == {"micro": Counts(0, 0, 1), "macro": Counts(0, 1, 0), "all": Counts(0, 1, 1)}


def test_nothing_there_and_nothing_found_is_no_division_by_zero():
    made = scores([], [])
    assert made.spotting["all"].f1 == made.recognition_f1 == made.strs == 0.0
    assert scores([], [me(0, 9)]).spotting["micro"].precision == 0.0


@pytest.mark.parametrize(
    ("counts", "recognition", "published"),
    # table of arXiv:2506.15298: precision, recall, F1 of spotting, STRS
    [
        (Counts(6, 217, 202), 0.2222, (0.0269, 0.0288, 0.0278, 0.0062)),
        (Counts(3, 115, 34), 0.2222, (0.0254, 0.0811, 0.0387, 0.0086)),
    ],
)
def test_the_baseline_of_megc_2025_has_its_published_scores(counts, recognition, published):
    rounded = (counts.precision, counts.recall, counts.f1, counts.f1 * recognition)
    np.testing.assert_allclose(rounded, published, atol=5.1e-5)


def test_recognition_is_scikit_learns_on_what_was_spotted():
    rng = np.random.default_rng(0)
    names = ("negative", "positive", "surprise")
    truth, called = rng.integers(0, 3, (2, 60))
    true = [me(100 * i, 100 * i + 9, names[c]) for i, c in enumerate(truth)]
    found = [me(100 * i, 100 * i + 9, names[c]) for i, c in enumerate(called)]
    missed, extra = [me(9000, 9009, "positive")], [me(9100, 9109, "surprise")]
    made = scores([*true, *missed], [*found, *extra])
    assert made.recognition_f1 == pytest.approx(f1_score(truth, called, average="macro"))
    assert made.recognition_uar == pytest.approx(recall_score(truth, called, average="macro"))
    assert made.spotting["micro"] == Counts(60, 1, 1)
    assert made.strs == pytest.approx(120 / 122 * made.recognition_f1)


def test_a_class_that_was_never_spotted_counts_and_an_abstention_is_no_pair():
    true = [me(0, 9, "positive"), me(100, 109, "negative"), me(200, 209, "negative")]
    found = [me(0, 9, "positive"), me(100, 109)]
    made = scores(true, found)
    assert made.pairs == (("positive", "positive"),)
    assert made.recognition_f1 == pytest.approx((1.0 + 0.0) / 2)


def test_a_result_file_comes_back_as_it_was(tmp_path):
    given = [me(0, 9, "positive", "sub01"), me(20, 80, "", "=sub02", kind="macro")]
    megc.write(tmp_path / "r.csv", given)
    assert (tmp_path / "r.csv").read_text() == (
        "vid,pred_onset,pred_offset,type,emotion\n'=sub02,21,81,mae,\nsub01,1,10,me,positive\n"
    )
    megc.write(tmp_path / "bare.csv", [me(0, 9)])
    assert (tmp_path / "bare.csv").read_text() == "vid,pred_onset,pred_offset,type\na,1,10,me\n"
    assert megc.read(tmp_path / "bare.csv") == [me(0, 9)]
    assert megc.read(tmp_path / "r.csv")[1] == given[0]


def test_the_renderers_truth_is_read(tmp_path):
    (tmp_path / "t.csv").write_text(
        "subject,video,fps,frames,kind,onset,apex,offset,emotion,aus\n"
        "p01,p01/v01.avi,50,100,blink,1,2,3,,\np01,p01/v01.avi,50,100,macro,0,7,9,anger,4\n"
    )
    assert megc.read(tmp_path / "t.csv", first=0) == [me(0, 9, "anger", "p01/v01.avi", "macro")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("vid,pred_onset,type\na,1,me\n", "no column pred_offset or offset"),
        ("vid,pred_onset,pred_offset,type\na,x,2,me\n", "line 2: .*frame numbers"),
        ("vid,pred_onset,pred_offset,type\na,5,2,me\n", "onset 5 and offset 2"),
        ("vid,pred_onset,pred_offset,type\na,0,2,me\n", "counted from 1"),
        ("", "no column vid"),
    ],
)
def test_a_file_that_is_no_result_is_refused(text, says, tmp_path):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(ConfigError, match=says):
        megc.read(tmp_path / "r.csv")
