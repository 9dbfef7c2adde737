"""The pipeline that settings ask for: usual or of moving heads, with the usual landmarks or by a file."""

from __future__ import annotations

from preprocessing import heads
from preprocessing.inputs.settings import Settings
from preprocessing.landmarks import NoMediaPipe
from preprocessing.pipeline import Pipeline
from preprocessing.task_landmarks import TaskLandmarker


def pipeline(names: tuple[str, ...], settings: Settings) -> Pipeline:
    """For inputs of these names."""
    made = heads.pipeline(names, settings)
    if settings.landmarker:
        # from outside: Pipeline's code is part of every version
        made._landmarker = TaskLandmarker(settings.landmarker)
    return made


def ready(made: Pipeline) -> None:
    """Loads the landmark model, before the first clip: that this machine has none is no clip's fault, and
    while a clip is at work it would be taken for one. Raises NoMediaPipe, SettingsError."""
    try:
        landmarker = made.landmarker
    except AttributeError as error:
        if error.name != "solutions":
            raise
        raise NoMediaPipe(
            "the MediaPipe that is installed here is newer than 0.10.21, the last one that brings its face "
            "mesh: give a model file, --landmarker face_landmarker.task, or extract with what 'make "
            "env-preprocess' makes into the same --workspace"
        ) from error
    if isinstance(landmarker, TaskLandmarker):
        landmarker.load()
