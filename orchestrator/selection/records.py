"""Records of a study, put in order and checked against each other, and what their validation people say.

Input   trials, each with the record.FoldRecord of its folds, in any order.
Output  look-up by (fold, seed); UF1 and loss on validation people for every evaluated epoch, of one fold or
        pooled. A fold of a committee has several models: its first is the one that rules for a single model
        look at.

The UF1 of one fold's validation people counts a class that they do not show as 0 (see metrics): the same
people judge every trial and epoch of a fold, so it moves no choice. An epoch whose loss is not finite
(diverged) has UF1 0 and the worst rank.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.selection import metrics
from orchestrator.study.record import FoldRecord, Judged
from preprocessing.errors import BadInput

Key = tuple[str, int]  # fold, seed
Rank = tuple[float, float]  # UF1, -loss: compared in this order, higher is better


class SelectionError(BadInput):
    """The records do not allow the rule, or contradict each other. Names the trial, the fold and the next
    step."""


class Sums:
    """Pooled validation confusion matrices of one trial's folds, seed by seed, added up while the arrays of
    each are at hand: to read 30,000 of them from the store again takes a quarter of a minute. Of a fold with
    several models the first counts."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[set[str], NDArray[Any], NDArray[Any]]] = {}

    def add(self, result: FoldRecord) -> None:
        """Once for each result that has validation people."""
        if result.member:
            return
        counts = validation_counts(result)
        if result.seed not in self._of:
            self._of[result.seed] = ({result.fold}, result.epochs, counts)
            return
        folds, grid, summed = self._of[result.seed]
        folds.add(result.fold)
        if np.array_equal(grid, result.epochs):
            summed += counts
            return
        union = np.union1d(grid, result.epochs)
        # between two epochs of a grid no fold has evaluated any: sums stay as at the earlier one
        summed = summed[rows_at(grid, union)] + counts[rows_at(result.epochs, union)]
        self._of[result.seed] = (folds, union, summed)

    def of(self, keys: Iterable[Key]) -> tuple[NDArray[Any], NDArray[Any]] | None:
        """(epochs (G,), counts int64 (G, C, C)) of exactly these folds, of one seed; None where the sums are
        of others."""
        asked = set(keys)
        for seed, (folds, grid, summed) in self._of.items():
            if asked == {(fold, seed) for fold in folds}:
                return grid, summed
        return None


@dataclass(frozen=True)
class TrialRecord:
    """All results that one configuration has so far, in any order. sums: of them, as far as the search has
    added them up."""

    index: int
    config: dict[str, Any]
    results: tuple[FoldRecord, ...]
    sums: Sums = field(default_factory=Sums, compare=False)

    @functools.cached_property
    def pooled(self) -> dict[tuple[Key, ...], tuple[NDArray[Any], list[Rank]]]:
        """What Records.pooled has found of these results, by their folds: several rules ask for it."""
        return {}


