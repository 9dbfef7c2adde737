"""Key frames: what a reader sees of an interval."""

import cv2
import numpy as np

from preprocessing.landmarks import FaceError
from preprocessing.schema import Clip
from preprocessing.spotting.clips import PICTURE, ROOM, key_frames

FACE = np.array([[600, 60], [700, 60], [650, 140]], np.float32)  # 100 pixels wide


class Landmarks:
    """Of the onset's face; or of none."""

    def __init__(self, points):
        self.points = points

    def start(self, frame):
        if self.points is None:
            raise FaceError("no face")
        return self.points


def shown(folder, landmarks):
    """Three pictures of 200 x 800, in which the face of the second one is white."""
    for number in range(3):
        image = np.full((200, 800, 3), 40, np.uint8)
        image[60:140, 600:700] = 250 if number == 1 else 120
        cv2.imwrite(str(folder / f"{number}.png"), image)
    made = key_frames(Clip("c", "c/1", "a", folder, "", onset=0, apex=1, offset=2), Landmarks(landmarks))
    return [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_GRAYSCALE) for one in made]


def test_all_three_show_the_part_around_the_face_of_the_onset(tmp_path):
    made = shown(tmp_path, FACE)
    assert [one.shape for one in made] == [(PICTURE, PICTURE)] * 3
    for one, bright in zip(made, (120, 250, 120), strict=True):
        edge = round(PICTURE / 2 * (1 - 1 / ROOM))  # the face from one side to the other
        assert abs(int(one[PICTURE // 2, edge + 6]) - bright) < 12
        assert abs(int(one[PICTURE // 2, edge - 6]) - 40) < 12


def test_without_a_face_at_the_onset_the_frame_is_shown_whole(tmp_path):
    assert [one.shape for one in shown(tmp_path, None)] == [(PICTURE, 4 * PICTURE)] * 3
