"""About a tenth of the clips is tested once, the others train, and no person is on both sides: ``holdout``
for people never seen. Clips of all other people are never tested.

Differs  no source fixes who is held out; see groups.of_people and groups.typical.
"""

from __future__ import annotations

from orchestrator.protocols import groups
from orchestrator.protocols.fold import Clips, Fold, Protocol, held_out


def folds(clips: Clips, k: int) -> tuple[Fold, ...]:
    """One fold "test 1/k": of k groups of people the one that comes nearest to 1/k of all clips and of every
    class, among those that leave every class in training; with k above the number of classes there is one,
    else the fewest classes leave.

    Raises ProtocolError if k is below 2 or above the number of people.
    """
    return (held_out(f"test 1/{k}", clips, groups.typical(groups.of_people(clips, k), clips)),)


PROTOCOL = Protocol(folds=folds, k=10)
