"""Frame -> 68 facial landmarks, by a model file of one's own: MediaPipe's Tasks API, FaceLandmarker.

Source  a .task file (face_landmarker.task, as MediaPipe publishes it), a zip of two TFLite models: one finds
        faces, one gives 478 points, whose first 468 are those of the mesh that landmarks.py maps to 68.
Input, output, errors  as landmarks.py.
Differs every frame is looked at for itself; the usual source follows a face from frame to frame. On two
        rendered clips of moving heads the points jittered hardly more for it (.8 px against .7, faces of
        480 px) and drifted half as much.
"""

from __future__ import annotations

import hashlib
import zipfile
from functools import cached_property
from types import SimpleNamespace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from preprocessing.inputs.settings import SHA256, SettingsError
from preprocessing.landmarks import WHOLE, Landmarker

LIKE = "give a file like face_landmarker.task"
HOLDS = ("face_detector.tflite", "face_landmarks_detector.tflite")


def identity(landmarker: str) -> str:
    """What stands for a model file in a version: "sha256:" and 64 hex digits of its bytes. One that stands
    for a file already, and "", are given back.

    Raises SettingsError where there is no such file, no face landmarker in it, or not a whole one: MediaPipe
    loads a model with a wrong byte, and finds wrong points by it.
    """
    if not landmarker or landmarker.startswith(SHA256):
        return landmarker
    try:
        with open(landmarker, "rb") as file:
            wrong = _wrong(file)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SettingsError(
            f"--landmarker {landmarker} cannot be read: {error.strerror}; every machine that extracts needs "
            "the file under that path"
        ) from error
    if wrong:
        raise SettingsError(f"--landmarker {landmarker} {wrong}")
    return SHA256 + digest


def _wrong(file: BinaryIO) -> str:
    """What is wrong with a model file, and the next step; "" if nothing is."""
    if not zipfile.is_zipfile(file):
        file.seek(0)
        if file.read(4) == b"PK\3\4":
            return "is cut short: copy it, or load it down, again"
        return f"is no face landmarker of MediaPipe's Tasks, which is a zip; {LIKE}"
    try:
        with zipfile.ZipFile(file) as held:
            names = held.namelist()
            if lacking := [name for name in HOLDS if name not in names]:
                return f"is no face landmarker of MediaPipe's Tasks: {lacking[0]} is not in it; {LIKE}"
            if any(held.getinfo(name).compress_type != zipfile.ZIP_STORED for name in HOLDS):
                return (
                    "was packed anew with compression, which MediaPipe does not read: zip -0, or the original"
                )
            damaged = held.testzip()
    except (zipfile.BadZipFile, RuntimeError) as error:  # RuntimeError: it asks for a password
        return f"is damaged ({error}): copy it, or load it down, again"
    return f"is damaged ({damaged} in it): copy it, or load it down, again" if damaged else ""


class TaskLandmarker(Landmarker):
    """As Landmarker. Loads its models when the first frame comes, by then in the process that uses them."""

    def __init__(self, file: str) -> None:
        self._part = WHOLE
        self._first, self._next = _Task(file, faces=2), _Task(file, faces=1)

    def load(self) -> None:
        """Raises NoMediaPipe, and SettingsError for a file that MediaPipe cannot load."""
        for one in (self._first, self._next):
            one.model  # noqa: B018  # loaded when it is read first


class _Task:
    """FaceLandmarker behind the calls that Landmarker makes."""

    def __init__(self, file: str, faces: int) -> None:
        self.file, self.faces = file, faces

    @cached_property
    def _mediapipe(self) -> Any:
        try:
            import mediapipe
        except ModuleNotFoundError:
            Landmarker()  # raises NoMediaPipe, which says where to extract
            raise
        return mediapipe

    @cached_property
    def model(self) -> Any:
        tasks = self._mediapipe.tasks
        options = tasks.vision.FaceLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_path=self.file),
            running_mode=tasks.vision.RunningMode.IMAGE,
            num_faces=self.faces,
            min_face_detection_confidence=0.5,
        )
        try:
            return tasks.vision.FaceLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise SettingsError(f"--landmarker {self.file}: MediaPipe cannot load it: {error}") from error

    def process(self, rgb: NDArray[Any]) -> Any:
        made = self._mediapipe
        image = made.Image(image_format=made.ImageFormat.SRGB, data=np.ascontiguousarray(rgb))
        found = self.model.detect(image).face_landmarks
        return SimpleNamespace(multi_face_landmarks=[SimpleNamespace(landmark=face) for face in found])

    def reset(self) -> None:
        """Nothing is kept between frames."""
