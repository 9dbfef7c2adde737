"""Explanations beside a sweep's other results: what is read from their folder, and what the pages show."""

import pytest
from PIL import Image

from orchestrator.results.page import explained, page
from orchestrator.tracking import tracker
from tests.orchestrator.results.pages import EVIL, sweep

POINTS = [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]
TOLD = {
    "title": f"demo {EVIL}",
    "lines": [f"m: the probability does NOT fall faster than {EVIL}"],
    "columns": ["method", "deletion area", "beats random"],
    "rows": [[EVIL, 0.5, "no"]],
    "pictures": [["faces", "Importance"], ["gone", "it was deleted"]],
    "space": {
        "how": "t-SNE",
        "points": POINTS,
        "clips": ["a", EVIL, "c"],
        "truth": [EVIL, EVIL, "x"],
        "called": [EVIL, "x", "x"],
    },
    "files": ["faces.png", "methods.csv"],
}


def explanations(folder, told=TOLD):
    """Write them beside the sweep in ``folder``."""
    own = folder / explained.FOLDER
    own.mkdir()
    Image.new("RGB", (300, 200), "white").save(own / "faces.png")
    (own / "methods.csv").write_text("method\n")
    (own / "old.png").write_text("of an earlier call")
    return explained.write(own, told, folder)


@pytest.fixture
def folder(tmp_path):
    return sweep(tmp_path / "sweeps" / "demo", [])


def test_the_sweeps_page_and_their_own_show_them_with_every_text_escaped(folder):
    _, own = explanations(folder)
    for file in (own, page.write(folder)):
        text = file.read_text()
        assert "<script>alert" not in text and text.count("<script>") == 2
        assert "does NOT fall faster than &lt;script&gt;" in text
        shown = text.split("<script")[0]
        assert shown.count("data:image/png;base64,") == 1 and 'data-figure="space"' in shown
        assert "default-src 'none'" in text and "has other predictions since" not in text
    assert 'href="#explained"' in text


def test_the_embedding_is_drawn_class_by_class_right_and_wrong(folder):
    explanations(folder)
    figure = explained.read(folder / explained.FOLDER)["figures"]["space"]
    traces = figure["data"]
    assert [(one["x"], one["y"], one["z"], one["marker"]["symbol"]) for one in traces] == [
        ([0.0], [1.0], [2.0], "circle"),
        ([3.0], [4.0], [5.0], "circle-open"),
        ([6.0], [7.0], [8.0], "circle"),
    ]
    assert traces[0]["marker"]["color"] == traces[1]["marker"]["color"] != traces[2]["marker"]["color"]
    assert figure["layout"]["meta"] == "t-SNE"
    assert traces[1]["customdata"] == [["&lt;script&gt;alert(1)&lt;/script&gt;", "x"]]


def test_explanations_of_earlier_predictions_are_said_to_be(folder):
    explanations(folder)
    with (folder / "predictions.csv").open("a") as file:
        file.write("\n")
    warning = explained.of_sweep(folder)["warning"]
    assert "other predictions since" in warning and "orchestrator.explain demo" in warning


def test_damaged_ones_are_said_to_be_and_do_not_keep_the_page_from_being_made(folder):
    index, _ = explanations(folder)
    index.write_text(index.read_text().replace("Importance", "importance"))
    text = page.write(folder).read_text()
    assert "explanations.json is damaged" in text and "make them again: mer explain" in text
    assert explained.files(folder) == []


def test_a_sweep_without_any_has_a_page_without_them(folder):
    assert explained.of_sweep(folder) is None and explained.files(folder) == []
    assert "explained" not in page.write(folder).read_text().split("<script")[0]


def test_those_that_were_written_together_go_to_mlflow_and_change_what_it_is_to_hold(folder):
    before = tracker._state(folder)
    explanations(folder)
    assert {file.name for file in explained.files(folder)} == {
        "explanations.json", "index.html", "faces.png", "methods.csv",
    }  # fmt: skip
    assert tracker._state(folder) != before
