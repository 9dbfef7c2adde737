"""``cross_corpus`` for corpora whose classes differ, as in Table 7 of STAG: train on all classes of one
corpus, score on those of each other.

The classes are those of all corpora together, by name. A pair is scored over the classes of the target,
whether or not the source has them: one that it lacks cannot be learnt, so that its F1 and recall are 0. A
prediction of a class that the target lacks is wrong, and counts against no other class. With ``cross_corpus``
clips of classes that not all corpora have take no part.
"""

from __future__ import annotations

from orchestrator.protocols import cross_corpus
from orchestrator.protocols.fold import Protocol

PROTOCOL = Protocol(
    folds=cross_corpus.folds,
    part=cross_corpus.PROTOCOL.part,
    all_classes=True,
    told=cross_corpus.PROTOCOL.told,
)
