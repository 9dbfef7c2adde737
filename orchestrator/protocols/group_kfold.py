"""k folds of whole people, dealt into k groups by a hash of their names and balanced by numbers of clips;
each group is tested once while the others train. Every clip is tested once. Cheaper than loso; no person is
on both sides.

Labels are not read: they would let the tested people's labels decide with whom they are tested. So a rare
class may be shown by people of one group alone; a sweep then warns.
Differs  no source fixes who goes where; see groups.dealt. Compare k-fold scores with those of the same k
         only.
"""

from __future__ import annotations

from orchestrator.protocols import groups
from orchestrator.protocols.fold import Clips, Fold, Protocol, held_out


def folds(clips: Clips, k: int) -> tuple[Fold, ...]:
    """k folds "1 of k" ... "k of k". Raises ProtocolError if k is below 2 or above the number of people."""
    return tuple(
        held_out(f"{i} of {k}", clips, group) for i, group in enumerate(groups.of_people(clips, k), start=1)
    )


PROTOCOL = Protocol(folds=folds, k=5, told=lambda people, corpora, k: k)
