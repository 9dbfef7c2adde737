"""People differ, a face is always found, and no single frame tells the class."""

from __future__ import annotations

from functools import lru_cache

import cv2
import mediapipe
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from preprocessing.render import RenderConfig, clip_plan, true_landmarks
from preprocessing.render.emotions import three_class
from preprocessing.render.motion import ClipRenderer
from preprocessing.render.people import MARGIN, neutral_face, neutral_landmarks

# 68-point index : MediaPipe index of points that are stable in both: eye corners, mouth corners, nose tip,
# chin, inner brows
STABLE = {36: 33, 39: 133, 42: 362, 45: 263, 48: 61, 54: 291, 30: 4, 8: 152, 21: 107, 22: 336}


@pytest.mark.parametrize("difficulty", [0.0, 0.5, 1.0])
def test_one_face_is_found_where_the_landmarks_say(difficulty: float) -> None:
    config = RenderConfig(seed=21, subjects=14, clips_per_subject=2, difficulty=difficulty)
    errors = []
    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=2) as mesh:
        for subject in range(14):
            plan = clip_plan(config, subject, 0)
            picture = ClipRenderer(plan, config).frame(plan.index(plan.apex))
            faces = mesh.process(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)).multi_face_landmarks or []
            assert len(faces) == 1, (difficulty, subject)
            found = (
                np.array([(faces[0].landmark[i].x, faces[0].landmark[i].y) for i in STABLE.values()])
                * config.size
            )
            errors.append(
                np.linalg.norm(found - true_landmarks(plan, config, plan.apex)[list(STABLE)], axis=1)
            )
    # 2 % of the face; MediaPipe itself varies by about 2 pixels here
    assert np.mean(errors) < 5, np.mean(errors, 0)
    assert np.percentile(errors, 95) < 12


@lru_cache(maxsize=1)
def apex_frames() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Downsampled grey apex frames, classes and people of two default corpora; all 24 people are
    different."""
    pictures, classes, people = [], [], []
    for seed in range(2):
        config = RenderConfig(seed=seed)
        for subject in range(config.subjects):
            for clip in range(config.clips_per_subject):
                plan = clip_plan(config, subject, clip)
                picture = cv2.cvtColor(
                    ClipRenderer(plan, config).frame(plan.index(plan.apex)), cv2.COLOR_BGR2GRAY
                )
                pictures.append(cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA).ravel() / 255)
                classes.append(three_class(plan.emotion))
                people.append(f"{seed}/{subject}")
    return np.array(pictures), np.array(classes), np.array(people)


@pytest.mark.long
def test_identity_is_read_from_one_frame() -> None:
    pictures, _, people = apex_frames()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
    guess = cross_val_predict(model, pictures[:120], people[:120], cv=StratifiedKFold(3))
    assert np.mean(guess == people[:120]) > 0.9  # chance 1/12


@pytest.mark.long
def test_class_is_not_read_from_one_frame() -> None:
    pictures, classes, people = apex_frames()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=300))
    guess = cross_val_predict(model, pictures, classes, groups=people, cv=LeaveOneGroupOut())
    # chance 1/3; its standard deviation over 240 clips is about 0.032
    assert balanced_accuracy_score(classes, guess) < 0.333 + 3 * 0.032


def test_neutral_faces_are_whole_and_differ() -> None:
    config = RenderConfig(seed=4, subjects=16, size=160)
    pad = round(MARGIN * config.unit)
    faces = [neutral_face(config, subject)[pad:-pad, pad:-pad].astype(float) for subject in range(16)]
    shapes = [neutral_landmarks(config, subject) for subject in range(16)]
    cheeks = [face[80:95, 45:60].mean((0, 1)) for face in faces]  # skin tone and light, whatever the shape
    assert np.std(cheeks, 0).min() > 8
    for i in range(16):
        assert 40 < faces[i].mean() < 200
        assert shapes[i][8, 1] < 315  # the chin stays inside the frame
        assert shapes[i][8].tolist() == max(shapes[i].tolist(), key=lambda point: point[1])
        for j in range(i):
            assert np.abs(faces[i] - faces[j]).mean() > 6
            assert np.linalg.norm(shapes[i] - shapes[j], axis=1).mean() > 1.5
