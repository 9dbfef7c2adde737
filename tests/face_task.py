"""A .task file for MediaPipe's FaceLandmarker, made of the models in MediaPipe's own wheel.

The real ones are downloads (face_landmarker.task). A .task is a zip of two TFLite models; the wheel's mesh
gives 468 points where FaceLandmarker reads 478, so ten points of zeros, the irises', are put behind them.
"""

import zipfile
from pathlib import Path

import flatbuffers
import mediapipe
import numpy as np
from mediapipe.tasks.metadata import schema_py_generated as tflite
from mediapipe.tasks.python.metadata.metadata_writers.metadata_writer import MetadataWriter

MODULES = Path(mediapipe.__file__).parent / "modules"
PAD = 34  # of TFLite's operators
MESH, WANTED = 468 * 3, 478 * 3


def write_task(path):
    detector = (MODULES / "face_detection/face_detection_short_range.tflite").read_bytes()
    mesh = (MODULES / "face_landmark/face_landmark.tflite").read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as made:
        made.writestr("face_detector.tflite", _scaled(detector, 127.5, 127.5))
        made.writestr("face_landmarks_detector.tflite", _scaled(_padded(mesh), 0.0, 255.0))
    return path


def _scaled(model, mean, deviation):
    """With what is taken off a grey level, and by what it is divided, in its metadata."""
    return MetadataWriter.create(bytearray(model)).add_image_input([mean], [deviation]).populate()[0]


def _padded(model):
    one = tflite.ModelT.InitFromObj(tflite.Model.GetRootAsModel(bytearray(model), 0))
    graph = one.subgraphs[0]
    (landmarks,) = (t for t in graph.outputs if graph.tensors[t].shape[-1] == MESH)
    behind = np.zeros((4, 2), np.int32)
    behind[3, 1] = WANTED - MESH
    before_and_behind = _tensor(one, "behind", tflite.TensorType.INT32, [4, 2], behind.tobytes())
    padded = _tensor(one, "landmarks", tflite.TensorType.FLOAT32, [1, 1, 1, WANTED], b"")
    pad = tflite.OperatorT()
    pad.opcodeIndex = next(i for i, code in enumerate(one.operatorCodes) if code.deprecatedBuiltinCode == PAD)
    pad.inputs, pad.outputs = [landmarks, before_and_behind], [padded]
    pad.builtinOptionsType, pad.builtinOptions = tflite.BuiltinOptions.PadOptions, tflite.PadOptionsT()
    graph.operators.append(pad)
    graph.outputs = [padded if t == landmarks else t for t in graph.outputs]
    one.metadata = None
    builder = flatbuffers.Builder(len(model))
    builder.Finish(one.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(model, name, kind, shape, content):
    """Adds a tensor, and its buffer where it has content; returns its number."""
    made = tflite.TensorT()
    made.name, made.type, made.shape = name, kind, shape
    if content:
        held = tflite.BufferT()
        held.data = np.frombuffer(content, np.uint8)
        model.buffers.append(held)
        made.buffer = len(model.buffers) - 1
    else:
        made.buffer = 0
    model.subgraphs[0].tensors.append(made)
    return len(model.subgraphs[0].tensors) - 1
