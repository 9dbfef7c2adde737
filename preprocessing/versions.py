"""Which code, libraries and settings decide the numbers of one feature set: its version.

An input's code is its own file and all that this imports of ours. Off frames come the pipeline and its steps:
decoding, landmarks, crop. The flow methods count where the input needs flow or its file imports them, apex
spotting where it is asked for. A ready flow picture passes through none of them: it is read, and the input
takes its values from it. Of libraries OpenCV and MediaPipe count, by the versions that are installed; where
there is none, as on a node that trains, by the one version that this project takes, so that such a node finds
what another has made.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
from typing import Any

from preprocessing import closure
from preprocessing.inputs import INPUTS, Settings
from preprocessing.inputs.settings import MIDDLE
from preprocessing.task_landmarks import identity

OF_FRAMES = ("preprocessing.pipeline",)
OF_HEADS = "preprocessing.heads"
OF_TASKS = "preprocessing.task_landmarks"
OF_PICTURES = ("preprocessing.frames", "preprocessing.action_units")
# decide nothing by their code: a change of a row's columns raises SCHEMA_VERSION, and what is read of the
# settings is in the version by its value
WITHOUT = ("preprocessing.schema", "preprocessing.places", "preprocessing.inputs.settings")
# as imported -> as installed, of which one is there
LIBRARIES = {
    "cv2": ("opencv-contrib-python", "opencv-contrib-python-headless"),
    "mediapipe": ("mediapipe",),
}
TAKEN = {"cv2": "4.11.0.86", "mediapipe": "0.10.21"}  # as in constraints.txt


def parameters(name: str, settings: Settings, *, pictures: bool) -> dict[str, Any]:
    """What the feature set of an input is made with: the settings that are read for it, and its "code".

    pictures  it is read off ready flow pictures, for which no setting is read.
    Raises KeyError for an unknown name; SettingsError for a landmarker that is none.
    """
    read = () if pictures else settings_read(name, settings)
    chosen = {field: getattr(settings, field) for field in read}
    if "landmarker" in chosen:
        chosen["landmarker"] = identity(settings.landmarker)
    return chosen | {"code": input_version(name, settings, pictures=pictures)}


def settings_read(name: str, settings: Settings) -> tuple[str, ...]:
    """The settings that are read for an input off frames, sorted: its own, and the pipeline's.

    The pipeline reads apex and equalise for every input, flow where the input needs it, and landmarks_every
    where every frame is looked at for landmarks: if the input needs them, and for apex spotting.
    """
    source = INPUTS[name]
    read = {*source.settings, "apex", "equalise"}
    if source.needs_flow:
        read.add("flow")
    if settings.stabilise != "none":  # the usual is not said: a version of before has none
        read |= {"stabilise", "landmarks_every"}
    if source.needs_flow and settings.motion != "absolute":
        read |= {"motion", "landmarks_every"}
    if settings.landmarker:
        read.add("landmarker")
    if source.needs_landmarks or settings.apex != MIDDLE:
        read.add("landmarks_every")
    return tuple(sorted(read))


def input_version(name: str, settings: Settings, *, pictures: bool) -> str:
    """16 hex digits: digest of the code and the libraries that decide the numbers of one input.

    Raises KeyError for an unknown name.
    """
    own = INPUTS.module(name)
    roots = (own, *(OF_PICTURES if pictures else OF_FRAMES))
    moving = settings.stabilise != "none" or (INPUTS[name].needs_flow and settings.of_heads)
    if moving and not pictures:
        roots = (*roots, OF_HEADS)
    if settings.landmarker and not pictures:
        roots = (*roots, OF_TASKS)
    unused = {"preprocessing.flow", "preprocessing.apex"}
    if not pictures:
        unused -= {"preprocessing.flow"} if INPUTS[name].needs_flow else set()
        unused -= {"preprocessing.apex"} if settings.apex != MIDDLE else set()
    unused -= set(closure.modules([own], without=(*WITHOUT, "preprocessing.inputs.view")))
    without = (*WITHOUT, *sorted(unused))
    used = closure.libraries(roots, without=without)
    installed = [
        f"{library}={_version(names) or TAKEN[library]}"
        for library, names in LIBRARIES.items()
        if library in used
    ]
    text = "\0".join([closure.digest(roots, without=without), *installed])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _version(names: tuple[str, ...]) -> str:
    found = set()
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.add(importlib.metadata.version(name))
    return ",".join(sorted(found))
