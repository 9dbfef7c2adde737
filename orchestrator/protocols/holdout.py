"""A tenth of the clips is tested once, the others train: equal class shares, people on both sides. Other
clips are never tested.

Subject-dependent: it measures recognition of known people and says nothing of a person never seen.
Source   MESTI-MEGANet, arXiv:2509.00056v2, section III-C and Table I: "90% for training and 10% for testing".
Differs  the paper does not say which clips it tests, nor that it split by class; see groups.of_clips and
         groups.typical. With this few test clips one clip is 4 to 6 points of accuracy, so that another draw
         would give another table.
"""

from __future__ import annotations

from orchestrator.protocols import groups
from orchestrator.protocols.fold import Clips, Fold, Protocol, held_out


def folds(clips: Clips, k: int) -> tuple[Fold, ...]:
    """One fold "test 1/k". Its size, and its number of each class, is 1/k of all to within one clip. With k
    above the number of classes every class trains, one of a single clip too.

    Raises ProtocolError if k is below 2 or above the number of clips.
    """
    return (held_out(f"test 1/{k}", clips, groups.typical(groups.of_clips(clips, k, "holdout"), clips)),)


PROTOCOL = Protocol(folds=folds, k=10, subject_dependent=True, told=lambda people, corpora, k: 1)
