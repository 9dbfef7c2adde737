"""Trained models -> a bundle in a folder (bundle.py says what it holds)."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from orchestrator.common.seeds import seed_of
from orchestrator.inference import ranges
from orchestrator.inference.bundle import FORMAT, About, of_files
from orchestrator.inference.bundle_files import CARD, EXAMPLE, FIGURE, MODEL, ONNX, SUMS, WEIGHTS
from orchestrator.inference.card import card
from orchestrator.study.plugins import of_model
from orchestrator.study.table import ClipTable
from orchestrator.training.parts.per_component import measured, scaled
from orchestrator.workspace import sealed
from preprocessing.plugins import owner

LIBRARIES = ("torch", "numpy")


def described(
    model: str, table: ClipTable, config: dict[str, Any], trial: int, models: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """What model.json says of these models, but for their weights. models: one an AboutModel's fields
    each."""
    plugin = of_model(model)
    brought = None if table.spec is None else owner("input", table.spec.name)
    return {
        "format": FORMAT,
        "of": "refit",
        "model": model,
        "plugin": None if plugin is None else plugin.to_dict(),
        "input_plugin": None if brought is None else brought.to_dict(),
        "config": config,
        "classes": list(table.classes),
        "kind": table.kind,
        "channels": list(table.channels),
        "n_rois": table.x.shape[2] if table.kind == "roi_flow" else None,
        "n_aus": None if table.aus is None else table.aus.shape[1],
        "features": table.features,
        "spec": None if table.spec is None else asdict(table.spec),
        "au": table.au,
        "trial": trial,
        "models": list(models),
        "ranges": ranges.measured(table.x, table.kind),
        "calibration": None,
        "sweep": {},
    }


def of_sweep(summary: Mapping[str, Any], table: ClipTable, rule: str) -> dict[str, Any]:
    """What model.json says of the sweep that the models are of. summary: its summary.json."""
    return {
        "name": summary["name"],
        "corpora": table.corpus.split("+"),
        "clips": len(table.clip_ids),
        "people": len(set(table.subjects)),
        "protocol": summary["protocol"],
        "rule": rule,
        "code": {name: importlib.metadata.version(name) for name in ("mer-orchestrator", *LIBRARIES)},
    }


def write(
    folder: Path,
    about: dict[str, Any],
    weights: bytes,
    table: ClipTable,
    summary: Mapping[str, Any] | None = None,
    interval: Mapping[str, Sequence[float]] | None = None,
    onnx: bytes = b"",
) -> None:
    """Write the bundle into ``folder``, which is emptied. about: as ``described``. weights: of
    bundle.numbered. summary, interval: for the card. onnx: of onnx_file.written.

    Raises BundleError where what was written does not load, OSError.
    """
    about = about | {"weights_sha256": hashlib.sha256(weights).hexdigest()}
    text = json.dumps(about, indent=2, allow_nan=False) + "\n"
    held = {MODEL: text.encode(), WEIGHTS: weights, SUMS: b""}
    made = of_files(held, str(folder), allow_code=True)
    example = _example(table)
    example["probabilities"] = made.probabilities(example["flow"], example.get("aus"))
    held[EXAMPLE] = safetensors.numpy.save(example)
    held[CARD] = card(About(**json.loads(text)), summary or {}, interval or {}).encode()
    if about["calibration"] is not None:
        from orchestrator.inference.figure import reliability  # matplotlib takes a second

        held[FIGURE] = reliability(about["calibration"])
    if onnx:
        held[ONNX] = onnx
    del held[SUMS]
    sealed.emptied(folder)
    for name, data in held.items():
        (folder / name).write_bytes(data)
    sealed.list_files(folder)


def _example(table: ClipTable) -> dict[str, NDArray[Any]]:
    """Two made-up clips as the model takes them: random numbers with the mean and the deviation of the
    table's components, so that no person's clip leaves the house."""
    rng = np.random.default_rng(seed_of("example", table.content))
    found = measured(table.x, table.kind, centred=True)
    undone = {"scale": 1 / found["scale"], "shift": -found["shift"] / found["scale"]}
    shape = (2, *table.x.shape[1:])
    flow = scaled(rng.standard_normal(shape, np.float32), table.kind, undone).astype(np.float32)
    if table.x.dtype == np.uint8:
        flow = flow.round().clip(0, 255)
    example: dict[str, NDArray[Any]] = {"flow": np.ascontiguousarray(flow)}
    if table.aus is not None and table.au == "annotated":
        example["aus"] = np.ones((2, table.aus.shape[1]), np.float32)
        example["aus"][1] = -1
    return example


def about_models(models: Sequence[Any]) -> list[dict[str, Any]]:
    """AboutModel's fields of trained models (training.loop.TrainedModel)."""
    return [
        {
            "epochs": one.epochs,
            "normaliser": {name: values.tolist() for name, values in one.normaliser.items()},
        }
        for one in models
    ]
