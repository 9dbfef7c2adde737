"""What a scheduler saves and what it costs: recorded searches replayed with each of search/schedulers,
trials in random order.

python -m benchmarks.racing [--replays 200] [--slots 2] [--at-once 4]; the last line is one JSON object:
recording -> pool -> scheduler ->

jobs      share of the search's fold jobs that were started, mean over replays. 1 is the exhaustive search
seconds   share of its processor time
gap, worst_gap   pooled validation UF1 of the exhaustive winner minus that of the pick, mean and largest. The
          pick is the trial with the best pooled validation UF1 of those that ran all folds
failed    share of replays with a gap above 0.01, or without a trial that ran all folds

A replay is a pool of ``slots`` that run folds for as long as recorded, with ``at_once`` trials under way. A
stopped trial's running folds are cancelled and count as started; the next trial takes its place. Two pools,
for the fold that a free slot takes: "queue", of the trial that began first, and "turns", of the trial that
has most left. With as many slots as a trial has folds, a queue starts them all before the first has ended:
then turns are what makes racing save anything.

A recording (benchmarks/record.py) holds validation counts alone, so nothing here is a claim about test
people. The schedulers' parameters were chosen on these recordings: other searches may fare a little worse.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import numpy as np
import typer

from orchestrator.search.fold_order import informative
from orchestrator.search.schedulers import SCHEDULERS, Evidence, Scheduler
from orchestrator.search.schedulers.evidence import pooled_uf1

FOLDER = Path(__file__).parent / "recordings"
POOLS = ("queue", "turns")
INDIFFERENT = 0.01  # UF1


@dataclass(frozen=True)
class Recording:
    """All folds of all trials of one search. T trials, F folds, E epochs, C classes, N validation clips.

    counts     uint8 or uint16 (T, F, E, C, C): validation confusion matrices. loss: float16 (T, F, E).
    seconds    float32 (T, F): processor time of the fold.
    epochs     int32 (E,). seeds: int32 (F,).
    validates  bool (F, N): whose verdict a fold is.
    about      JSON text: model, corpus, protocol, names of the folds, configurations ...
    """

    counts: np.ndarray
    loss: np.ndarray
    seconds: np.ndarray
    epochs: np.ndarray
    seeds: np.ndarray
    validates: np.ndarray
    about: str

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, **{f.name: np.asarray(getattr(self, f.name)) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Recording:
        with np.load(path, allow_pickle=False) as held:
            return cls(
                about=str(held["about"]), **{f.name: held[f.name] for f in fields(cls) if f.name != "about"}
            )

    def evidence(self) -> list[list[Evidence]]:
        """Of each trial and fold, in the recording's order."""
        clips = self.validates.sum(axis=1)
        return [
            [
                Evidence(
                    str(f), int(self.seeds[f]), self.epochs, self.counts[t, f], self.loss[t, f], int(clips[f])
                )
                for f in range(self.counts.shape[1])
            ]
            for t in range(len(self.counts))
        ]

    def order(self) -> list[int]:
        """Positions of the folds as fold_order.informative has them."""
        jobs = [
            SimpleNamespace(at=f, seed=int(self.seeds[f]), validation=tuple(map(str, np.flatnonzero(clips))))
            for f, clips in enumerate(self.validates)
        ]
        return [job.at for job in informative(jobs)]


@dataclass(frozen=True)
class Replay:
    """jobs: folds started. seconds: slot time used. completed: trials that ran all their folds."""

    jobs: int
    seconds: float
    completed: tuple[int, ...]


def replay(
    scheduler: Scheduler,
    evidence: Sequence[Sequence[Evidence]],
    seconds: np.ndarray,
    order: Sequence[int],
    trials: Sequence[int],
    *,
    pool: str,
    slots: int = 2,
    at_once: int = 4,
) -> Replay:
    """One search. order: of the folds of every trial; trials: of the trials; pool: one of POOLS. seconds: (T,
    F)."""
    waiting, ended = list(trials), dict.fromkeys(trials, 0)
    left: dict[int, list[int]] = {}  # folds to start, of trials under way
    completed: list[int] = []
    running: list[tuple[float, int, int, int]] = []  # end, number of the job, trial, fold
    now, used, jobs = 0.0, 0.0, 0
    while True:
        while waiting and len(left) < at_once:
            left[waiting.pop(0)] = list(order)
        ready = [trial for trial, folds in left.items() if folds]
        if ready and len(running) < slots:
            trial = ready[0] if pool == "queue" else max(ready, key=lambda t: len(left[t]))
            fold = left[trial].pop(0)
            jobs += 1
            heapq.heappush(running, (now + float(seconds[trial, fold]), jobs, trial, fold))
            continue
        if not running:
            return Replay(jobs, used, tuple(completed))
        end, _, trial, fold = heapq.heappop(running)
        used += (end - now) * (len(running) + 1)
        now = end
        ended[trial] += 1
        stop = scheduler.reports(trial, evidence[trial][fold])
        if ended[trial] == len(order):
            completed.append(trial)
            scheduler.completed(trial)
        elif not stop:
            continue
        else:
            running = [job for job in running if job[2] != trial]
            heapq.heapify(running)
        del left[trial]


def figures(
    recording: Recording,
    make: Callable[[], Scheduler],
    pool: str,
    replays: int,
    slots: int = 2,
    at_once: int = 4,
) -> dict[str, float]:
    """Means over replays; replay i has the order of trials of seed i, for every scheduler and pool."""
    evidence, order = recording.evidence(), recording.order()
    scores = np.array([pooled_uf1(folds) for folds in evidence])
    trials = [np.random.default_rng(i).permutation(len(scores)).tolist() for i in range(replays)]
    runs = [
        replay(make(), evidence, recording.seconds, order, each, pool=pool, slots=slots, at_once=at_once)
        for each in trials
    ]
    gaps = scores.max() - np.array([max((scores[t] for t in run.completed), default=0.0) for run in runs])
    return {
        "jobs": float(np.mean([run.jobs for run in runs])) / recording.seconds.size,
        "seconds": float(np.mean([run.seconds for run in runs]))
        / float(recording.seconds.sum(dtype=np.float64)),
        "gap": float(gaps.mean()),
        "worst_gap": float(gaps.max()),
        "failed": float((gaps > INDIFFERENT).mean()),
    }


def main(
    replays: Annotated[int, typer.Option(help="random orders of the trials")] = 200,
    slots: Annotated[int, typer.Option(help="folds that run side by side")] = 2,
    at_once: Annotated[int, typer.Option(help="trials under way together")] = 4,
) -> None:
    """Print the table and, last, one JSON object."""
    found: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
    for path in sorted(FOLDER.glob("*.npz")):
        recording = Recording.load(path)
        print(f"{path.stem}: {recording.counts.shape[0]} trials of {recording.counts.shape[1]} folds")
        for pool in POOLS:
            for name, make in SCHEDULERS.items():
                got = figures(recording, make, pool, replays, slots, at_once)
                found.setdefault(path.stem, {}).setdefault(pool, {})[name] = {
                    k: round(v, 4) for k, v in got.items()
                }
                print(
                    f"  {pool:6} {name:9}" + "".join(f"  {key} {value:.3f}" for key, value in got.items()),
                    flush=True,
                )
    print(json.dumps(found))


if __name__ == "__main__":
    typer.run(main)
