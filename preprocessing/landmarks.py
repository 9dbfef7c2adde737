"""Frame -> 68 facial landmarks, by MediaPipe face mesh mapped to the dlib / iBUG 68-point order.

Source  MediaPipe face mesh (468 points, model carried in the wheel of mediapipe 0.10.21). The 68-point table
        is the one that PeizhiYan/Mediapipe_2_Dlib_Landmarks (14e7480) publishes; where its public copies
        disagree (jaw, nose wings) the choice is held by geometric tests: point 8 is the lowest, 0 and 16 are
        the extremes, 39.x < 42.x. Its point 13 is mesh point 361 alone while its mirror, 3, is the mean of
        two; a mirrored face showed it, and 13 is (361, 288) here.
Input   uint8 BGR (H, W, 3).
Output  float32 (68, 2): x, y in pixels of the frame, sub-pixel.
Differs STAG (section 3.2) uses dlib's detector and predictor; those weights need a download, MediaPipe's do
not.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.errors import BadInput

# 68-point index -> one mesh point, or two whose mean is taken.
MESH_OF_68: tuple[tuple[int, ...], ...] = (
    # 0-8 jaw, image left to chin
    (127,), (234,), (93,), (132, 58), (58, 172), (136,), (150,), (176,), (152,),
    (400,), (379,), (365,), (397, 288), (361, 288), (323,), (454,), (356,),  # 9-16 jaw, chin to image right
    (70,), (63,), (105,), (66,), (107,),  # 17-21 brow at image left (the subject's right)
    (336,), (296,), (334,), (293,), (300,),  # 22-26 brow at image right
    (168, 6), (197, 195), (5,), (4,),  # 27-30 nose bridge
    (75,), (97,), (2,), (326,), (305,),  # 31-35 nose base
    (33,), (160,), (158,), (133,), (153,), (144,),  # 36-41 eye at image left; 39 is its inner corner
    (362,), (385,), (387,), (263,), (373,), (380,),  # 42-47 eye at image right; 42 is its inner corner
    (61,), (39,), (37,), (0,), (267,), (269,), (291,), (321,), (314,), (17,), (84,), (91,),  # 48-59 outer lip
    (78,), (82,), (13,), (312,), (308,), (317,), (14,), (87,),  # 60-67 inner lip
)  # fmt: skip

_USED = tuple(sorted({point for points in MESH_OF_68 for point in points}))
_MEAN = np.array([[(point in points) / len(points) for point in _USED] for points in MESH_OF_68], np.float32)


Part = tuple[float, float, float, float]  # x0, y0, x1, y1 as shares of the frame
WHOLE: Part = (0.0, 0.0, 1.0, 1.0)
LEAST = 240  # pixels: side of the smallest square that is searched; a face in it has about 27 or more
ROOM = 3.0  # side of the square around a small face, in widths of the face


class FaceError(ValueError):
    """A frame holds no face, or more than one; the clip is quarantined with this text."""


class NoMediaPipe(BadInput):
    """This environment has no MediaPipe, and frames cannot be aligned without it."""


class Landmarker:
    """Finds the face in a clip's first frame and follows it through the clip. Loads its models once; reuse it
    for many clips."""

    def __init__(self) -> None:
        self._part = WHOLE
        try:
            import mediapipe as mp  # 1 s and 300 MB: only a process that needs landmarks pays it
        except ModuleNotFoundError as error:
            raise NoMediaPipe(
                f"extraction needs {error.name}, which is not installed here: pip install "
                "'mer-orchestrator[preprocess]' (Python 3.11 or 3.12, numpy 1), or extract with what "
                "'make env-preprocess' makes (.venv-preprocess/bin/python -m preprocessing extract ...) "
                "into the same --workspace, and start the sweep again here"
            ) from error

        mesh = mp.solutions.face_mesh.FaceMesh
        # Two faces are looked for once, in the first frame; a tracker that expects two would search again in
        # every frame.
        self._first = mesh(
            static_image_mode=True, max_num_faces=2, refine_landmarks=False, min_detection_confidence=0.5
        )
        self._next = mesh(
            static_image_mode=False, max_num_faces=1, refine_landmarks=False, min_detection_confidence=0.5
        )

    def start(self, frame: NDArray[Any]) -> NDArray[Any]:
        """Landmarks of a clip's first frame. Raises FaceError unless exactly one face is seen. Forgets the
        clip before."""
        self._part = WHOLE
        faces = self._look(frame)
        if not faces:
            self._part, faces = self._closer(frame)
        if len(faces) != 1:
            seen = "no face" if not faces else f"{len(faces)} faces"
            size = f"{frame.shape[1]}x{frame.shape[0]}"
            small = (
                ""
                if faces or min(frame.shape[:2]) < LEAST
                else f", nor in parts of it down to {LEAST} px: a face is too small in its frame, turned or "
                "covered"
            )
            raise FaceError(
                f"{seen} in the first frame ({size}){small}; the rule is exactly one: crop or replace it"
            )
        # tracking state of the clip before would make a clip's numbers depend on its neighbours
        self._next.reset()
        return faces[0]

    def _look(self, frame: NDArray[Any]) -> list[NDArray[Any]]:
        found = self._first.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)).multi_face_landmarks
        return [_points(face, frame) for face in found or []]

    def _closer(self, frame: NDArray[Any]) -> tuple[Part, list[NDArray[Any]]]:
        """The faces that the detector, which looks at 128 pixels however large the frame, sees only in parts
        of it; of one face the part around it, as shares of the frame. Squares that overlap by half, smaller
        and smaller, until some show a face; each is confirmed by a look at the square around it."""
        height, width = frame.shape[:2]
        side = min(height, width) if max(height, width) > min(height, width) else min(height, width) // 2
        while side >= LEAST:
            found: list[tuple[Part, NDArray[Any]]] = []
            for y0 in _starts(height, side):
                for x0 in _starts(width, side):
                    for points in self._look(np.ascontiguousarray(frame[y0 : y0 + side, x0 : x0 + side])):
                        part = _around(points + np.array((x0, y0), np.float32), frame)
                        again = self._look(_cut(frame, part)[0])
                        if len(again) == 1:
                            found.append((part, again[0] + _cut(frame, part)[1]))
            different = [
                one for i, one in enumerate(found) if all(_apart(one[1], other[1]) for other in found[:i])
            ]
            if different:
                return different[0][0], [points for _, points in different]
            side //= 2
        return WHOLE, []

    def follow(self, frame: NDArray[Any], step: int) -> NDArray[Any]:
        """Landmarks of the next frame of the same clip. Raises FaceError when the face is lost; ``step`` only
        names the frame."""
        part, corner = _cut(frame, self._part)
        faces = self._next.process(cv2.cvtColor(part, cv2.COLOR_BGR2RGB)).multi_face_landmarks
        if not faces and self._part != WHOLE:
            moved, found = self._closer(frame)
            if len(found) == 1:  # it has left the part in which it was small
                self._part = moved
                self._next.reset()
                return found[0]
        if not faces:
            raise FaceError(f"the face is lost {step} frames after the first; look at the clip there")
        return np.add(_points(faces[0], part), corner)


def _points(face: Any, frame: NDArray[Any]) -> NDArray[Any]:
    """float32 (68, 2) pixels of the frame. Reads only the mesh points that the 68 need: each costs a
    microsecond."""
    landmarks = face.landmark
    mesh = np.array([(landmarks[i].x, landmarks[i].y) for i in _USED], np.float32)
    return (_MEAN @ mesh) * np.array([frame.shape[1], frame.shape[0]], np.float32)


def _starts(length: int, side: int) -> list[int]:
    """Where squares of that side begin along a frame's side: they overlap by half and reach both ends."""
    steps = max(1, -(-2 * (length - side) // side))
    return sorted({round(i * (length - side) / steps) for i in range(steps + 1)})


def _around(points: NDArray[Any], frame: NDArray[Any]) -> Part:
    """The square around a face, cut at the frame's sides."""
    height, width = frame.shape[:2]
    low, high = points.min(axis=0), points.max(axis=0)
    (x, y), half = (low + high) / 2, float((high - low).max()) * ROOM / 2
    return (
        max(0.0, (x - half) / width), max(0.0, (y - half) / height),
        min(1.0, (x + half) / width), min(1.0, (y + half) / height),
    )  # fmt: skip


def _cut(frame: NDArray[Any], part: Part) -> tuple[NDArray[Any], NDArray[Any]]:
    """The part of a frame, and its upper left corner, float32 (2,) pixels."""
    if part == WHOLE:
        return frame, np.zeros(2, np.float32)
    height, width = frame.shape[:2]
    x0, y0, x1, y1 = (round(share * side) for share, side in zip(part, (width, height) * 2, strict=True))
    return np.ascontiguousarray(frame[y0:y1, x0:x1]), np.array((x0, y0), np.float32)


def _apart(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether two sets of landmarks are of two faces: their middles lie further apart than half a face."""
    return bool(np.hypot(*(one.mean(axis=0) - other.mean(axis=0))) > np.ptp(one[:, 0]) / 2)
