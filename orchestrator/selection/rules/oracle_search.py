"""Trial and epoch on the held-out people: in each fold the epoch by the accuracy on its test person, as in
oracle_epoch; then the one trial whose predictions score best. What a published search does that looks at its
test table between runs. With one trial it is oracle_epoch, and there is no such row.
"""

from __future__ import annotations

import numpy as np

from orchestrator.selection import metrics
from orchestrator.selection.records import Records
from orchestrator.selection.rules.oracle_epoch import best_epoch
from orchestrator.selection.rules.rule import Choice, Choices, Rule, Truth, true_class


def pick(records: Records, truth: Truth) -> Choices:
    choices: Choices = {}
    for seed in records.seeds:
        keys = [key for key in records.keys if key[1] == seed]
        options = []
        for index in records.need_complete("oracle_search"):
            results = [records.of[index][key] for key in keys]
            rows = [best_epoch(result, truth) for result in results]
            called = [r.test_probs[row].argmax(axis=1) for r, row in zip(results, rows, strict=True)]
            labels = [true_class(truth, clip) for result in results for clip in result.test]
            uf1 = metrics.uf1(labels, np.concatenate(called), results[0].test_probs.shape[2])
            chosen = {key: Choice(index, row) for key, row in zip(keys, rows, strict=True)}
            options.append(((uf1, -index), chosen))
        choices |= max(options, key=lambda option: option[0])[1]
    return choices


RULE = Rule("oracle", "test people", pick, False, lambda records: len(records.complete) > 1)
