"""mlflow.json in a sweep's folder: all that MLflow is to hold of the sweep.

id      of the sweep among all sweeps, which its run carries as a tag; "" where an older program began it.
about   what the sweep is.
trials  index -> "state", "config" and "jobs", the ids of its fold results.
folds   the store they are in; "" = folds/ of the workspace.
ended   "" while it runs, "finished", or "failed: " and why.
sha256  of the rest; an older program wrote none.
No tracking address: it may hold a password.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.common.errors import ConfigError
from orchestrator.study.jobs import digest
from preprocessing.places import write_atomically

RECORD = "mlflow.json"
KEYS = ("about", "trials", "folds", "ended")


def own_folds(folder: Path) -> Path:
    """Where the fold results of a sweep in ``folder`` are, unless its record says another store."""
    return folder.resolve().parents[1] / "folds"


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Whole or not at all. Raises OSError."""
    held = json.loads(json.dumps(record, allow_nan=False))
    text = json.dumps(held | {"sha256": digest(held, 64)}, indent=1)
    write_atomically(folder / RECORD, lambda path: path.write_text(text + "\n"))


def read_record(folder: Path) -> dict[str, Any]:
    """Content of mlflow.json, but for sha256. Raises ConfigError when it is not there, does not read, or is
    not what was written."""
    file = folder / RECORD
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        wanted = held.pop("sha256", None)
        if wanted is not None and wanted != digest(held, 64):
            raise ValueError("its content is not what was written")
        record = {"id": held.get("id", ""), **{key: held[key] for key in KEYS}}
        for trial in record["trials"].values():
            _ = trial["state"], trial["config"].items(), [job.lower() for job in trial["jobs"]]
        _ = record["about"]["name"], record["folds"] + record["ended"] + record["id"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{file} does not read ({type(error).__name__}: {error}); run the sweep again with --resume: it "
            "is written anew"
        ) from error
    return record
