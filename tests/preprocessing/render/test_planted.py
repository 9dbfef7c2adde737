"""A corpus with one predictive region: the emotion moves it alone, something else always moves too, and
corpora without one are what they were."""

import json

import numpy as np
import pytest

from preprocessing.render import RenderConfig, render_corpus
from preprocessing.render.config import PLANTED_PARTS
from preprocessing.render.emotions import ELSEWHERE, PLANTED, three_class
from preprocessing.render.motion import true_flow
from preprocessing.render.plan import clip_plan


def units(plan, role):
    return tuple(unit.au for unit in plan.units if unit.role == role)


@pytest.mark.parametrize("part", PLANTED_PARTS)
def test_the_class_is_in_the_region_and_nowhere_else(part):
    assert not set(ELSEWHERE[part]) & {au for aus in PLANTED[part].values() for au in aus}
    config = RenderConfig(subjects=4, clips_per_subject=10, planted=part)
    plans = [clip_plan(config, s, c) for s in range(4) for c in range(10)]
    for plan in plans:
        assert units(plan, "expression") == PLANTED[part][three_class(plan.emotion)]
        others = units(plan, "distractor")
        assert len(others) == 2 and set(others) <= set(ELSEWHERE[part])
    # which of the others move says nothing: each class has many pairs
    pairs = {(three_class(plan.emotion), units(plan, "distractor")) for plan in plans}
    assert len(pairs) > 20


def test_it_moves_where_it_is_said():
    config = RenderConfig(subjects=1, clips_per_subject=6, planted="mouth", difficulty=0.0, size=160)
    for number in range(6):
        plan = clip_plan(config, 0, number)
        size = np.linalg.norm(true_flow(plan, config, plan.onset, plan.apex), axis=-1)
        assert size[95:125, 55:105].max() > 0.6  # the mouth of a 160 px frame
        assert size[30:80].max() > 0.3  # and brows or eyes


def test_other_corpora_are_what_they_were(tmp_path):
    usual = RenderConfig(subjects=1, clips_per_subject=1, size=96)
    assert "planted" not in repr(usual) and usual == RenderConfig(
        subjects=1, clips_per_subject=1, size=96, planted=""
    )
    render_corpus(tmp_path / "a", usual)
    assert "planted" not in json.loads((tmp_path / "a" / "render.json").read_text())["config"]
    planted = RenderConfig(subjects=1, clips_per_subject=1, size=96, planted="brows")
    with pytest.raises(FileExistsError, match="another configuration"):
        render_corpus(tmp_path / "a", planted)
    render_corpus(tmp_path / "b", planted)
    assert json.loads((tmp_path / "b" / "render.json").read_text())["config"]["planted"] == "brows"


def test_a_region_that_nobody_plants_is_named():
    with pytest.raises(
        ValueError, match="planted must be one of brows, mouth, or nothing, got planted='ear'"
    ):
        RenderConfig(planted="ear")
