"""What orchestration costs: the same folds in a bare loop, inline with the store, and as Ray tasks, in one
run.

python -m benchmarks.folds [--people 12] [--trials 2] [--epochs 10]; the last line is one JSON object with

efficiency  sum of pure fold seconds inside Ray / (cores x wall), start-up of Ray apart: 1 would be no
            overhead at all
speedup     wall of the bare loop / wall of the Ray sweep, with ``cores`` cores
inline      wall of the bare loop / wall of the inline sweep (search, store and selection included)
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.figures import show
from orchestrator.runners import ray as ray_runner
from orchestrator.runners.inline import run_fold
from orchestrator.search.inline import search
from orchestrator.search.samplers import Search
from orchestrator.search.tune import with_ray
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable
from orchestrator.workspace.store import FoldStore

CHANNELS = tuple(f"{side}_{i}" for side in ("left", "right") for i in range(7))


def nobody(event: object) -> None:
    """A listener that does nothing."""


def table(people: int, clips: int = 10) -> ClipTable:
    """Noise with a class signal: as costly as real clips, and in no need of any."""
    rng = np.random.default_rng(0)
    ids = tuple(f"synthetic/p{p:02d}/c{c:02d}" for p in range(people) for c in range(clips))
    y = np.arange(len(ids)) % 3
    x = (rng.normal(size=(3, 1, 14, 2))[y] + rng.normal(size=(len(ids), 16, 14, 2))).astype(np.float32)
    subjects = tuple(i.rsplit("/", 1)[0] for i in ids)
    return ClipTable(
        "synthetic",
        "roi_flow14-bench",
        "roi_flow",
        CHANNELS,
        ("a", "b", "c"),
        ids,
        subjects,
        ("",) * len(ids),
        y,
        x,
        None,
        "none",
        "bench",
        {},
    )


def main(
    people: Annotated[int, typer.Option(help="subjects, hence folds a trial")] = 12,
    trials: Annotated[int, typer.Option(help="configurations")] = 2,
    epochs: Annotated[int, typer.Option(help="epochs a fold")] = 10,
) -> None:
    """Print the table and, last, one JSON object."""
    cores = os.cpu_count() or 1
    data = table(people)
    study = Study("stag", "loso", 4, 1, {"recipe.epochs": epochs, "recipe.warmup_epochs": 0})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("inline", "ray", "warm"):
            (folder / kind).mkdir()
        begin = time.perf_counter()
        outcomes = search(
            study, data, FoldStore(folder / "a"), Search(trials, 0, "random", folder / "inline"), nobody
        )
        inline_s = time.perf_counter() - begin
        begin = time.perf_counter()
        for outcome in outcomes:
            for job in study.jobs(data, outcome.drawn):
                run_fold(job, data)
        bare_s = time.perf_counter() - begin
        begin = time.perf_counter()
        ray_runner.start(None)
        quick = Study("stag", "loso", 0, 1, {"recipe.epochs": 1, "recipe.warmup_epochs": 0})
        with_ray(
            quick,
            table(2 * cores),
            FoldStore(folder / "w"),
            Search(1, 0, "random", folder / "warm"),
            nobody,
        )
        start_s = time.perf_counter() - begin
        begin = time.perf_counter()
        done = with_ray(
            study, data, FoldStore(folder / "b"), Search(trials, 0, "random", folder / "ray"), nobody
        )
        ray_s = time.perf_counter() - begin
    fold_s = sum(r.seconds for o in done for r in o.results)
    equal = all(
        np.array_equal(a.test_probs, {r.job_id: r for r in other.results}[a.job_id].test_probs)
        for one, other in zip(outcomes, done, strict=True)
        for a in one.results
    )
    figures = {
        "folds": people * trials,
        "cores": cores,
        "bare_s": bare_s,
        "inline_s": inline_s,
        "ray_s": ray_s,
        "ray_start_s": start_s,
        "fold_s_in_ray": fold_s,
        "efficiency": fold_s / (cores * ray_s),
        "speedup": bare_s / ray_s,
        "inline": bare_s / inline_s,
        "equal_numbers": equal,
    }
    show(figures)


if __name__ == "__main__":
    typer.run(main)
