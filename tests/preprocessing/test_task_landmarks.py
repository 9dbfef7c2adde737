"""Landmarks by a .task file: the points of the usual source, and the file's bytes in the version."""

import io
import shutil
import sys
import zipfile
from types import ModuleType

import cv2
import numpy as np
import pytest
import skimage.data

from preprocessing import extract, plan, versions
from preprocessing.inputs import INPUTS, Settings, SettingsError
from preprocessing.landmarks import FaceError, Landmarker, NoMediaPipe
from preprocessing.pipelines import pipeline, ready
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.task_landmarks import TaskLandmarker, identity
from tests.face_task import write_task


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return str(write_task(tmp_path_factory.mktemp("task") / "face.task"))


@pytest.fixture(scope="module")
def portrait():
    return cv2.cvtColor(skimage.data.astronaut()[:300, 60:360], cv2.COLOR_RGB2BGR)


def test_it_finds_the_points_that_the_usual_source_finds(task, portrait):
    usual, own = Landmarker().start(portrait), TaskLandmarker(task)
    found = own.start(portrait)
    size = np.hypot(*(usual[36] - usual[45]))
    assert np.hypot(*(found - usual).T).max() < 0.05 * size
    moved = np.roll(portrait, 4, axis=1)
    np.testing.assert_allclose(own.follow(moved, 1) - found, np.broadcast_to((4, 0), (68, 2)), atol=1.5)


def test_a_frame_is_looked_at_for_itself(task, portrait):
    own = TaskLandmarker(task)
    own.start(portrait)
    first = own.follow(portrait, 1)
    own.follow(np.roll(portrait, 30, axis=1), 2)
    np.testing.assert_array_equal(own.follow(portrait, 3), first)


def test_no_face_and_two_faces_are_refused(task, portrait):
    own = TaskLandmarker(task)
    with pytest.raises(FaceError, match="no face in the first frame"):
        own.start(np.full((200, 200, 3), 127, np.uint8))
    with pytest.raises(FaceError, match="2 faces"):
        own.start(np.hstack([portrait, portrait]))
    own.start(portrait)
    with pytest.raises(FaceError, match="lost 3 frames after"):
        own.follow(np.full((200, 200, 3), 127, np.uint8), 3)


def test_its_bytes_are_in_the_version_and_its_place_is_not(task, tmp_path):
    def of(path):
        return versions.parameters("apex_frame", Settings(landmarker=str(path)), pictures=False)

    copied, other = tmp_path / "copied.task", tmp_path / "other.task"
    shutil.copy(task, copied)
    shutil.copy(task, other)
    with zipfile.ZipFile(other, "a") as more:
        more.writestr("more", b"1")
    usual = versions.parameters("apex_frame", Settings(), pictures=False)
    assert "landmarker" not in usual
    assert of(task) == of(copied) != of(other)
    assert of(task)["landmarker"] == identity(task) and len(identity(task)) == len("sha256:") + 64
    assert of(task)["code"] != usual["code"]
    # what a shard says of itself is read back as settings, to ask whether today's code would make it
    assert of(identity(task)) == of(task)
    pictures = next(name for name in INPUTS if INPUTS[name].picture_unit)
    assert versions.parameters(pictures, Settings(landmarker=task), pictures=True).keys() == {"code"}


def test_the_path_is_absolute_for_a_worker_runs_elsewhere(task, monkeypatch):
    monkeypatch.chdir("/")
    settings = Settings(landmarker=task.removeprefix("/"))
    assert settings.landmarker == task
    assert isinstance(pipeline(("apex_frame",), settings).landmarker, TaskLandmarker)
    assert not isinstance(pipeline(("apex_frame",), Settings(stabilise="rigid"))._landmarker, TaskLandmarker)


def test_what_is_no_landmarker_is_told(tmp_path):
    with pytest.raises(SettingsError, match=r"--landmarker .*no\.task cannot be read: No such file"):
        identity(str(tmp_path / "no.task"))
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        identity(str(tmp_path))
    text = tmp_path / "text.task"
    text.write_text("<html>not found</html>")
    with pytest.raises(SettingsError, match=r"is no face landmarker .*which is a zip"):
        identity(str(text))
    empty = tmp_path / "empty.task"
    with zipfile.ZipFile(empty, "w") as made:
        for name in ("face_detector.tflite", "face_landmarks_detector.tflite"):
            made.writestr(name, b"no model")
    with pytest.raises(SettingsError, match=r"empty\.task: MediaPipe cannot load it"):
        ready(pipeline(("apex_frame",), Settings(landmarker=str(empty))))


def _flipped(whole):
    third = len(whole) // 3  # in the weights: MediaPipe loads them
    return whole[:third] + bytes(255 - byte for byte in whole[third : third + 2]) + whole[third + 2 :]


def _compressed(whole):
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_compressed, "was packed anew with compression"),
        (lambda whole: whole[: len(whole) // 2], "is cut short"),
        (_flipped, r"is damaged \(face_landmarks_detector\.tflite in it\)"),
        (lambda whole: whole.replace(b"PK\1\2", b"PKXX"), "is damaged"),
        (
            lambda whole: whole.replace(b"face_detector", b"hand_detector"),
            "face_detector.tflite is not in it",
        ),
    ],
)
def test_a_model_file_that_is_not_whole_is_told_before_anything_is_made(spoil, told, task, tmp_path):
    spoilt = tmp_path / "spoilt.task"
    with open(task, "rb") as whole:
        spoilt.write_bytes(spoil(whole.read()))
    with pytest.raises(SettingsError, match=f"--landmarker .*{told}"):
        identity(str(spoilt))


def test_without_mediapipe_it_is_said_where_to_extract_and_no_clip_is_to_blame(task, tmp_path, monkeypatch):
    render_corpus(tmp_path / "c", RenderConfig(subjects=1, clips_per_subject=1, size=160))
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    for settings in (Settings(), Settings(landmarker=task)):
        todo = plan.plan("synthetic", tmp_path / "c", ["apex_frame"], tmp_path / "out", settings)
        with pytest.raises(NoMediaPipe, match="make env-preprocess"):
            extract.run(todo)
    monkeypatch.setitem(sys.modules, "mediapipe", ModuleType("mediapipe"))  # as 1.2.3: without its mesh
    with pytest.raises(NoMediaPipe, match=r"newer than 0\.10\.21.*--landmarker face_landmarker\.task"):
        ready(pipeline(("apex_frame",), Settings()))
    assert not list((tmp_path / "out").rglob("*.parquet"))  # what is kept would be the clips' verdict
