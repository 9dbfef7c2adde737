"""The model that MLflow stores and serves: from stored features of clips to class probabilities.

Logged as code, weights and JSON ("models from code"), so that loading it unpickles nothing. It runs code,
though: ours, and for a model from a plugin the text of that plugin, which stands in model.json. Load only
models of people whom you would let run a program.

tracking.Tracker.model logs it together with the source of the packages that it needs;
``mlflow.pyfunc.load_model`` gives it back in any process that has the libraries of its requirements file.

Input   {"flow": float32 (n, ...) as stored in a feature set: (n, T, N, 2) for roi_flow, (n, 3, H, W) for flow
        pictures; "aus": float32 (n, A), 1 active, 0 not, a row of -1 where not annotated; only for a model
        that was trained with annotated AUs: one that was trained with predicted AUs brings the head that
        estimates them}.
Output  float32 (n, C), class probabilities; the classes stand in model.json, in order.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel
from numpy.typing import NDArray
from torch import nn

from mer_models import MODELS
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.study.plugins import Plugin, install
from orchestrator.study.recipe import Recipe
from orchestrator.training.parts.au_head import AUHead
from orchestrator.training.prediction import predict

WEIGHTS, DESCRIPTION = "weights", "description"  # names of the two artifacts
HEAD = "au_head/"  # before the names of the AU head's arrays among the weights


def save(
    folder: Path, model: nn.Module, description: dict[str, Any], au_head: AUHead | None = None
) -> dict[str, str]:
    """Write weights.safetensors and model.json. Returns artifact name -> path, as mlflow takes them.

    description: "model", "config", "classes", "kind", "channels", "n_rois" and "n_aus" (None where the model
    takes none), "au", "normaliser" (name -> list of float), and "plugin" (Plugin.to_dict, None for a model of
    ours or of an installed package).
    au_head: what estimates action units, where "au" is "predicted".
    """
    weights, text = folder / "weights.safetensors", folder / "model.json"
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    if au_head is not None:
        state |= {
            HEAD + name: torch.from_numpy(np.ascontiguousarray(array))
            for name, array in au_head.state().items()
        }
    safetensors.torch.save_file(state, str(weights))
    text.write_text(json.dumps(description, indent=2, allow_nan=False) + "\n")
    return {WEIGHTS: str(weights), DESCRIPTION: str(text)}


class Predictor(PythonModel):
    """Installs the plugin that the model came with, if any, rebuilds the network from its name and
    configuration, then loads the weights."""

    def load_context(self, context: Any) -> None:
        """Raises RuntimeError when the weights are not those of the described network, PluginError when its
        plugin cannot be imported or its name means another model here, ConfigError for a model of a package
        that is not installed."""
        self.about = json.loads(Path(context.artifacts[DESCRIPTION]).read_text())
        described = self.about.get("plugin")
        install([Plugin.of(described)] if described else [], only=("MODEL",))
        if self.about["model"] not in MODELS:
            raise ConfigError(nearest(self.about["model"], MODELS, "model"))
        sizes = {name: self.about[name] for name in ("n_rois", "n_aus") if self.about[name] is not None}
        arguments = self.about["config"]["model"]
        # a file on the training machine that training started from; what it became is loaded below
        if "weights" in arguments:
            arguments = arguments | {"weights": ""}
        self.model = MODELS[self.about["model"]](len(self.about["classes"]), **sizes, **arguments)
        state = safetensors.torch.load_file(context.artifacts[WEIGHTS])
        held = {
            name.removeprefix(HEAD): state.pop(name).numpy() for name in list(state) if name.startswith(HEAD)
        }
        self.au_head = AUHead.of(held) if held else None
        self.model.load_state_dict(state)
        self.normaliser = {
            name: np.array(values, np.float32) for name, values in self.about["normaliser"].items()
        }
        self.recipe = Recipe(**self.about["config"]["recipe"])

    def predict(
        self,
        context: Any,
        model_input: np.ndarray,  # type: ignore[type-arg]  # any other hint MLflow takes for a schema, and warns
        params: dict[str, Any] | None = None,
    ) -> NDArray[Any]:
        """Class probabilities. A bare array is taken as "flow". Raises ValueError when action units are
        missing."""
        # mostly a dict, but MLflow takes any other type hint for a schema, and warns
        given: Any = model_input
        given = given if isinstance(given, dict) else {"flow": given}
        flow = np.asarray(given["flow"], np.float32)
        needs_aus = self.about["n_aus"] is not None and self.au_head is None
        if needs_aus and given.get("aus") is None:
            raise ValueError(
                f"this {self.about['model']} was trained with action units: give 'aus', float32 (n, "
                f"{self.about['n_aus']}), "
                "with rows of -1 for clips without annotation"
            )
        aus = np.asarray(given["aus"], np.float32) if needs_aus else None
        aus = aus if self.au_head is None else self.au_head(flow)
        about = self.about
        channels, n_classes = tuple(about["channels"]), len(about["classes"])
        return predict(
            self.model, self.normaliser, self.recipe, about["kind"], channels, flow, aus, n_classes
        )


set_model(Predictor())
