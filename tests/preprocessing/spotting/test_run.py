"""A whole video: found expressions, an interrupted pass, and what is no video."""

import itertools
import wave
from contextlib import nullcontext

import cv2
import numpy as np
import pytest

from preprocessing.frames import container_fps
from preprocessing.render.long import LongConfig, LongRenderer, long_plan
from preprocessing.render.long_corpus import write_video
from preprocessing.render.people import neutral_landmarks
from preprocessing.spotting import run
from preprocessing.spotting.peaks import intervals
from preprocessing.spotting.run import SpotError, curves
from tests.preprocessing.test_video import mp4_of_steps

CONFIG = LongConfig(
    seed=7, seconds=8, fps=25, size=256, micro=2, macro=1, speech=0, blinks=1, turns=1, turn=8.0
)


class Still:
    """The face where it would be without its head moving: no model has to be loaded."""

    points = (neutral_landmarks(CONFIG.render, 0) * CONFIG.render.unit).astype(np.float32)

    def start(self, frame):
        return self.points

    def follow(self, frame, step):
        return self.points


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "v.avi"
    write_video(path, LongRenderer(long_plan(CONFIG, 0, 0), CONFIG).frames(), CONFIG)
    return path


def test_true_expressions_are_spotted_and_nothing_else(video):
    made = curves(video)
    assert (made.frames, made.first, len(made.rows), made.lost) == (200, 0, 200, {})
    truth = [event for event in long_plan(CONFIG, 0, 0).events if event.kind in ("micro", "macro")]
    found = intervals(made.rows["curves"], made.rate, made.frames)
    assert [one.kind for one in found] == [event.kind for event in truth]
    for one, event in zip(found, truth, strict=True):
        both = min(one.offset, event.offset) - max(one.onset, event.onset) + 1
        whole = max(one.offset, event.offset) - min(one.onset, event.onset) + 1
        assert both / whole >= 0.5, (one, event)
        assert abs(one.apex - event.apex) <= 4 or event.kind == "macro"


