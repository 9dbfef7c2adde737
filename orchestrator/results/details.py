"""What only a sweep's end can say beside its summary, kept for the page (results/page): how the chosen trials
learnt, which clips all configurations call wrong, and with which versions of libraries it was made.

Output  details.json in the sweep's folder, with its checksum. What does not read is as if it were not there:
        no number depends on it, and a resumed sweep writes it anew.
"""

from __future__ import annotations

import importlib.metadata
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.common.commands import resume
from orchestrator.selection.records import (
    Records,
    TrialRecord,
    rows_at,
    test_called,
    validation_best,
    validation_uf1,
)
from orchestrator.study.record import FoldRecord
from orchestrator.workspace import sealed

DETAILS = "details.json"
TRIALS, POINTS, CLIPS = 4, 200, 500  # at most: trials with curves, epochs of a curve, clips that are named
QUANTILES = (0.1, 0.5, 0.9)  # over folds
LIBRARIES = (
    "mer-orchestrator",
    "numpy",
    "torch",
    "transformers",
    "ray",
    "optuna",
    "mlflow",
    "pandas",
    "pyarrow",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
    "mediapipe",
)


def details(
    trials: Sequence[TrialRecord] | Records,
    score: Mapping[str, Any],
    truth: Mapping[str, int],
) -> dict[str, Any]:
    """Ready for JSON. score: what selection.score returns of the rule that was asked for. truth: clip id ->
    class index.

    curves    one dict a trial that the rule chose, the most frequent first: trial; chosen, folds that took
              it; folds; epochs (G); train_loss, validation_loss, validation_uf1: each three lists (G), the
              10th, 50th and 90th percentile over folds, a value null where it is not finite, [] without
              validation people.
    epochs    [epoch, folds that the rule chose it in], in order.
    wrong     runs, of trials x seeds; clips, that any of them tested; always, of which all called them wrong;
              never, of which none did; named, [clip, runs that called it wrong, runs that tested it], the
              most frequent first. Each run judges at the epoch that its own validation people chose, the
              last one where there are none. No score of a single trial can be read off.
    versions  name -> version.
    """
    records = Records.of_trials(trials)
    picked = {(p["trial"], p["fold"], p["seed"], p["epoch"]) for p in score["predictions"]}
    chosen = Counter(trial for trial, _, _, _ in picked)
    return {
        "curves": [
            {"trial": trial, "chosen": n, **_curves(list(records.of[trial].values()))}
            for trial, n in sorted(chosen.items(), key=lambda one: (-one[1], one[0]))[:TRIALS]
        ],
        "epochs": sorted(map(list, Counter(epoch for _, _, _, epoch in picked).items())),
        "wrong": _wrong(records, truth),
        "versions": _versions(),
    }


def _curves(results: Sequence[FoldRecord]) -> dict[str, Any]:
    grid = np.unique(np.concatenate([one.epochs for one in results]))
    if len(grid) > POINTS:
        grid = grid[np.linspace(0, len(grid) - 1, POINTS).round().astype(int)]
    validated = all(one.validation for one in results)

    def over_folds(values: Sequence[NDArray[Any]]) -> list[list[float | None]]:
        # a fold that ended early keeps its last value
        rows = [row[rows_at(one.epochs, grid)] for one, row in zip(results, values, strict=True)]
        made = np.quantile(np.asarray(rows, float), QUANTILES, axis=0)
        return [[round(v, 5) if np.isfinite(v) else None for v in line] for line in made.tolist()]

    return {
        "folds": len(results),
        "epochs": grid.tolist(),
        "train_loss": over_folds([one.train_loss for one in results]),
        "validation_loss": over_folds([one.validation_loss for one in results]) if validated else [],
        "validation_uf1": over_folds([validation_uf1(one) for one in results]) if validated else [],
    }


def _wrong(records: Records, truth: Mapping[str, int]) -> dict[str, Any]:
    wrong, tested, runs = Counter[str](), Counter[str](), set()
    for trial, folds in records.of.items():
        for (_, seed), one in folds.items():
            at = validation_best(one)[1] if one.validation else len(one.epochs) - 1
            runs.add((trial, seed))
            tested.update(one.test)
            wrong.update(
                clip
                for clip, called in zip(one.test, test_called(one)[at].tolist(), strict=True)
                if called != truth[clip]
            )
    order = sorted(wrong, key=lambda clip: (-wrong[clip] / tested[clip], -tested[clip], clip))
    return {
        "runs": len(runs),
        "clips": len(tested),
        "always": sum(wrong[clip] == n for clip, n in tested.items()),
        "never": sum(clip not in wrong for clip in tested),
        "named": [[clip, wrong[clip], tested[clip]] for clip in order[:CLIPS]],
    }


def _versions() -> dict[str, str]:
    held = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    for name in LIBRARIES:
        try:
            held[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of the two OpenCVs one is there
    return held


def write(folder: Path, held: Mapping[str, Any]) -> None:
    """Keep them. Raises OSError."""
    sealed.write_json(folder / DETAILS, held, indent=None)


def read(folder: Path) -> tuple[dict[str, Any], str]:
    """(details of a sweep's folder or {}, why there are none or "")."""
    again = f"it is made from the fold results by: {resume(folder)}"
    try:
        return sealed.read_json(folder / DETAILS, again), ""
    except FileNotFoundError:
        return {}, f"an older program made this sweep and kept no {DETAILS}; {again}"
    except sealed.Damaged as error:
        return {}, f"{DETAILS} is damaged ({error.why}); {again}"
