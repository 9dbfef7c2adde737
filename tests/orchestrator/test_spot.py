"""spot: from a video to files, a page and a video; and what it says where it cannot."""

import json
import re
import resource
from unittest.mock import MagicMock

import cv2
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from orchestrator import mer
from orchestrator import spot as spot_command
from orchestrator.inference.bundle import load
from orchestrator.inference.clips import found
from orchestrator.inference.video import ClipPredictor
from orchestrator.spotting import megc
from orchestrator.spotting.metrics import scores
from preprocessing import extract
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.render.long import LongConfig
from preprocessing.render.long_corpus import render_long
from tests.orchestrator.inference.test_video import kept

LONG = LongConfig(
    seed=7, subjects=1, seconds=6, fps=25, size=256, micro=2, macro=1, speech=0, blinks=1, turns=0
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    root = tmp_path_factory.mktemp("spot")
    render_corpus(root / "corpus", RenderConfig(subjects=4, clips_per_subject=3, size=160))
    features = extract.run(
        extract.plan("synthetic", root / "corpus", ["onset_apex_flow"], root / "out")
    ).folders
    kept("ststnet", "onset_apex_flow", features, root / "b")
    return root / "b"


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    return render_long(tmp_path_factory.mktemp("long"), LONG)


def spot(bundle, video, folder, *words):
    return CliRunner().invoke(
        mer.app, ["spot", str(bundle), str(video), "--workspace", str(folder), *map(str, words)]
    )


@pytest.fixture(scope="module")
def made(bundle, truth, tmp_path_factory):
    """All outputs of one run."""
    out = tmp_path_factory.mktemp("made")
    names = {"--json": "j.json", "--csv": "c.csv", "--megc": "m.csv", "--html": "p.html", "--video": "v.webm"}
    words = [word for option, name in names.items() for word in (option, out / name)]
    done = spot(bundle, truth.parent / "p01" / "v01.avi", out / "w", *words)
    assert done.exit_code in (0, 1), done.output
    return out, done


def test_expressions_are_spotted_and_recognised_by_the_code_of_predict(made, bundle, truth):
    out, done = made
    told = json.loads((out / "j.json").read_text())
    assert told["frames"] == 150 and told["fps"] == 25 and told["without_face_s"] == {}
    true = megc.read(truth, first=0)
    assert [one["kind"] for one in told["intervals"]] == [one.kind for one in true]
    predictor = ClipPredictor(load(bundle))
    for one in told["intervals"]:
        assert one["onset_s"] == pytest.approx(one["onset"] / 25)
        (clip,) = found(
            [str(truth.parent / "p01" / "v01.avi")],
            onset=one["onset"], apex=one["apex"], offset=one["offset"],
        )  # fmt: skip
        said = predictor(clip)
        assert (one["class"], one["reason"], one["probabilities"]) == (
            said.called, said.reason, said.probabilities,
        )  # fmt: skip
    assert done.exit_code == int(any(one["reason"] for one in told["intervals"]))


def test_tables_say_the_same_and_score(made, truth):
    out, _ = made
    told = json.loads((out / "j.json").read_text())["intervals"]
    table = pd.read_csv(out / "c.csv")
    assert table["onset"].tolist() == [one["onset"] for one in told]
    assert table["score"].tolist() == [one["score"] for one in told]
    spotted = megc.read(out / "m.csv")
    assert [one.onset for one in spotted] == [one["onset"] for one in told]
    true = [one.__class__("v01", *list(vars(one).values())[1:]) for one in megc.read(truth, first=0)]
    assert scores(true, spotted).spotting["all"].f1 == 1.0


def test_the_page_needs_nothing_else_and_shows_three_frames_of_each(made):
    out, _ = made
    text = (out / "p.html").read_text()
    intervals = json.loads((out / "j.json").read_text())["intervals"]
    assert text.count("data:image/jpeg;base64,") == 3 * len(intervals)
    assert text.count("<polyline") == 10 and "<script" not in text
    assert not re.search(r'(src|href)="(?!data:)', text) and "http" not in text


def test_the_video_is_as_long_and_marks_the_interval(made):
    out, _ = made
    one = json.loads((out / "j.json").read_text())["intervals"][0]
    video = cv2.VideoCapture(str(out / "v.webm"))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(25, abs=0.1)
    tops = []
    while True:
        good, frame = video.read()
        if not good:
            break
        tops.append(frame[2, -10].astype(int))
    assert len(tops) == 150
    marked = [abs(top - (60, 60, 230)).max() < 40 or abs(top - (200, 130, 40)).max() < 40 for top in tops]
    assert all(marked[one["onset"] : one["offset"] + 1]) and not marked[max(0, one["onset"] - 2)]


@pytest.mark.long
def test_a_full_disk_while_the_video_is_written_costs_the_video_alone(bundle, truth, made, tmp_path):
    out, _ = made  # its workspace: the pass is not made again
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, hard))
    try:
        done = spot(bundle, truth.parent / "p01" / "v01.avi", out / "w",
                    "--csv", tmp_path / "c.csv", "--video", tmp_path / "v.webm")  # fmt: skip
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done.exit_code == 1 and "is the disk full" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["c.csv"]


def test_a_log_says_how_far_it_is_and_how_long_it_takes_still(monkeypatch, capsys):
    """From the first frame that it looks at: what an earlier pass has done took no time."""
    at = iter((0.0, 50.0, 55.0, 70.0))
    monkeypatch.setattr(spot_command.time, "monotonic", lambda: next(at))
    monkeypatch.setattr(spot_command, "Progress", lambda *_, **__: MagicMock())
    with spot_command._shown("spotting") as told:
        for done in (400, 500, 800):
            told(done, 1000)
    assert capsys.readouterr().err.splitlines() == [
        "spotting 500/1000 frames, about 0:25 left",
        "spotting 800/1000 frames, about 0:10 left",
    ]


def grey(path):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (320, 240))
    for _ in range(5):
        writer.write(np.full((240, 320, 3), 90, np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize(
    ("make", "words", "says"),
    [
        (grey, (), "no face"),
        (grey, ("--fps", "3"), "has 3 frames a second"),
        (grey, ("--video", "x.avi"), "written as .mp4 or .webm"),
        (lambda path: path, (), "v.avi is not there"),
        (grey, ("--json", "."), "--json .: . is a folder"),
        (grey, ("--html", "nowhere/p.html"), "--html nowhere/p.html: .* is no folder"),
    ],
)
def test_bad_input_is_one_line_and_status_2(make, words, says, bundle, tmp_path):
    done = spot(bundle, make(tmp_path / "v.avi"), tmp_path / "w", *words)
    assert done.exit_code == 2 and re.search(says, done.output.replace("\n", " ")), done.output
