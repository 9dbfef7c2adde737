"""What follows from explained clips: by hand on four clips of two people."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from orchestrator.results.explain import pictures, planted
from orchestrator.results.explain.clip import _told
from orchestrator.results.explain.collected import Collected
from orchestrator.results.explain.deletion import COVERED, RANDOM
from orchestrator.results.explain.files import verdicts
from orchestrator.results.explain.places import PARTS, of_input
from orchestrator.results.explain.planted import planted_places
from preprocessing.inputs import INPUTS
from preprocessing.render.emotions import ELSEWHERE

PLACES = of_input("roi_flow", INPUTS["roi_flow14"].channels, (2, 14, 2))
BROW, MOUTH = 0, 9


def collected(strongest, planted="", units=None):
    """One method "m" whose strongest place of each clip is given, and one, "s", with a sign, against which
    that place speaks."""
    n = len(strongest)
    m = np.zeros((n, *PLACES.shape), np.float32)
    m[np.arange(n), 1, strongest] = 1
    signed = -m
    signed[:, 0, MOUTH] += 0.5
    falls = np.linspace(1, 0, len(COVERED), dtype=np.float32)
    clips = pd.DataFrame({"clip": list("abcd"), "person": ["p", "p", "p", "q"], "fold": ["p", "p", "p", "q"],
                          "truth": "x", "called": "x", "probability": 1.0, "right": True})  # fmt: skip
    return Collected(
        title="t", classes=("x", "y"), places=PLACES, clips=clips[:n], importance={"m": m, "s": m},
        signed={"s": signed}, edges={}, features=np.zeros((0, 0)), motion=None,
        deletion={"m": np.tile(falls, (n, 1)), "s": np.ones((n, len(COVERED)), np.float32),
                  RANDOM: np.full((n, len(COVERED)), 0.9, np.float32)},
        known=np.ones(n, bool), units=units or {}, planted=planted,
        planted_places=planted_places(planted, PLACES) if planted else None,
    )  # fmt: skip


def test_a_person_with_more_clips_does_not_count_more():
    made = collected([BROW, BROW, BROW, MOUTH])
    by_part = made.over_people(PLACES.by_part(made.importance["m"]))
    assert by_part.tolist() == [0.5, 0, 0, 0.5, 0]
    assert made.methods().set_index("method").loc["m", "share_mouth"] == 0.5


def test_a_method_that_names_too_few_clips_is_said_not_to():
    for strongest, share, holds in (([MOUTH] * 4, 1.0, True), ([BROW, *[MOUTH] * 3], 0.75, False)):
        made = collected(strongest, planted="mouth")
        row = made.methods().set_index("method").loc["m"]
        assert (row["names_planted"], row["holds"]) == (share, holds)
        said = next(line for line in verdicts(made, made.methods()) if line.startswith("m "))
        assert ("does NOT name" in said) != holds and f"in {share:.0%} of 4" in said


@pytest.mark.parametrize(("part", "other"), [("mouth", "brows"), ("brows", "mouth")])
def test_the_planted_region_is_the_skin_that_moves_with_the_class(part, other):
    """A jaw that drops moves the chin, which is no part; what moves elsewhere, whatever the class, is not in
    it; of regional windows it is those of the part."""
    cells = of_input("image", (), (3, 112, 112))
    inside = planted_places(part, cells)
    parts = np.array(cells.parts)
    assert 0.03 < inside.mean() < 0.25 and inside[parts == part].any()
    assert not inside[parts == other].any()
    x, y = (cells.boxes[:, :2] + cells.boxes[:, 2:]).T / 2
    chin = (abs(x - 128) < 10) & (y > 212) & (y < 235)
    assert chin.any() and inside[chin].all() == (part == "mouth")
    for au in ELSEWHERE[part]:
        assert not (inside & (planted_of(au, cells) >= 0.95)).any(), au
    windows = np.array(PLACES.parts)[planted_places(part, PLACES)]
    assert set(windows) == {part}


def planted_of(au, cells):
    """How far an action unit moves each place, of what it moves most."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planted, "PLANTED", {"x": {"y": (au,)}})
        found = np.zeros(len(cells.boxes))
        for share in np.linspace(0.05, 1, 20):
            patch.setattr(planted, "MOVED", share)
            found[planted_places("x", cells)] = share
    return found


def test_the_strongest_place_is_that_which_speaks_for_the_class():
    """Against which a brow speaks with twice as much as the mouth speaks for it."""
    made = collected([BROW] * 4)
    assert made.named("m") == ["brows"] * 4 and made.named("s") == ["mouth"] * 4


def test_of_places_that_were_covered_together_the_part_of_most_is_named():
    """A block of 2 x 2 cells of a picture, of which the first is of no part and the others are brows."""
    places = of_input("image", (), (3, 112, 112))
    blocks = {}
    for place, block in zip(places.index.ravel(), places.coarse.ravel(), strict=True):
        blocks.setdefault(int(block), set()).add(int(place))
    cells = next(
        own for own in map(sorted, blocks.values())
        if places.parts[own[0]] == "rest" and [places.parts[one] for one in own].count("brows") >= 2
    )  # fmt: skip
    values = np.zeros((1, *places.shape), np.float32)
    values[0, 0, cells] = 1
    made = replace(collected([BROW]), places=places, importance={"m": values}, signed={})
    assert made.named("m") == ["brows"]
    values[:] = 0
    values[0, 0, places.parts.index("rest")] = 1
    assert made.named("m") == ["rest"]
    values[:] = 0
    assert made.named("m") == ["nothing"]


def test_a_method_that_falls_no_faster_than_random_is_said_not_to():
    made = collected([MOUTH] * 4)
    said = "\n".join(verdicts(made, made.methods()))
    assert "m: the probability falls faster than" in said
    assert "s: the probability does NOT fall faster than" in said and "random 0.900" in said


def test_agreement_with_action_units_is_beside_that_with_other_clips_units():
    units = {4: np.array([True, False, False, True]), 12: np.array([False, True, False, False])}
    made = collected([BROW, MOUTH, MOUTH, MOUTH], units=units)
    # annotated are a, b, d (c has none): a and b hit, d not; others: a hits d's, d hits b's: 2 of 6 pairs
    assert made.au_agreement("m") == (pytest.approx(2 / 3), pytest.approx(2 / 6))
    assert collected([BROW] * 4).au_agreement("m") is None
    assert made.moved_parts()[:, PARTS.index("brows")].tolist() == [True, False, False, True]


@pytest.mark.parametrize(("highest", "even"), [(1.0, True), (1.08, True), (1.3, False)])
def test_a_map_in_which_no_place_stands_out_is_drawn_light_names_nothing_and_says_so(highest, even):
    made = collected([BROW] * 4)
    alike = np.ones((4, *PLACES.shape), np.float32)
    alike[..., MOUTH] = highest
    made = replace(made, importance={"m": alike, "s": made.importance["s"]})
    assert set(made.named("m")) == {"nothing" if even else "mouth"} and set(made.named("s")) == {"mouth"}
    for figure in (pictures.faces(made), pictures.over_time(made)):
        one, other = figure.axes[:2]
        assert one.get_title() == ("m\neven: no region stands out" if even else "m")
        assert other.get_title() == "s"
        drawn = (one.collections or one.images)[0]
        assert (float(drawn.get_array().max()) / drawn.get_clim()[1] < 0.4) == even
    told = _told(PLACES, alike[0] / alike[0].sum())
    assert told["even"] == even and bool(told["places"]) != even
