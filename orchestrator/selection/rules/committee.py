"""Per fold: the K models for which each inner group has validated once, and the mean of their probabilities.

Trial: the best UF1 of the fold's own K groups, pooled, so that every training person judges it once. Epoch:
none is chosen by UF1; each model counts at its last one, or, where the recipe stops early, at that with the
lowest validation loss. Ties: lower validation loss, then the earlier trial.

One inner split is a quarter of the people: which quarter moves the score by more than the choice gains, and
that quarter trains nothing. Here all people of the other folds train and judge, each in its turn.
"""

from __future__ import annotations

import numpy as np

from orchestrator.selection.records import Rank, Records, SelectionError, ranks, validation_counts
from orchestrator.selection.rules.rule import Choice, Choices, Rule, Truth
from orchestrator.study.record import FoldRecord


def pick(records: Records, _: Truth) -> Choices:
    records.need_validation("committee")
    if records.size < 2:
        raise SelectionError(
            "committee needs all inner models of a fold; run the sweep with --selection committee"
        )
    choices = {}
    for key in records.keys:
        options: list[tuple[Rank, int, tuple[int, ...]]] = []
        for trial in records.trials:
            if models := records.committee(trial.index, key):
                patience = trial.config["recipe"]["patience"]
                rows = tuple(counts_at(model, patience) for model in models)
                options.append((_rank(models, rows), -trial.index, rows))
        if options:
            index, rows = max(options)[1:]
            choices[key] = Choice(-index, rows[0], rows[1:])
    return choices


def counts_at(model: FoldRecord, patience: int) -> int:
    """The row of the epoch at which a model counts."""
    loss = model.validation_loss
    if not patience or not np.isfinite(loss).any():
        return len(loss) - 1
    return int(np.nanargmin(np.where(np.isfinite(loss), loss, np.nan)))


def _rank(models: tuple[FoldRecord, ...], rows: tuple[int, ...]) -> Rank:
    pairs = list(zip(models, rows, strict=True))
    counts = np.sum([validation_counts(model)[row] for model, row in pairs], axis=0)
    losses, clips = zip(
        *((model.validation_loss[row], len(model.validation)) for model, row in pairs), strict=True
    )
    return ranks(counts[None], np.average(losses, weights=clips)[None])[0]


RULE = Rule(
    "blind",
    "own K groups",
    pick,
    True,
    lambda records: records.validated and records.size > 1,
    committee=True,
)
