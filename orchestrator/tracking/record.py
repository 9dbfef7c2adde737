"""mlflow.json in a sweep's folder: all that MLflow is to hold of the sweep.

id      of the sweep among all sweeps, which its run carries as a tag; "" where an older program began it.
about   what the sweep is.
trials  index -> "state", "config" and "jobs", the ids of its fold results.
others  index -> configuration of the trials that have no run there: failed, or interrupted.
folds   the store they are in; "" = folds/ of the workspace.
ended   "" while it runs, "finished", or "failed: " and why.
model   whether a finished sweep has a model of all people; of an older program: it has.
No tracking address: it may hold a password.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.common.commands import resume
from orchestrator.common.errors import ConfigError
from orchestrator.workspace import sealed

RECORD = "mlflow.json"
KEYS = ("about", "trials", "folds", "ended")


def own_folds(folder: Path) -> Path:
    """Where the fold results of a sweep in ``folder`` are, unless its record says another store."""
    return folder.resolve().parents[1] / "folds"


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Whole or not at all. Raises OSError."""
    sealed.write_json(folder / RECORD, record, indent=1)


def read_record(folder: Path) -> dict[str, Any]:
    """Content of mlflow.json. Raises ConfigError when it is not there, does not read, or is
    not what was written."""
    file, again = folder / RECORD, f"it is written anew by: {resume(folder)}"
    try:
        held = sealed.read_json(file, again)
        older: dict[str, Any] = {"id": "", "others": {}, "model": True}  # of a program that had no such keys
        record = {key: held.get(key, value) for key, value in older.items()}
        record |= {key: held[key] for key in KEYS}
        for trial in record["trials"].values():
            _ = trial["state"], trial["config"].items(), [job.lower() for job in trial["jobs"]]
        _ = [config.items() for config in record["others"].values()]
        _ = record["about"]["name"], record["folds"] + record["ended"] + record["id"]
        if not isinstance(record["model"], bool):
            raise TypeError(f"model is {record['model']!r}")
    except sealed.Damaged as error:
        raise ConfigError(f"{file} does not read ({error.why}); {again}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{file} does not read ({type(error).__name__}: {error}); {again}") from error
    return record


def wanted(record: Mapping[str, Any]) -> list[str]:
    """All that MLflow is to hold, in order."""
    trials = [f"trial {index}" for index in sorted(record["trials"], key=int)]
    return ["sweep", *trials, *last(record)]


def last(record: Mapping[str, Any]) -> list[str]:
    """What of it comes at the sweep's end; nothing before."""
    if record["ended"] == "finished":
        return ["model", "scores"] if record["model"] else ["scores"]
    return ["failed"] if record["ended"] else []
