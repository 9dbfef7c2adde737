"""What a selection rule is, and what it gives: named ways to choose, over saved records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orchestrator.selection.records import Key, Records, SelectionError

Truth = Mapping[str, int]  # clip id -> class index


@dataclass(frozen=True)
class Choice:
    """trial: index of the trial. epoch_index: row of the result's per-epoch records (not the epoch's
    number)."""

    trial: int
    epoch_index: int


Choices = dict[Key, Choice]


@dataclass(frozen=True)
class Rule:
    """One way to choose.

    honest     gets no test truth.
    sees       whose labels decide, for tables.
    pick       function of (records, truth): the choices.
    validates  it cannot do without validation people.
    allowed    function of the records: whether they allow the rule.
    """

    honest: bool
    sees: str
    pick: Callable[[Records, Truth], Choices]
    validates: bool
    allowed: Callable[[Records], bool]


def true_class(truth: Truth, clip: str) -> int:
    if clip not in truth:
        raise SelectionError(
            f"no true class for test clip {clip!r}; the records and the feature set do not belong together"
        )
    return truth[clip]