class Records:
    """Trials in a fixed order, looked up by (fold, seed), and checked against each other.

    validated  whether every fold has validation people.
    """

    @classmethod
    def of_trials(cls, trials: Sequence[TrialRecord] | Records) -> Records:
        """The same if they have been put in order already: for 30,000 folds that takes a second."""
        return trials if isinstance(trials, Records) else cls(trials)

    def __init__(self, trials: Sequence[TrialRecord]):
        self.trials = sorted(trials, key=lambda trial: trial.index)
        if len({trial.index for trial in trials}) < len(trials):
            raise SelectionError("two trials have the same index")
        self._trial = {trial.index: trial for trial in self.trials}
        self.models: dict[int, dict[Key, dict[int, FoldRecord]]] = {t.index: {} for t in self.trials}
        for trial in self.trials:
            for result in trial.results:
                held = self.models[trial.index].setdefault((result.fold, result.seed), {})
                if result.member in held:
                    raise SelectionError(f"trial {trial.index} has two results for one fold and seed")
                held[result.member] = result
        self.of: dict[int, dict[Key, FoldRecord]] = {
            index: {key: held[0] for key, held in folds.items() if 0 in held}
            for index, folds in self.models.items()
        }
        self.size = 1 + max((r.member for t in self.trials for r in t.results), default=0)
        self.keys = sorted({key for results in self.of.values() for key in results})
        self.seeds = sorted({seed for _, seed in self.keys})
        if not self.keys:
            raise SelectionError("there is no fold result to choose from; run the sweep, or --resume it")
        self.validated = all(result.validation for trial in self.trials for result in trial.results)
        first: dict[tuple[str, int, int], FoldRecord] = {}
        for trial in self.trials:
            for result in trial.results:
                same = first.setdefault((result.fold, result.seed, result.member), result)
                self._check(trial.index, result, same)

    def _check(self, index: int, result: FoldRecord, first: FoldRecord) -> None:
        """first: that of the same fold in the first trial that has it."""
        if (
            result is not first
            and result.validation is first.validation
            and result.test is first.test
            and len(result.epochs)
        ):
            return  # one study's folds share their clips, and so say nothing new
        where = f"trial {index}, fold {result.fold!r}, seed {result.seed}"
        shared = set(result.validation) & set(result.test)
        if shared:
            raise SelectionError(f"{where}: clip {min(shared)!r} is both a validation and a test clip")
        if set(result.validation) != set(first.validation) or set(result.test) != set(first.test):
            raise SelectionError(
                f"{where}: other validation or test clips than in the first trial; the trials are of "
                "different studies"
            )
        if len(result.epochs) == 0:
            raise SelectionError(f"{where}: no epoch was evaluated")

    @property
    def single(self) -> bool:
        """Whether one trial holds all the results there are."""
        return sum(bool(results) for results in self.of.values()) == 1

    @property
    def complete(self) -> list[int]:
        """Indices of the trials that have every fold and seed which any trial has."""
        return [index for index, results in self.of.items() if len(results) == len(self.keys)]

    def committee(self, trial: int, key: Key) -> tuple[FoldRecord, ...]:
        """All models of a fold, by their number; () while one is missing."""
        held = self.models[trial].get(key, {})
        return tuple(held[member] for member in range(self.size)) if len(held) == self.size else ()

    def pooled(self, trial: int, keys: Sequence[Key]) -> tuple[list[Rank], list[NDArray[Any]]]:
        """Ranks and rows as pooled_ranks gives them, of these folds of a trial. Read from the store once: a
        trial of 600 folds takes a fifth of a second."""
        results = [self.of[trial][key] for key in keys]
        known = self._trial[trial].pooled
        if tuple(keys) not in known:
            known[tuple(keys)] = pooled_ranks(results, self._trial[trial].sums.of(keys))[:2]
        grid, ranks = known[tuple(keys)]
        return ranks, [rows_at(result.epochs, grid) for result in results]

    def need_complete(self, rule: str) -> list[int]:
        if not self.complete:
            raise SelectionError(
                f"{rule} needs a trial with all folds, but {'; '.join(incomplete(self.trials).values())}; "
                "run --resume"
            )
        return self.complete

    def need_validation(self, rule: str) -> None:
        if not self.validated:
            raise SelectionError(
                f"{rule} needs validation people and a fold has none (inner folds = 0); rerun the sweep with "
                "inner folds >= 2, "
                "or use last_epoch with one trial"
            )


def incomplete(trials: Sequence[TrialRecord]) -> dict[int, str]:
    """For each trial that lacks folds (pruned, failed or unfinished), a sentence. Rules that need all folds
    leave it out."""
    records = Records(trials)
    missing = {i: [k for k in records.keys if k not in results] for i, results in records.of.items()}
    return {
        index: f"trial {index} lacks {len(keys)} of {len(records.keys)} folds "
        f"(first: {keys[0][0]}, seed {keys[0][1]})"
        for index, keys in missing.items()
        if keys
    }


def validation_counts(result: FoldRecord) -> NDArray[Any]:
    """int64 (E, C, C): the validation confusion matrix of every epoch."""
    counts: NDArray[Any] = result.validation_counts.astype(np.int64)
    return counts


