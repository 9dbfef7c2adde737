"""Leave one subject out: each person is the test person of one fold, all others train. Every clip is tested
once.

Source  MEGC 2019 composite evaluation (See et al., FG 2019, doi:10.1109/FG.2019.8756611): k people, k folds,
        predictions pooled.
Output  folds sorted by person. A function of the set of (clip, person) pairs: row order changes nothing.
"""

from __future__ import annotations

from orchestrator.protocols.fold import Clips, Fold, Protocol, ProtocolError


def folds(clips: Clips, k: int) -> tuple[Fold, ...]:
    """One Fold a person, named after the person. ``k`` is not used. Raises ProtocolError for fewer than two
    people."""
    people = sorted(set(clips.subjects))
    if len(people) < 2:
        raise ProtocolError(
            f"leave-one-subject-out needs at least 2 subjects, the table has {len(people)} "
            f"({', '.join(people) or 'none'}); "
            "check the subject column and which clips the label scheme leaves out"
        )
    subject_of = dict(zip(clips.ids, clips.subjects, strict=True))
    ids = sorted(subject_of)
    return tuple(
        Fold(
            who, tuple(c for c in ids if subject_of[c] != who), tuple(c for c in ids if subject_of[c] == who)
        )
        for who in people
    )


PROTOCOL = Protocol(folds=folds)
