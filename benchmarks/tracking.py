"""What a fold costs MLflow: python -m benchmarks.tracking [--people 600] [--trials 2]

Fold results of real length (100 epochs, 7 classes) go through the outbox of a sweep into a new SQLite file,
as a sweep's do. The last line is one JSON object:

new_database_s   until the file is there and the sweep's run in it, MLflow's import left out.
loop_ms_a_fold   how long the sweep's loop was kept: the summary of the fold's validation.
mlflow_ms_a_fold from the trial's end to its run in MLflow.
kb_a_fold        of database and artifacts, in 1000 bytes.
look_s           a `send` of all that is there already.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator.search.events import FoldEnded, Outcome, TrialEnded
from orchestrator.study.jobs import FoldResult
from orchestrator.tracking.outbox import Outbox
from orchestrator.workspace.store import FoldStore

CLASSES = ("anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
EPOCHS, VALIDATION, TEST = 100, 850, 12  # epochs, and clips of a fold


def result(trial: int, person: int, drawn: np.random.Generator) -> FoldResult:
    """A fold result with random probabilities."""
    probs = drawn.random((EPOCHS, VALIDATION + TEST, len(CLASSES)), dtype=np.float32)
    who = f"dfme/sub{person:03d}"
    return FoldResult(
        job_id=f"{trial:08x}{person:08x}",
        fold=who,
        seed=0,
        validation=tuple(f"dfme/other/{clip}" for clip in range(VALIDATION)),
        test=tuple(f"{who}/{clip}" for clip in range(TEST)),
        validation_truth=drawn.integers(0, len(CLASSES), VALIDATION),
        epochs=np.arange(1, EPOCHS + 1, dtype=np.int32),
        train_loss=drawn.random(EPOCHS, dtype=np.float32),
        validation_loss=drawn.random(EPOCHS, dtype=np.float32),
        validation_probs=probs[:, :VALIDATION],
        test_probs=probs[:, VALIDATION:],
        seconds=30.0,
    )


def measure(people: int, trials: int, workspace: Path) -> dict[str, Any]:
    """The figures of the module's docstring, measured in an empty folder."""
    import orchestrator.tracking.tracker  # noqa: F401 - its time is MLflow's import

    folder, uri = workspace / "sweeps" / "s", f"sqlite:///{workspace}/mlflow.db"
    folder.mkdir(parents=True)
    about = {"name": "s", "model": "stag", "corpus": "dfme", "classes": list(CLASSES), "au": "none"}
    config = {"recipe": {"epochs": EPOCHS, "lr": 1e-3}, "model": {"dropout": 0.5}}
    begin = time.perf_counter()
    outbox = Outbox.start(uri, about, folder, FoldStore(workspace / "folds"), print)
    outbox.settle()
    figures: dict[str, Any] = {"new_database_s": time.perf_counter() - begin}
    before = _bytes(workspace)
    drawn, loop, mlflow = np.random.default_rng(0), 0.0, 0.0
    few = [result(0, person, drawn) for person in range(min(people, 8))]  # the same again: memory stays small
    nothing = np.zeros((EPOCHS, 0, len(CLASSES)), np.float32)
    for trial in range(trials):
        ended = []
        for person in range(people):
            own: dict[str, Any] = {"job_id": f"{trial:08x}{person:08x}", "fold": f"dfme/sub{person:03d}"}
            for curve in ("train_loss", "validation_loss"):
                own[curve] = drawn.random(EPOCHS, dtype=np.float32)
            one = dataclasses.replace(few[person % len(few)], **own)
            begin = time.perf_counter()
            outbox.listen(FoldEnded(trial, one, False, person + 1, people, 0.0, "running"))
            loop += time.perf_counter() - begin
            ended.append(dataclasses.replace(one, validation_probs=nothing, test_probs=nothing))
        begin = time.perf_counter()
        outbox.listen(TrialEnded(Outcome(trial, {}, config, tuple(ended))))
        loop += time.perf_counter() - begin
        outbox.settle()
        mlflow += time.perf_counter() - begin
    if outbox.waiting:
        raise RuntimeError(f"not written: {outbox.waiting}")
    folds = people * trials
    figures |= {
        "folds": folds,
        "loop_ms_a_fold": loop / folds * 1e3,
        "mlflow_ms_a_fold": mlflow / folds * 1e3,
        "kb_a_fold": (_bytes(workspace) - before) / folds / 1e3,
    }
    begin = time.perf_counter()
    Outbox.of(uri, folder, print).flush()
    figures["look_s"] = time.perf_counter() - begin
    return {name: round(value, 3) for name, value in figures.items()}


def _bytes(workspace: Path) -> int:
    places = [*workspace.glob("mlflow.db*"), *workspace.glob("mlartifacts/**/*")]
    return sum(path.stat().st_size for path in places if path.is_file())


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--people", type=int, default=600)
    words.add_argument("--trials", type=int, default=2)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(asked.people, asked.trials, Path(folder))))


if __name__ == "__main__":
    main()
