"""The one trial with the best pooled test UF1; epoch as in nested, without validation people the last. With
one trial there is nothing to choose, and no such row."""

from __future__ import annotations

import numpy as np

from orchestrator.selection import metrics
from orchestrator.selection.records import Records, best, validation_ranks
from orchestrator.selection.rules.rule import Choice, Choices, Rule, Truth, true_class


def pick(records: Records, truth: Truth) -> Choices:
    choices: Choices = {}
    for seed in records.seeds:
        keys = [key for key in records.keys if key[1] == seed]
        options = []
        for index in records.need_complete("oracle_trial"):
            results = {key: records.of[index][key] for key in keys}
            chosen = {
                k: Choice(index, best(validation_ranks(r)) if records.validated else len(r.epochs) - 1)
                for k, r in results.items()
            }
            called = np.concatenate(
                [r.test_probs[chosen[k].epoch_index].argmax(axis=1) for k, r in results.items()]
            )
            labels = [true_class(truth, clip) for r in results.values() for clip in r.test]
            n_classes = results[keys[0]].test_probs.shape[2]
            options.append(((metrics.uf1(labels, called, n_classes), -index), chosen))
        choices |= max(options, key=lambda option: option[0])[1]
    return choices


RULE = Rule("oracle", "test people", pick, False, lambda records: len(records.complete) > 1)
