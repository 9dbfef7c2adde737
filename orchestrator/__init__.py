"""4. Trials x folds -> metrics -> MLflow: what is asked (Experiment), how it runs (Execution), what came of
it (Result).

``from orchestrator import Experiment, run, load``. The root holds these names and the commands; all else
lives in rooms, each of which says in its ``__init__`` what goes in, what comes out, and which rooms it may
use (tests/test_imports.py).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from preprocessing.extras import told_by_commands

if TYPE_CHECKING:
    from orchestrator.sweeps.execution import Execution
    from orchestrator.sweeps.experiment import Experiment
    from orchestrator.sweeps.result import Result, load
    from orchestrator.sweeps.run import run

__all__ = ["Execution", "Experiment", "Result", "load", "run"]
_WHERE = {
    "Execution": "execution",
    "Experiment": "experiment",
    "Result": "result",
    "load": "result",
    "run": "run",
}


told_by_commands()


def __getattr__(name: str) -> Any:
    """The names above, imported when they are asked for: a worker that imports a room needs none of them."""
    if name not in _WHERE:
        raise AttributeError(f"module 'orchestrator' has no attribute {name!r}")
    return getattr(importlib.import_module(f"orchestrator.sweeps.{_WHERE[name]}"), name)
