"""What a pack of folds gains: folds an hour one by one, packed, and by several processes that share the
device, in one run.

python -m benchmarks.packing [--models stag,facesleuth,meganet] [--packs 1,4,8,24] [--processes 4,8]; the last
line is one JSON object with, for each model,

one_by_one      folds an hour of ``train_fold``, one after the other in this process
packed          the same for each size of pack of ``train_folds``; a size of 1 shows what packing costs by
                itself
processes       the same for each number of processes that train one by one at once and share the device,
                start-up apart
difference      largest difference of a test probability between packed and one by one after all epochs:
                rounding, that epochs and deep networks amplify
gib             on a GPU, most memory that one fold and each pack had at once

Folds are as of leave-one-subject-out: all but 2 to 12 clips, so that batches are ragged. Recipes are the
published ones with fewer epochs; ``--upright`` takes turned clips out, which the CPU makes anew for every
batch. On a CPU packing gains nothing: a core is as busy with one fold as with many. There the defaults are
small and show that all of it runs.
"""

from __future__ import annotations

import contextlib
import functools
import json
import queue
import time
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import torch
import torch.multiprocessing as multiprocessing
import typer

from mer_models import MODELS
from orchestrator.study.configuration import configuration
from orchestrator.study.jobs import FoldData, FoldJob, FoldResult
from orchestrator.training.loop import train_fold
from orchestrator.training.packed.folds import train_folds, why_not
from preprocessing.inputs import INPUTS, Settings
from preprocessing.schema import AU_VOCABULARY

CHANNELS = tuple(f"{side}_{i}" for i in range(9) for side in ("left", "right"))  # each has its mirror partner
WAIT = 1200  # seconds in which all processes must have begun
Fold = tuple[FoldJob, FoldData]


