"""The refitted model as files of the sweep's folder, from where it goes to MLflow, now or later."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import safetensors.numpy

from orchestrator.inference import predictor
from orchestrator.inference.refit import Refit
from orchestrator.study.plugins import of_model
from orchestrator.study.table import ClipTable
from orchestrator.workspace import sealed

EXAMPLE = "example.safetensors"  # beside the model's two files: two clips as the model takes them


def keep_model(folder: Path, model: str, refit: Refit, table: ClipTable) -> None:
    """Write the model refitted on all clips of ``table`` for Tracker.model: safetensors and JSON, no pickle;
    for a model from a plugin, the plugin's text too, so that it loads where the file is not.

    Raises OSError when the folder cannot be written.
    """
    example = {"flow": table.x[:2].astype(np.float32)}
    if table.aus is not None and table.au == "annotated":
        example["aus"] = table.aus[:2].astype(np.float32)
    plugin = of_model(model)
    description = {
        "model": model,
        "plugin": None if plugin is None else plugin.to_dict(),
        "config": refit.config,
        "classes": list(table.classes),
        "kind": table.kind,
        "channels": list(table.channels),
        "n_rois": table.x.shape[2] if table.kind == "roi_flow" else None,
        "n_aus": None if table.aus is None else table.aus.shape[1],
        "features": table.features,
        "au": table.au,
        "trial": refit.trial,
    }
    sealed.emptied(folder)
    predictor.save(folder, refit.models, description)
    safetensors.numpy.save_file(example, folder / EXAMPLE)
    sealed.list_files(folder)
