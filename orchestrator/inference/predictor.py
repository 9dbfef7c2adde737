"""The model that MLflow stores and serves: from stored features of clips to class probabilities.

Logged as code and a bundle ("models from code"), so that loading it unpickles nothing. It runs code, though:
ours, and for a model from a plugin the text of that plugin, which stands in model.json. Load only models of
people whom you would let run a program.

tracking.Tracker.model logs it together with the source of the packages that it needs;
``mlflow.pyfunc.load_model`` gives it back in any process that has the libraries of its requirements file.

Input   {"flow": float32 (n, ...) as stored in a feature set: (n, T, N, 2) for roi_flow, (n, 3, H, W) for flow
        pictures; "aus": float32 (n, A), 1 active, 0 not, a row of -1 where not annotated; only for a model
        that was trained with annotated AUs: one that was trained with predicted AUs brings the head that
        estimates them}.
Output  float32 (n, C), class probabilities, the mean over its models, not calibrated; the classes stand in
        model.json, in order.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel
from numpy.typing import NDArray

from orchestrator.inference.bundle import Bundle, load

BUNDLE = "bundle"  # name of the artifact


class Predictor(PythonModel):
    """Loads the bundle that was logged with it; installs its plugin, if any."""

    bundle: Bundle

    def load_context(self, context: Any) -> None:
        """Raises BundleError and PluginError as bundle.load."""
        self.bundle = load(Path(context.artifacts[BUNDLE]), allow_code=True)

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
        aus = None if given.get("aus") is None else np.asarray(given["aus"], np.float32)
        return self.bundle.probabilities(np.asarray(given["flow"], np.float32), aus)


set_model(Predictor())
