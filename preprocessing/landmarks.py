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


class FaceError(ValueError):
    """A frame holds no face, or more than one; the clip is quarantined with this text."""


class Landmarker:
    """Finds the face in a clip's first frame and follows it through the clip. Loads its models once; reuse it
    for many clips."""

    def __init__(self) -> None:
        import mediapipe as mp  # 1 s and 300 MB: only a process that needs landmarks pays it

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
        faces = self._first.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)).multi_face_landmarks or []
        if len(faces) != 1:
            seen = "no face" if not faces else f"{len(faces)} faces"
            raise FaceError(
                f"{seen} in the first frame ({frame.shape[1]}x{frame.shape[0]}); the rule is exactly one: "
                "crop or replace it"
            )
        # tracking state of the clip before would make a clip's numbers depend on its neighbours
        self._next.reset()
        return _points(faces[0], frame)

    def follow(self, frame: NDArray[Any], step: int) -> NDArray[Any]:
        """Landmarks of the next frame of the same clip. Raises FaceError when the face is lost; ``step`` only
        names the frame."""
        faces = self._next.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)).multi_face_landmarks
        if not faces:
            raise FaceError(f"the face is lost {step} frames after the first; look at the clip there")
        return _points(faces[0], frame)


def _points(face: Any, frame: NDArray[Any]) -> NDArray[Any]:
    """float32 (68, 2) pixels of the frame. Reads only the mesh points that the 68 need: each costs a
    microsecond."""
    landmarks = face.landmark
    mesh = np.array([(landmarks[i].x, landmarks[i].y) for i in _USED], np.float32)
    return (_MEAN @ mesh) * np.array([frame.shape[1], frame.shape[0]], np.float32)
