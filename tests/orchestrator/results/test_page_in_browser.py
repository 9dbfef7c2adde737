"""The page in a headless Chromium: `make test-page`. Skipped where there is none."""

import pytest

from orchestrator.results.page import page
from tests.browser import DESK, PHONE, chromium, needs_chromium, watched
from tests.orchestrator.results.pages import EVIL, sweep, trial_row
from tests.orchestrator.results.test_explained import explanations

pytestmark = needs_chromium
# what Chromium says of the speed of a figure in 3-D that it draws without a GPU
HINTS = ("Canvas2D: Multiple readback operations", "GPU stall due to ReadPixels")


@pytest.fixture(scope="module")
def browser():
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    trials = [
        trial_row(i, i / 9, {"recipe.lr": 10.0**-i, "model.dropout": (i * 5 % 7) / 7, EVIL: f"{EVIL}{i % 2}"})
        for i in range(7)
    ]
    folder = sweep(tmp_path_factory.mktemp("ws") / "sweeps" / "demo", trials, people=12)
    explanations(folder)
    return page.write(folder)


def lightness(view, selector, of):
    colour = view.eval_on_selector(selector, f"one => getComputedStyle(one).{of}")
    red, green, blue = (float(part) for part in colour.split("(")[1].rstrip(")").split(",")[:3])
    return 0.299 * red + 0.587 * green + 0.114 * blue


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_shows_everything_says_nothing_and_asks_for_nothing(browser, file, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    view = context.new_page()
    seen = watched(view)
    view.goto(file.as_uri())
    view.wait_for_function("document.querySelectorAll('[data-figure] .main-svg').length >= 6")
    said = [line for line in seen.said if not any(hint in line for hint in HINTS)]
    assert said == [] and seen.dialogs == []
    assert seen.asked == [file.as_uri()]
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    assert view.locator("img").count() == 1  # of the explanations
    assert view.locator("th", has_text=EVIL).count() > 0  # a text, in the confusion matrix
    drawn = view.eval_on_selector_all(
        "[data-figure]:has(.main-svg)",
        "all => all.map(one => one.dataset.figure)",
    )
    assert drawn == ["rules", "people", "curves", "importance", "parallel", "space"]
    assert view.locator("[data-figure=space] canvas").count() > 0
    paper, ink = lightness(view, "body", "backgroundColor"), lightness(view, "body", "color")
    label = lightness(view, "[data-figure=rules] .xtick text", "fill")
    assert (paper > 200 and ink < 80) if scheme == "light" else (paper < 60 and ink > 180)
    assert abs(label - ink) < 1
    context.close()
