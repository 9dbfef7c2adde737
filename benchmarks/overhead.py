"""What orchestration costs: one study of folds that train nothing but take time, in four designs, in one run.

python -m benchmarks.overhead [--trials 8] [--folds 24] [--seconds 1] [--only sweep]; the last line is one
JSON object with

efficiency       sum of pure fold seconds / (cores x wall) of a sweep as tune.with_ray runs it, workers
                 warm: 1 = no overhead
loop             the same for a plain loop in one process (1 / cores at best)
fold_is_a_trial  the same where each fold is its own Tune trial, processes reused: the design that was not
                 taken
speedup          wall on one core / wall on two, both as tune.with_ray runs it
first_fold_s     from the command ``python -m orchestrator.sweep`` to the end of its first fold, of one epoch;
                 features made before; median of 3

``--only sweep`` has efficiency and first_fold_s alone, in a third of the time: enough to compare two
versions. A fold takes ``seconds`` of processor time (invented.py), so a busy machine shows as overhead.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import ray
import typer
from ray import tune

from benchmarks import invented
from benchmarks.figures import show
from benchmarks.folds import nobody, table
from orchestrator.runners import ray as ray_runner
from orchestrator.search.samplers import Search
from orchestrator.search.tune import with_ray
from orchestrator.study.study import Study
from orchestrator.workspace.store import FoldStore
from preprocessing import local_ray

STUDY = Study("stag", "loso", 4, 1, {})
FIRST_FOLDS = 3  # sweeps that are begun
PARTS = ("sweep", "loop", "fold_is_a_trial", "one_core")


def timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


@contextlib.contextmanager
def warm(cores: int, seconds: float, folder: Path) -> Iterator[None]:
    """Ray with so many CPUs, whose workers train nothing and have begun."""
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")  # as runners/ray.start has it: else Tune prints a banner
    env = {**ray_runner.KEEP_MEMORY, invented.SECONDS: str(seconds), "PYTHONPATH": os.getcwd()}
    local_ray.start(
        num_cpus=cores,
        runtime_env={"env_vars": env, "worker_process_setup_hook": "benchmarks.invented.as_worker"},
    )
    sweep(6, 4, folder)
    yield
    ray.shutdown()


def sweep(people: int, trials: int, folder: Path) -> None:
    """As users run it; refuses to be timed if a fold is missing."""
    folder.mkdir(parents=True)
    plan = Search(trials, 0, "random", folder)
    outcomes = with_ray(STUDY, table(people), FoldStore(folder / "folds"), plan, nobody)
    if sum(len(o.results) for o in outcomes) != trials * people:
        raise RuntimeError(f"folds are missing: {[o.error or o.state for o in outcomes]}")


def one_fold(config: dict[str, Any], data: Any) -> None:
    """The other design's trial."""
    os.environ.setdefault(invented.SECONDS, str(config["seconds"]))
    task = data.annotations.task(STUDY.jobs(data, {})[config["fold"]])
    tune.report({"seconds": invented.fold(task).seconds})


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
    folds: Annotated[int, typer.Option(help="folds of each, one a person; 5 at least", min=5)] = 24,
    seconds: Annotated[float, typer.Option(help="processor time of a fold")] = 1.0,
    only: Annotated[str, typer.Option(help=f"parts, with commas between; '' = all: {', '.join(PARTS)}")] = "",
) -> None:
    """Print the table and, last, one JSON object."""
    parts = [part.strip() for part in only.split(",")] if only else list(PARTS)
    if unknown := [part for part in parts if part not in PARTS]:
        raise typer.BadParameter(
            f"unknown: {', '.join(unknown)}; known: {', '.join(PARTS)}", param_hint="--only"
        )
    cores = os.cpu_count() or 1
    pure = trials * folds * seconds
    os.environ[invented.SECONDS] = str(seconds)
    figures: dict[str, Any] = {
        "folds": trials * folds,
        "seconds": seconds,
        "cores": cores,
        "pure_s": pure,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "loop" in parts:
            clips = table(folds)
            tasks = [clips.annotations.task(job) for job in STUDY.jobs(clips, {})]
            figures["loop_s"] = timed(lambda: [invented.fold(task) for _ in range(trials) for task in tasks])
            figures["loop"] = pure / (cores * figures["loop_s"])
        two = min(2, cores)
        asked = ({cores} if "sweep" in parts else set()) | ({1, two} if "one_core" in parts else set())
        walls = {}
        for used in sorted(asked):
            with warm(used, seconds, folder / f"warm{used}"):
                walls[used] = timed(lambda used=used: sweep(folds, trials, folder / f"sweep{used}"))
        if "sweep" in parts:
            figures["sweep_s"], figures["efficiency"] = walls[cores], pure / (cores * walls[cores])
            figures["first_fold_s"] = first_fold(folder / "first")
        if "one_core" in parts:
            figures["one_core_s"], figures["speedup"] = walls[1], walls[1] / walls[two]
        if "fold_is_a_trial" in parts:
            with warm(cores, seconds, folder / "warm_flat"):
                flat_s = timed(lambda: folds_as_trials(folds, trials, seconds, folder / "flat"))
            figures["fold_is_a_trial_s"], figures["fold_is_a_trial"] = flat_s, pure / (cores * flat_s)
    show(figures)


if __name__ == "__main__":
    typer.run(main)
