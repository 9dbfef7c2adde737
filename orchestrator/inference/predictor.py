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
Output  float32 (n, C), class probabilities, of a committee the mean of its models'; the classes stand in
        model.json, in order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.torch
import torch
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel
from numpy.typing import NDArray

from mer_models import MODELS
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.study.plugins import Plugin, install
from orchestrator.study.recipe import Recipe
from orchestrator.training.parts.au_head import AUHead
from orchestrator.training.prediction import predict

if TYPE_CHECKING:
    from orchestrator.training.loop import TrainedModel

WEIGHTS, DESCRIPTION = "weights", "description"  # names of the two artifacts
HEAD = "au_head/"  # before the names of the AU head's arrays among a model's weights


def save(folder: Path, models: Sequence[TrainedModel], description: dict[str, Any]) -> dict[str, str]:
    """Write weights.safetensors and model.json. Returns artifact name -> path, as mlflow takes them.

    models: one, or those of a committee. model.json gets "models", one {"epochs", "normaliser": name -> list
    of float} each, and "weights_sha256".
    description: "model", "config", "classes", "kind", "channels", "n_rois" and "n_aus" (None where the model
    takes none), "au", and "plugin" (Plugin.to_dict, None for a model of ours or of an installed package).
    """
    weights, text = folder / "weights.safetensors", folder / "model.json"
    state: dict[str, torch.Tensor] = {}
    for number, one in enumerate(models):
        own = {name: tensor.detach().cpu().contiguous() for name, tensor in one.model.state_dict().items()}
        heads = one.au_head.state() if one.au_head is not None else {}
        own |= {HEAD + name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in heads.items()}
        state |= {f"{number}/{name}": tensor for name, tensor in own.items()}
    safetensors.torch.save_file(state, str(weights))
    description = description | {
        "models": [
            {
                "epochs": one.epochs,
                "normaliser": {name: values.tolist() for name, values in one.normaliser.items()},
            }
            for one in models
        ],
        "weights_sha256": _sha256(weights),
    }
    text.write_text(json.dumps(description, indent=2, allow_nan=False) + "\n")
    return {WEIGHTS: str(weights), DESCRIPTION: str(text)}


def check(weights: Path, about: dict[str, Any]) -> None:
    """Raises ConfigError where the weights are not those that were written with model.json (about)."""
    found, said = _sha256(weights), about.get("weights_sha256")
    if found != said:
        raise ConfigError(
            f"{weights} has SHA-256 {found}, the model.json with it says {said}: it is damaged, of another "
            "model or of an older program; make it again (python -m orchestrator.resume NAME)"
        )


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


class Predictor(PythonModel):
    """Installs the plugin that the model came with, if any, rebuilds the network from its name and
    configuration, then loads the weights."""

    def load_context(self, context: Any) -> None:
        """Raises ConfigError when the weights are not the file that was written with model.json, and for a
        model of a package that is not installed; PluginError when its plugin cannot be imported or its name
        means another model here."""
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
        weights = Path(context.artifacts[WEIGHTS])
        check(weights, self.about)
        state = safetensors.torch.load_file(weights)
        self.models = []
        for number, about in enumerate(self.about["models"]):
            model = MODELS[self.about["model"]](len(self.about["classes"]), **sizes, **arguments)
            before = f"{number}/"
            own = {n.removeprefix(before): state[n] for n in state if n.startswith(before)}
            head = {n.removeprefix(HEAD): own.pop(n).numpy() for n in list(own) if n.startswith(HEAD)}
            model.load_state_dict(own)
            normaliser = {n: np.array(values, np.float32) for n, values in about["normaliser"].items()}
            self.models.append((model, normaliser, AUHead.of(head) if head else None))
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
        needs_aus = self.about["n_aus"] is not None and self.about["au"] != "predicted"
        if needs_aus and given.get("aus") is None:
            raise ValueError(
                f"this {self.about['model']} was trained with action units: give 'aus', float32 (n, "
                f"{self.about['n_aus']}), "
                "with rows of -1 for clips without annotation"
            )
        aus = np.asarray(given["aus"], np.float32) if needs_aus else None
        about = self.about
        channels, n_classes = tuple(about["channels"]), len(about["classes"])
        each = [
            predict(
                model,
                normaliser,
                self.recipe,
                about["kind"],
                channels,
                flow,
                aus if head is None else head(flow),
                n_classes,
            )
            for model, normaliser, head in self.models
        ]
        mean: NDArray[Any] = np.mean(each, axis=0, dtype=np.float64)
        return mean.astype(np.float32)


set_model(Predictor())
