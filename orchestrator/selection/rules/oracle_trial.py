"""The one trial with the best pooled test UF1; epoch as in nested, without validation people the last. With
one trial there is nothing to choose, and no such row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from orchestrator.selection import metrics
from orchestrator.selection.records import Records, test_called, validation_best
from orchestrator.selection.rules.rule import Choice, Choices, Rule, Truth, true_class
from orchestrator.study.record import FoldRecord


def pick(records: Records, truth: Truth) -> Choices:
    def epoch(result: FoldRecord) -> int:
        return validation_best(result)[1] if records.validated else len(result.epochs) - 1

    return best_trial(records, truth, "oracle_trial", epoch)


def best_trial(records: Records, truth: Truth, rule: str, epoch_of: Callable[[FoldRecord], int]) -> Choices:
    """For each seed the complete trial with the best pooled test UF1, its folds at the epochs (rows) that
    ``epoch_of`` gives; the earlier one of equals. rule: who asks, for the error where none is complete."""
    choices: Choices = {}
    for seed in records.seeds:
        keys = [key for key in records.keys if key[1] == seed]
        options = []
        for index in records.need_complete(rule):
            results = [records.of[index][key] for key in keys]
            rows, called = [], []
            for result in results:  # one by one: the arrays of one are in memory at a time
                rows.append(epoch_of(result))
                called.append(test_called(result)[rows[-1]])
            labels = [true_class(truth, clip) for result in results for clip in result.test]
            uf1 = metrics.uf1(labels, np.concatenate(called), results[0].test_probs.shape[2])
            chosen = {key: Choice(index, row) for key, row in zip(keys, rows, strict=True)}
            options.append(((uf1, -index), chosen))
        choices |= max(options, key=lambda option: option[0])[1]
    return choices


RULE = Rule("oracle", "test people", pick, False, lambda records: len(records.complete) > 1)
