"""What orchestration costs: one study of folds that train nothing but take time, in four designs, in one run.

python -m benchmarks.overhead [--trials 8] [--folds 24] [--seconds 1]; the last line is one JSON object with

efficiency       sum of pure fold seconds / (cores x wall) of a sweep as trials.with_ray runs it, workers
                 warm: 1 = no overhead
loop             the same for a plain loop in one process (1 / cores at best)
fold_is_a_trial  the same where each fold is its own Tune trial, processes reused: the design that was not
                 taken
speedup          wall on one core / wall on two, both as trials.with_ray runs it
first_fold_s     from the command ``python -m orchestrator.sweep`` to the end of its first fold, of one epoch;
                 features made before; median of 3

A fold takes ``seconds`` of processor time (invented.py), so a busy machine shows as overhead.
"""

from __future__ import annotations

import logging
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import ray
import typer
from orchestrator.search.search import Search
from ray import tune

from benchmarks import invented
from benchmarks.figures import show
from benchmarks.folds import Silent, table
from orchestrator.runners import ray as ray_runner
from orchestrator.search import tune as ray_search
from orchestrator.study.study import Study
from orchestrator.workspace.store import FoldStore

STUDY = Study("stag", "loso", 4, 1, {})
FIRST_FOLDS = 3  # sweeps that are begun


def timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def start(cores: int, seconds: float) -> None:
    """Ray with so many CPUs, whose workers train nothing."""
    env = {**ray_runner.KEEP_MEMORY, invented.SECONDS: str(seconds), "PYTHONPATH": os.getcwd()}
    ray.init(
        address="local",
        num_cpus=cores, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR,
        runtime_env={"env_vars": env, "worker_process_setup_hook": "benchmarks.invented.as_worker"},
    )  # fmt: skip


def sweep(people: int, trials: int, folder: Path) -> None:
    """As users run it; refuses to be timed if a fold is missing."""
    folder.mkdir()
    plan = Search(trials, 0, "random", folder)
    outcomes = ray_search.with_ray(STUDY, table(people), FoldStore(folder / "folds"), plan, Silent())
    if sum(len(o.results) for o in outcomes) != trials * people:
        raise RuntimeError(f"folds are missing: {[o.error or o.state for o in outcomes]}")


def one_fold(config: dict[str, Any], data: Any) -> None:
    """The other design's trial."""
    os.environ.setdefault(invented.SECONDS, str(config["seconds"]))
    job = STUDY.jobs(data, {})[config["fold"]]
    tune.report({"seconds": invented.fold(job).seconds})


def folds_as_trials(people: int, trials: int, seconds: float, folder: Path) -> None:
    runs = [{"trial": t, "fold": f, "seconds": seconds} for t in range(trials) for f in range(people)]
    tuner = tune.Tuner(
        tune.with_resources(tune.with_parameters(one_fold, data=table(people)), {"CPU": 1}),
        param_space=tune.grid_search(runs),  # type: ignore[arg-type]
        tune_config=tune.TuneConfig(reuse_actors=True),
        run_config=tune.RunConfig(name="flat", storage_path=str(folder), verbose=0),
    )
    ended = tuner.fit()
    if len(ended) != trials * people or ended.errors:
        raise RuntimeError(f"{len(ended)} of {trials * people} ended, {len(ended.errors)} failed")


def first_fold(folder: Path) -> float:
    """Seconds until the first fold has ended, of a sweep whose features are there; the median of some
    sweeps."""
    command = [
        sys.executable,
        "-m",
        "orchestrator.sweep",
        "stag",
        "--trials",
        "1",
        "--workspace",
        str(folder),
        "--set",
        "recipe.epochs=1",
        "--set",
        "recipe.warmup_epochs=0",
        "--tracking-uri",
        "sqlite:////nonexistent/mlflow.db",
    ]
    subprocess.run(
        [sys.executable, "-m", "preprocessing", "extract", "synthetic", "--workspace", str(folder)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    taken = []
    for number in range(FIRST_FOLDS):
        shutil.rmtree(folder / "folds", ignore_errors=True)
        begin = time.perf_counter()
        with subprocess.Popen(
            [*command, "--name", f"first{number}"], stdout=subprocess.PIPE, text=True
        ) as process:
            lines = process.stdout or []
            seen = next((time.perf_counter() for line in lines if line.startswith("folds ")), None)
            for _ in lines:
                pass
        if seen is None:
            raise RuntimeError("the sweep ended without a fold")
        taken.append(seen - begin)
    return statistics.median(taken)


def main(
    trials: Annotated[int, typer.Option(help="configurations")] = 8,
    folds: Annotated[int, typer.Option(help="folds of each, one a person")] = 24,
    seconds: Annotated[float, typer.Option(help="processor time of a fold")] = 1.0,
) -> None:
    """Print the table and, last, one JSON object."""
    cores = os.cpu_count() or 1
    pure = trials * folds * seconds
    os.environ[invented.SECONDS] = str(seconds)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = STUDY.jobs(table(folds), {})
        loop_s = timed(lambda: [invented.fold(job) for _ in range(trials) for job in jobs])
        walls = {}
        for used in sorted({1, min(2, cores), cores}):
            start(used, seconds)
            ray_search.with_ray(
                STUDY, table(6), FoldStore(folder / f"w{used}"), _plan(folder / f"warm{used}", 4), Silent()
            )
            walls[used] = timed(lambda used=used: sweep(folds, trials, folder / f"sweep{used}"))
            if used == cores:
                flat_s = timed(lambda: folds_as_trials(folds, trials, seconds, folder / "flat"))
            ray.shutdown()
        begun = first_fold(folder / "first")
    figures = {
        "folds": trials * folds,
        "seconds": seconds,
        "cores": cores,
        "pure_s": pure,
        "sweep_s": walls[cores],
        "loop_s": loop_s,
        "fold_is_a_trial_s": flat_s,
        "one_core_s": walls[1],
        "efficiency": pure / (cores * walls[cores]),
        "loop": pure / (cores * loop_s),
        "fold_is_a_trial": pure / (cores * flat_s),
        "speedup": walls[1] / walls[min(2, cores)],
        "first_fold_s": begun,
    }
    show(figures)


def _plan(folder: Path, trials: int) -> Search:
    folder.mkdir()
    return Search(trials, 0, "random", folder)


if __name__ == "__main__":
    typer.run(main)
