"""The composite evaluation of MEGC 2019: leave one subject out over the people of CASME II, SAMM and SMIC-HS
together, three classes. Every clip is tested once; the scores of one corpus are those of its clips in this
same pooled run.

Source  See et al., FG 2019, doi:10.1109/FG.2019.8756611; the numbers of the published list:
        combined_3class_gt.csv of github.com/Facial-Micro-ExpressionGC/MEGC2019 2f81d8f.
Output  68 folds on the full list, sorted by person.
"""

from __future__ import annotations

from orchestrator.protocols import loso
from orchestrator.protocols.fold import Clips, Fold, Protocol, ProtocolError
from preprocessing.datasets import DATASETS


def published() -> dict[str, tuple[int, int]]:
    """Corpus -> published (clips, people) of it: 442 and 68 together."""
    parts = DATASETS["megc2019"].PUBLISHED["parts"]
    return {name: (part["clips"], part["subjects"]) for name, part in parts.items()}


def folds(clips: Clips, k: int) -> tuple[Fold, ...]:
    """One Fold a person, named after the person. ``k`` is not used.

    Raises ProtocolError unless the people come from casme2, samm and smic, all three and no other. A table
    that lacks single clips is split all the same: ``deviations`` says where it is not the published list.
    """
    parts, there = published(), set(clips.sources)
    missing, foreign = sorted(parts.keys() - there), sorted(there - parts.keys())
    if missing or foreign:
        wrong = [
            f"{what}: {', '.join(names)}"
            for what, names in (("missing", missing), ("not part of it", foreign))
            if names
        ]
        raise ProtocolError(
            f"megc2019 is the composite of {', '.join(parts)}; {'; '.join(wrong)}. Take --corpus "
            "megc2019 or ststnet_flow, "
            "or --protocol loso for other corpora"
        )
    return loso.folds(clips, k)


def deviations(clips: Clips) -> tuple[str, ...]:
    """One sentence per corpus whose clips or people are not as many as published; empty where all are."""
    found = []
    for corpus, (n_clips, n_people) in published().items():
        own = [who for who, name in zip(clips.subjects, clips.sources, strict=True) if name == corpus]
        if (len(own), len(set(own))) != (n_clips, n_people):
            found.append(
                f"{corpus}: {len(own)} clips of {len(set(own))} people, the published list has {n_clips} of "
                f"{n_people}"
            )
    return tuple(found)


PROTOCOL = Protocol(folds=folds, told=lambda people, corpora, k: people)
