"""Leave one subject out: each person is the test person of one fold, all others train.

Source  MEGC 2019 composite evaluation (See et al., FG 2019, doi:10.1109/FG.2019.8756611): k people, k folds, predictions pooled.
Input   clip ids and the person of each, at the same place; a person is ``corpus/person``.
Output  folds sorted by person. A function of the set of (clip, person) pairs: row order changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.protocols.fold import Fold, ProtocolError


def folds(clip_ids: Sequence[str], subjects: Sequence[str]) -> tuple[Fold, ...]:
    """One Fold a person, named after the person.

    Raises ProtocolError for unequal lengths, a clip id given twice, or fewer than two people.
    """
    if len(clip_ids) != len(subjects):
        raise ProtocolError(f"{len(clip_ids)} clips but {len(subjects)} subjects; give one subject per clip")
    subject_of = dict(zip(clip_ids, subjects, strict=True))
    if len(subject_of) != len(clip_ids):
        twice = next(c for i, c in enumerate(clip_ids) if c in clip_ids[:i])
        raise ProtocolError(f"clip id {twice!r} occurs more than once; a clip would be both trained on and tested")
    people = sorted(set(subjects))
    if len(people) < 2:
        raise ProtocolError(
            f"leave-one-subject-out needs at least 2 subjects, the table has {len(people)} ({', '.join(people) or 'none'}); "
            "check the subject column and which clips the label scheme leaves out"
        )
    ids = sorted(subject_of)
    return tuple(
        Fold(who, tuple(c for c in ids if subject_of[c] != who), tuple(c for c in ids if subject_of[c] == who)) for who in people
    )
