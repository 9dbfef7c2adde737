"""How long intervals over people take, and whether they hold what they promise.

python -m benchmarks.statistics            10,000 draws of 442 clips of 68 people with 5 seeds, in seconds
python -m benchmarks.statistics --coverage in how many of 1000 invented studies the 95 % interval of the UF1
                                           holds the truth, BCa and percentile; how often a test of two models
                                           that do not differ says so at .05; how often one of a gain does
The last line is one JSON object.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import typer
from numpy.typing import NDArray

from orchestrator.statistics.intervals import bca, drawn_people, intervals, sums
from orchestrator.statistics.people import scored
from orchestrator.statistics.permutations import paired

PRIORS = (0.57, 0.25, 0.18)


def study(
    people: int, rng: np.random.Generator, skill: float = 0.55, gain: float = 0.0, seeds: int = 1
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Two models' (P, S, 3, 3) on invented people: 1 to 12 clips each, mostly of one class; how well a model
    reads a person varies from person to person. ``gain``: how much oftener the second is right."""
    made = np.zeros((2, people, seeds, 3, 3), np.int64)
    for who in range(people):
        clips = 1 + rng.geometric(0.2)
        liked = rng.dirichlet(2 * np.array(PRIORS))
        reads = np.clip(skill + rng.normal(0, 0.15), 0, 1)
        truth = rng.choice(3, clips, p=liked)
        for model in range(2):
            right = rng.random((seeds, clips)) < np.clip(reads + gain * model, 0, 1)
            called = np.where(right, truth, rng.choice(3, (seeds, clips), p=PRIORS))
            for seed in range(seeds):
                np.add.at(made[model, who, seed], (truth, called[seed]), 1)
    return made[0], made[1]


def covered(studies: int, people: int, draws: int, seed: int = 0) -> dict[str, float]:
    """Shares of studies: ours (bca) and percentile, whose interval holds the UF1 of 20,000 such people."""
    rng = np.random.default_rng(seed)
    truth = float(scored(study(20_000, rng)[0].sum(0))["uf1"])
    held = {"bca": 0, "percentile": 0}
    weights = drawn_people(people, draws)
    for _ in range(studies):
        one = study(people, rng)[0]
        again, without = scored(sums(weights, one))["uf1"], scored(one.sum(0) - one)["uf1"]
        ends = {
            "bca": bca(float(scored(one.sum(0))["uf1"]), again, without),
            "percentile": np.quantile(again, (0.025, 0.975)),
        }
        for name, (low, high) in ends.items():
            held[name] += low <= truth <= high
    return {name: n / studies for name, n in held.items()}


def called_different(studies: int, people: int, draws: int, gain: float, seed: int = 1) -> float:
    """Share of studies in which the paired permutation says p <= .05."""
    rng = np.random.default_rng(seed)
    found = [paired(*study(people, rng, gain=gain), draws)["uf1"] <= 0.05 for _ in range(studies)]
    return float(np.mean(found))


def main(coverage: bool = False, studies: int = 1000, people: int = 68) -> None:
    if coverage:
        made: dict[str, float] = covered(studies, people, 1000)
        made |= {
            "size": called_different(studies, people, 500, 0.0),
            "power of 10 points": called_different(studies, people, 500, 0.1),
        }
        print(json.dumps(made))
        return
    rng = np.random.default_rng(0)
    clips = np.repeat(np.arange(68), 6)[:408].tolist() + rng.integers(0, 68, 34).tolist()
    held = np.zeros((68, 5, 3, 3), np.int64)
    for who in clips:
        truth = rng.choice(3, p=PRIORS)
        for seed in range(5):
            held[who, seed, truth, rng.choice(3)] += 1
    drawn_people.cache_clear()
    begin = time.perf_counter()
    intervals(held)
    print(json.dumps({"seconds": round(time.perf_counter() - begin, 3)}))


if __name__ == "__main__":
    typer.run(main)
