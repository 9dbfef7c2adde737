"""Per fold: the trial and epoch with the best UF1 on that fold's own validation people. Ties: lower
validation loss, then the earlier trial, then the earlier epoch.
"""

from __future__ import annotations

from orchestrator.selection.records import Records, validation_best
from orchestrator.selection.rules.rule import Choice, Choices, Rule, Truth


def pick(records: Records, _: Truth) -> Choices:
    records.need_validation("nested")
    choices = {}
    for key in records.keys:
        options = []
        for index, results in records.of.items():
            if key in results:
                rank, epoch = validation_best(results[key])
                options.append((rank, -index, Choice(index, epoch)))
        choices[key] = max(options, key=lambda option: option[:2])[2]
    return choices


RULE = Rule("blind", "own validation", pick, True, lambda records: records.validated)