@pytest.mark.long
def test_an_interrupted_pass_goes_on_and_ends_with_the_same_numbers(video, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(run, "CHUNK", 0.1)  # as short as a chunk can be: two seconds and a bit
    whole = curves(video, landmarker=Still())
    seen = []

    def interrupt(done, total):
        seen.append(done)
        assert total == 200
        if done == 190:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        curves(video, kept=tmp_path, progress=interrupt, landmarker=Still())
    (kept,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert kept.name == "000000.rows"
    again = []
    made = curves(video, kept=tmp_path, progress=lambda done, _: again.append(done), landmarker=Still())
    assert made.rows.tobytes() == whole.rows.tobytes()
    third = []
    more = curves(video, kept=tmp_path, progress=lambda done, _: third.append(done), landmarker=Still())
    assert more.rows.tobytes() == whole.rows.tobytes()
    assert len(third) <= len(again) == len(seen) + 10
    # a damaged chunk, a bit of one number of which has flipped, is made again
    data = bytearray(kept.read_bytes())
    data[-3] ^= 1
    kept.write_bytes(data)
    assert curves(video, kept=tmp_path, landmarker=Still()).rows.tobytes() == whole.rows.tobytes()
    assert kept.read_bytes() != data and kept.with_name("000000.rows.damaged").read_bytes() == data
    assert "000000.rows is damaged" in caplog.text
    for path in tmp_path.rglob("*.rows"):  # an older program's
        path.with_suffix(".npy").write_bytes(path.read_bytes()[32:])
        path.unlink()
    fourth = []
    curves(video, kept=tmp_path, progress=lambda done, _: fourth.append(done), landmarker=Still())
    assert fourth == third


def test_a_folder_of_frames_is_the_same_video(video, tmp_path):
    source, number = cv2.VideoCapture(str(video)), 100
    while True:
        good, frame = source.read()
        if not good or number == 160:
            break
        cv2.imwrite(str(tmp_path / f"img{number}.png"), frame)
        number += 1
    made = curves(tmp_path, fps=25, landmarker=Still())
    assert (made.first, made.frames) == (100, 60)
    whole = curves(video, landmarker=Still())
    np.testing.assert_array_equal(made.rows["curves"][10:50, 0], whole.rows["curves"][10:50, 0])
    with pytest.raises(SpotError, match="say --fps"):
        curves(tmp_path)
    (tmp_path / "img120.png").unlink()
    with pytest.raises(SpotError, match="1 frames are missing, the first is 120"):
        curves(tmp_path, fps=25)


def grey(path, count, fps=25.0):
    made = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (320, 240))
    for _ in range(count):
        made.write(np.full((240, 320, 3), 90, np.uint8))
    made.release()
    return path


def test_a_video_without_a_face_is_told(tmp_path):
    with pytest.raises(SpotError, match=r"no face .* in any of 10 frames"):
        curves(grey(tmp_path / "v.avi", 10))


@pytest.mark.parametrize("fps", [5.0, 14.0, 2000.0])
def test_a_rate_at_which_nothing_can_be_spotted_is_refused(fps, tmp_path):
    with pytest.raises(SpotError, match="15 to 1000 can be spotted in"):
        curves(grey(tmp_path / "v.avi", 3), fps=fps)


def test_of_a_rate_that_varies_the_mean_is_taken(tmp_path):
    path = mp4_of_steps(tmp_path / "v.mp4", [10] * 20 + [100] * 3)
    assert container_fps(path) == 40 and run._rate(path, None) == pytest.approx(46)
    assert run._rate(path, 200.0) == 200


def test_what_is_no_video_is_told(tmp_path, video):
    (tmp_path / "v.mp4").write_bytes(b"not a video at all" * 100)
    (tmp_path / "t.avi").write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    (tmp_path / "x.txt").write_text("hello")
    large = bytearray(video.read_bytes())
    large[64:72] = 2 * (100_000).to_bytes(4, "little")
    (tmp_path / "large.avi").write_bytes(large)
    (tmp_path / "empty").mkdir()
    (tmp_path / "sizes").mkdir()
    (tmp_path / "one").mkdir()
    cv2.imwrite(str(tmp_path / "one" / "0.png"), np.zeros((64, 64, 3), np.uint8))
    for number, side in enumerate((64, 64, 48)):
        cv2.imwrite(str(tmp_path / "sizes" / f"{number}.png"), np.zeros((side, 64, 3), np.uint8))
    with wave.open(str(tmp_path / "sound.mp4"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\1\2" * 8000)
    for name, says in (
        ("v.mp4", "cannot be opened"),
        ("t.avi", "cut short"),
        ("x.txt", "neither a folder of frames nor a video"),
        ("sizes/0.png", "is one picture, and a clip is a motion"),
        ("empty", "holds 0 frame"),
        ("one", "holds 1 frame"),
        ("missing.avi", "missing.avi is not there"),
        ("sizes", "frame 2 is 64x48, the frames before it are 64x64"),
        ("sound.mp4", "cannot be opened"),
        ("large.avi", "says that it is 100000x100000; decoded are at most"),
    ):
        with pytest.raises(SpotError, match=says):
            curves(tmp_path / name, fps=25, landmarker=Still())


@pytest.mark.parametrize(("frames", "short"), [(2, True), (5, True), (6, False)])
def test_a_video_too_short_to_compare_frames_in_is_told(frames, short, video, tmp_path):
    renderer = LongRenderer(long_plan(CONFIG, 0, 0), CONFIG)
    write_video(tmp_path / "v.avi", itertools.islice(renderer.frames(), frames), CONFIG)
    with pytest.raises(SpotError, match=f"has {frames} frames.*too short") if short else nullcontext():
        curves(tmp_path / "v.avi", landmarker=Still())