def validation_uf1(result: FoldRecord) -> NDArray[Any]:
    """float64 (E,), of every epoch; read from the store each time."""
    return _uf1(validation_counts(result))


def ranks(counts: NDArray[Any], loss: NDArray[Any]) -> list[Rank]:
    """One rank an epoch, from confusion matrices (E, C, C) and losses (E,)."""
    return _ranks(_uf1(counts), loss)


def _uf1(counts: NDArray[Any]) -> NDArray[Any]:
    uf1: NDArray[Any] = metrics.f1(counts).mean(axis=-1)
    return uf1


def _ranks(uf1: NDArray[Any], loss: NDArray[Any]) -> list[Rank]:
    return [
        (u, -x) if math.isfinite(x) else (0.0, -math.inf)
        for u, x in zip(uf1.tolist(), loss.tolist(), strict=True)
    ]


def best(ranks: Sequence[Rank]) -> int:
    """The epoch with the highest rank; the earlier one of equals."""
    return max(range(len(ranks)), key=lambda epoch: (ranks[epoch], -epoch))


def validation_best(result: FoldRecord) -> tuple[Rank, int]:
    """The highest rank on the fold's own validation people, and its row: ``best`` of all its epochs."""
    rank, row, _ = _judged(result)
    return rank, row


def validation_last(result: FoldRecord) -> Rank:
    """The rank of the last epoch."""
    return _judged(result)[2]


def _judged(result: FoldRecord) -> Judged:
    if isinstance(result, FoldRecord) and (noted := result.judged) is not None:
        return noted
    loss = result.validation_loss.astype(np.float64)
    finite = np.isfinite(loss)
    uf1 = np.where(finite, _uf1(validation_counts(result)), 0.0)
    less = np.where(finite, -loss, -np.inf)
    highest = np.flatnonzero(uf1 == uf1.max())
    row = int(highest[less[highest].argmax()])
    return (float(uf1[row]), float(less[row])), row, (float(uf1[-1]), float(less[-1]))


def test_called(result: FoldRecord) -> NDArray[Any]:
    """integer (E, t): the class that each test clip is called at each epoch."""
    if not isinstance(result, FoldRecord):
        called: NDArray[Any] = result.test_probs.argmax(axis=2)
        return called
    return result.test_called


def remembered(result: FoldRecord) -> None:
    """Before a record lets go of its arrays: what rules ask of all trials, again and again, stays at hand."""
    result.note(_judged(result) if result.validation else None)


def rows_at(epochs: NDArray[Any], grid: NDArray[Any]) -> NDArray[Any]:
    """int (G,): the row of a fold's records at each epoch of a grid, which is that of its last evaluated
    epoch up to there."""
    return np.clip(np.searchsorted(epochs, grid, side="right") - 1, 0, None)


def pooled_ranks(
    results: Iterable[FoldRecord], known: tuple[NDArray[Any], NDArray[Any]] | None = None
) -> tuple[NDArray[Any], list[Rank], list[NDArray[Any]]]:
    """Validation of several folds, pooled, at every epoch that any of them evaluated.

    A fold that stopped early keeps the predictions of its last evaluated epoch. Returns the epochs (G,),
    their ranks (the loss is the mean over clips), and for each result, in the order given, the row of its
    records at each of the G epochs. known: epochs and counts of these results, where they are summed up.
    """
    results = list(results)
    grid = np.unique(np.concatenate([r.epochs for r in results])) if known is None else known[0]
    rows = [rows_at(r.epochs, grid) for r in results]
    pairs = list(zip(results, rows, strict=True))
    # one after the other: the arrays of 600 folds together are not held
    counts = sum(validation_counts(r)[at] for r, at in pairs) if known is None else known[1]
    loss = np.average(
        [r.validation_loss[at] for r, at in pairs], axis=0, weights=[len(r.validation) for r in results]
    )
    return grid, ranks(np.asarray(counts), loss), rows


def pooled_validation_uf1(results: Sequence[FoldRecord]) -> float:
    """What a search may maximise: the best UF1 over epochs of the pooled validation predictions of the folds
    given."""
    return max(uf1 for uf1, _ in pooled_ranks(results)[1])