def make_folds(model: str, count: int, clips: int, epochs: int, size: int, upright: bool) -> list[Fold]:
    """``count`` folds of noise with a class signal, pictures of ``size`` px: as costly as real ones, and in
    no need of any."""
    rng, about = np.random.default_rng(0), MODELS[model]
    feature = about.default_features
    shape = INPUTS[feature].shape(Settings(image_size=size))
    channels = CHANNELS[: shape[1]] if INPUTS[feature].kind == "roi_flow" else ()
    y = np.arange(clips) % 3
    x = (rng.normal(size=(3, *[1] * len(shape)))[y] + rng.normal(size=(clips, *shape))).astype(np.float32)
    aus = (rng.random((clips, len(AU_VOCABULARY))) < 0.2).astype(np.float32) if about.uses_aus else None
    layer = {
        "recipe.epochs": epochs,
        "recipe.warmup_epochs": 0,
        "recipe.patience": 0,
        "recipe.precision": "float32",
    }
    config = configuration(model, layer, {"recipe.rotate": 0.0} if upright else {})
    folds, ids = [], tuple(f"c{i}" for i in range(clips))
    for number in range(count):
        test = rng.permutation(clips)[: 2 + number % 11]
        rest = np.setdiff1d(np.arange(clips), test)
        validation, train = rest[: clips // 10], rest[clips // 10 :]
        parts = (train, validation, test)
        job = FoldJob(
            model,
            config,
            feature,
            "noise",
            "none" if aus is None else "annotated",
            ("a", "b", "c"),
            "loso",
            f"p{number:02d}",
            *(tuple(ids[i] for i in part) for part in parts),
            seed=0,
            code="bench",
        )
        given = [None if aus is None else aus[part] for part in parts]
        data = FoldData(
            INPUTS[feature].kind, channels, x[train], y[train], x[validation], y[validation], x[test], *given
        )
        folds.append((job, data))
    return folds


def one_by_one(folds: list[Fold], device: str) -> list[FoldResult]:
    return [train_fold(*fold, device=device) for fold in folds]


def in_packs(folds: list[Fold], size: int, device: str) -> list[FoldResult]:
    packs = [folds[i : i + size] for i in range(0, len(folds), size)]
    return [result for pack in packs for result in train_folds(*zip(*pack, strict=True), device=device)]


def timed(work: Callable[[], list[FoldResult]], device: str) -> tuple[list[FoldResult], float, float]:
    """Results, seconds, and most GiB on the GPU (0 on a CPU)."""
    gpu = device.startswith("cuda")
    if gpu:
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    begin = time.perf_counter()
    results = work()
    if gpu:
        torch.cuda.synchronize()
    return results, time.perf_counter() - begin, torch.cuda.max_memory_allocated() / 2**30 if gpu else 0.0


def _share(arguments: tuple[Any, ...], part: slice, device: str, barrier: Any, times: Any) -> None:
    """One process: warm up, wait for the others, train its folds, tell when it began and ended."""
    folds = make_folds(*arguments)
    train_fold(*folds[0], device=device)
    barrier.wait(WAIT)
    begin = time.time()
    one_by_one(folds[part], device)
    times.put((begin, time.time()))


def in_processes(arguments: tuple[Any, ...], count: int, processes: int, device: str) -> float:
    """Seconds from the first process' begin to the last one's end. Raises RuntimeError if a process fails."""
    context = multiprocessing.get_context("spawn")
    barrier, times = context.Barrier(processes), context.Queue()
    workers = [
        context.Process(target=_share, args=(arguments, slice(i, count, processes), device, barrier, times))
        for i in range(processes)
    ]
    for worker in workers:
        worker.start()
    spans: list[tuple[float, float]] = []
    try:
        while len(spans) < processes:
            if any(worker.exitcode for worker in workers):
                raise RuntimeError(
                    f"one of {processes} processes on {device} failed; see its traceback above"
                )
            with contextlib.suppress(queue.Empty):
                spans.append(times.get(timeout=1))
    finally:
        for worker in workers:
            worker.join(5)
            worker.kill()
    return max(end for _, end in spans) - min(begin for begin, _ in spans)


def measure(
    arguments: tuple[Any, ...], packs: list[int], processes: list[int], device: str
) -> dict[str, Any]:
    """All figures of a model; every way of training is warmed up first."""
    folds = make_folds(*arguments)
    count = len(folds)
    one_by_one(folds[:1], device)
    alone, seconds, gib = timed(lambda: one_by_one(folds, device), device)
    figures: dict[str, Any] = {
        "one_by_one": 3600 * count / seconds,
        "packed": {},
        "processes": {},
        "difference": 0.0,
        "gib": {"1 fold": gib},
    }
    for size in packs:
        in_packs(folds[:size], size, device)
        work = functools.partial(in_packs, folds, size, device)
        together, seconds, gib = timed(work, device)
        figures["packed"][size], figures["gib"][size] = 3600 * count / seconds, gib
        apart = max(
            float(np.abs(a.test_probs - b.test_probs).max()) for a, b in zip(together, alone, strict=True)
        )
        figures["difference"] = max(figures["difference"], apart)
    for number in processes:
        figures["processes"][number] = 3600 * count / in_processes(arguments, count, number, device)
    return figures


def main(
    models: Annotated[str, typer.Option(help="names, with commas between")] = "stag,facesleuth,meganet",
    packs: Annotated[str, typer.Option(help="folds a pack; '' = 1,4,8,24 on a GPU, 1,4 on a CPU")] = "",
    processes: Annotated[
        str, typer.Option(help="processes at once; '' = 4,8 on a GPU, 2 on a CPU; 0 = none")
    ] = "",
    epochs: Annotated[int, typer.Option(help="epochs a fold; 0 = 10 on a GPU, 1 on a CPU")] = 0,
    clips: Annotated[int, typer.Option(help="clips in the corpus; 0 = 150 on a GPU, 24 on a CPU")] = 0,
    size: Annotated[
        int,
        typer.Option(help="side in pixels of pictures; 0 = 112 on a GPU, 32 on a CPU; 28 px pictures stay"),
    ] = 0,
    device: Annotated[str, typer.Option(help="'' = cuda if there is one, else cpu")] = "",
    upright: Annotated[bool, typer.Option(help="without turned clips")] = False,
) -> None:
    """Print a table a model and, last, one JSON object."""
    names = [name.strip() for name in models.split(",")]
    if unknown := [name for name in names if name not in MODELS]:
        raise typer.BadParameter(
            f"unknown: {', '.join(unknown)}; known: {', '.join(MODELS)}", param_hint="--models"
        )
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    gpu = device.startswith("cuda")
    sizes = [int(n) for n in (packs or ("1,4,8,24" if gpu else "1,4")).split(",")]
    shared = [int(n) for n in (processes or ("4,8" if gpu else "2")).split(",") if int(n)]
    about = torch.cuda.get_device_name() if gpu else "cpu"
    if not gpu:
        print("on a CPU a pack gains nothing; this run shows that it works")
    torch.set_num_threads(1)
    found = {}
    for name in names:
        given = (
            name,
            max(sizes),
            clips or (150 if gpu else 24),
            epochs or (10 if gpu else 1),
            size or (112 if gpu else 32),
            upright,
        )
        if reason := why_not(name, make_folds(*given)[0][0].config):
            print(f"{name}: cannot be packed: {reason}")
            continue
        found[name] = row = measure(given, sizes, shared, device)
        base = row["one_by_one"]
        print(
            f"{name}: {base:.0f} folds an hour one by one on {about}; largest difference "
            f"{row['difference']:.1e}"
        )
        for way in ("packed", "processes"):
            for number, rate in row[way].items():
                print(f"  {way:9} {number:3} {rate:10.0f} folds an hour {rate / base:6.2f}x", flush=True)
    rounded = json.loads(json.dumps(found), parse_float=lambda text: float(f"{float(text):.3g}"))
    print(json.dumps({"torch": torch.__version__, "device": about, "models": rounded}))


if __name__ == "__main__":
    typer.run(main)
