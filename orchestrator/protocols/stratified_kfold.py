"""k folds of clips with equal class shares: each clip is tested once, by a model that knows the person's
other clips.

Subject-dependent: it measures recognition of known people and says nothing of a person never seen.
Differs  no source fixes which clip goes where; see groups.of_clips.
"""

from __future__ import annotations

from orchestrator.protocols import groups
from orchestrator.protocols.fold import Clips, Fold, Protocol, held_out


def folds(clips: Clips, k: int) -> tuple[Fold, ...]:
    """k folds "1 of k" ... "k of k"; sizes, and numbers of each class, differ by at most one clip.

    Raises ProtocolError if k is below 2 or above the number of clips.
    """
    dealt = groups.of_clips(clips, k, "stratified_kfold")
    return tuple(held_out(f"{i} of {k}", clips, group) for i, group in enumerate(dealt, start=1))


PROTOCOL = Protocol(
    folds=folds,
    k=5,
    subject_dependent=True,
    told=lambda people, corpora, k: k,
)
