"""What a selection rule is, and what it gives: named ways to choose, over saved records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from orchestrator.selection.records import Key, Records, SelectionError

Truth = Mapping[str, int]  # clip id -> class index
# What the held-out person has to do with the choice for its own fold.
# blind      nothing: whatever its labels, frames and action units are, the choice is the same to the bit
# not blind  it is a validation person of other folds, whose models see it, and these decide too
# oracle     its own test labels decide
Kind = Literal["blind", "not blind", "oracle"]


@dataclass(frozen=True)
class Choice:
    """trial: index of the trial. epoch_index: row of the result's per-epoch records (not the epoch's number).
    others: rows of the fold's further models, where the mean of all their probabilities is the prediction."""

    trial: int
    epoch_index: int
    others: tuple[int, ...] = ()

    @property
    def rows(self) -> tuple[int, ...]:
        """One row a model that counts, the first of the fold's models first."""
        return (self.epoch_index, *self.others)


Choices = dict[Key, Choice]


@dataclass(frozen=True)
class Rule:
    """One way to choose.

    kind       as above. Only an oracle gets the test truth.
    sees       whose labels decide, for tables.
    pick       function of (records, truth): the choices.
    validates  it cannot do without validation people.
    allowed    function of the records: whether they allow the rule.
    committee  all inner models of a fold count, so that a sweep under this rule trains all of them.
    averages   predictions are means over seeds too.
    """

    kind: Kind
    sees: str
    pick: Callable[[Records, Truth], Choices]
    validates: bool
    allowed: Callable[[Records], bool]
    committee: bool = False
    averages: bool = False

    @property
    def oracle(self) -> bool:
        return self.kind == "oracle"


def true_class(truth: Truth, clip: str) -> int:
    if clip not in truth:
        raise SelectionError(
            f"no true class for test clip {clip!r}; the records and the feature set do not belong together"
        )
    return truth[clip]
