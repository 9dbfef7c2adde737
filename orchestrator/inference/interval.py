"""How far a sweep's UF1 would move with other people: a bootstrap over the people who were tested."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestrator.selection import metrics

DRAWS = 2000


def over_people(predictions: pd.DataFrame, rule: str, classes: list[str]) -> tuple[float, float] | None:
    """(2.5 %, 97.5 %) of the UF1 under a rule, people drawn with replacement; a mean over seeds in each draw.

    predictions: as results.report.read gives them. None where the rule has fewer than two people.
    """
    own = predictions[predictions["rule"] == rule]
    people, seeds = sorted(set(own["subject"])), sorted(set(own["seed"]))
    if len(people) < 2:
        return None
    index = {name: i for i, name in enumerate(classes)}
    counts = np.zeros((len(seeds), len(people), len(classes), len(classes)))
    rows = (own["seed"], own["subject"], own["truth"], own["predicted"])
    for seed, who, truth, called in zip(*rows, strict=True):
        counts[seeds.index(seed), people.index(who), index[truth], index[called]] += 1
    drawn = np.random.default_rng(0).multinomial(len(people), np.full(len(people), 1 / len(people)), DRAWS)
    matrices = np.einsum("dp,spij->dsij", drawn, counts)
    uf1 = metrics.scores(matrices)["f1"].mean(-1).mean(1)
    low, high = np.quantile(uf1, (0.025, 0.975))
    return float(low), float(high)
