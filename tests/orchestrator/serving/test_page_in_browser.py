"""The page in a headless Chromium; part of `make test-page`. Skipped where there is none."""

import json

import pytest

from tests.browser import PHONE, chromium, needs_chromium, watched

pytestmark = [needs_chromium, pytest.mark.long]
CAMERA = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
MINUTES = 5 * 60_000.0  # ms: a busy machine


@pytest.fixture(scope="module")
def browser():
    with chromium(*CAMERA) as made:
        yield made


@pytest.fixture
def view(browser, server):
    """The page on a phone; nothing was said on its console, and no other host was asked."""
    context = browser.new_context(viewport={"width": PHONE, "height": 844}, color_scheme="dark")
    page = context.new_page()
    seen = watched(page)
    page.set_default_timeout(MINUTES)
    page.goto(server.address)
    page.wait_for_selector("#card h1", state="attached")
    yield page
    page.close()
    context.close()
    assert seen.said == [] and seen.dialogs == []
    assert {url.split("/")[2] for url in seen.asked} == {f"127.0.0.1:{server.port}"}


def until(view, true):
    """Not wait_for_function, which asks again by eval: the page forbids that."""
    for _ in range(int(MINUTES / 100)):
        if view.evaluate(true):
            return
        view.wait_for_timeout(100)
    raise AssertionError(true)


def fits(view):
    assert view.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_a_video_is_sent_and_its_result_shown(view, server, material):
    fits(view)
    view.set_input_files("#file", material / "face.avi")
    view.wait_for_selector("#progress:not([hidden])")
    view.wait_for_selector("#result:not([hidden])")
    until(view, "document.getElementById('video').readyState >= 2")
    fits(view)
    assert view.inner_text("#name") == "face.avi" and "3 expressions found" in view.inner_text("#facts")
    assert view.locator(".one").count() == 3 and view.locator("#timeline svg").count() == 1
    until(view, "[...document.querySelectorAll('.one img')].every(one => one.complete)")
    loaded = view.eval_on_selector_all(".one img", "all => all.filter(one => one.naturalWidth > 0).length")
    classes = view.locator(".one details").count()  # of each that the model gives a class, why
    assert loaded == 9 + classes > 9
    assert view.evaluate("document.getElementById('video').videoWidth") == 256
    view.locator("#timeline").click(position={"x": 240, "y": 20})
    at = view.evaluate("document.getElementById('video').currentTime")
    assert at == pytest.approx(240 / 358 * 6, abs=0.1)
    with view.expect_download() as got:
        view.click("#json")
    made = json.loads(got.value.path().read_text())
    assert got.value.suggested_filename == "face.json" and len(made["intervals"]) == 3
    words = view.locator(".one").first.inner_text()
    first = made["intervals"][0]
    assert (
        (f"{first['class']} {first['probability']:.2f}" in words) if not first["reason"] else "abst" in words
    )
    with view.expect_response(lambda answer: answer.request.method == "DELETE"):
        view.click("#forget")
    assert view.is_hidden("#result")
    assert server.files() == []


def test_a_video_without_a_face_is_an_error_and_the_next_is_taken(view, server, material):
    view.set_input_files("#file", material / "grey.avi")
    view.wait_for_selector("#error:not([hidden])")
    assert "grey.avi: no face" in view.inner_text("#error") and view.is_hidden("#progress")
    fits(view)
    view.check("input[value=clip]")
    view.set_input_files("#file", material / "grey.avi")
    view.wait_for_selector("#result:not([hidden])")
    assert view.is_hidden("#error")
    assert "The model abstains" in view.inner_text(".one") and "no face" in view.inner_text(".abstains")
    fits(view)


def test_what_is_too_large_or_no_video_is_said_on_the_page(view, material, tmp_path):
    (tmp_path / "large.mp4").write_bytes(b"\0" * (9 << 20))
    view.set_input_files("#file", tmp_path / "large.mp4")
    view.wait_for_selector("#error:not([hidden])")
    assert "9.0 MiB; at most 8 MiB" in view.inner_text("#error")
    for name in ("photo.jpg", "mp4"):
        (tmp_path / name).write_bytes(b"x")
        view.set_input_files("#file", tmp_path / name)
        until(view, f"document.getElementById('error').textContent.startsWith('{name} is no video')")


def test_a_recording_of_the_camera_is_looked_at(view):
    """Chromium's made-up camera shows no face."""
    view.click("#camera")
    view.wait_for_selector("#recording:not([hidden])")
    until(view, "document.getElementById('preview').currentTime > 1.5")
    view.click("#stop")
    view.wait_for_selector("#error:not([hidden])")
    told = view.inner_text("#error")
    # a machine so busy that the browser drops most frames records what counts as cut short
    assert "recording.webm: no face" in told or "recording.webm ends after" in told
    fits(view)
