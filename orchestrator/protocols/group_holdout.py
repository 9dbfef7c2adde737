"""About a tenth of the clips is tested once, the others train, and no person is on both sides: ``holdout``
for people never seen. Clips of all other people are never tested.

Differs  no source fixes who is held out; see groups.dealt. Labels are not read: a sweep says where a class is
         without a training or a test clip.
"""

from __future__ import annotations

from orchestrator.protocols import groups
from orchestrator.protocols.fold import Clips, Fold, Protocol, held_out


def folds(clips: Clips, k: int) -> tuple[Fold, ...]:
    """One fold "test 1/k": the first of the k groups of group_kfold, which no look at the clips has chosen.

    Raises ProtocolError if k is below 2 or above the number of people.
    """
    return (held_out(f"test 1/{k}", clips, groups.of_people(clips, k)[0]),)


PROTOCOL = Protocol(folds=folds, k=10, told=lambda people, corpora, k: 1)
