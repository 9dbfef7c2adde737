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
    ids, places = sorted(clips.ids), dict[str, list[int]]()
    subject_of = dict(zip(clips.ids, clips.subjects, strict=True))
    for place, clip in enumerate(ids):
        places.setdefault(subject_of[clip], []).append(place)
    return tuple(Fold(who, _without(ids, places[who]), tuple(ids[i] for i in places[who])) for who in people)


def _without(ids: list[str], places: list[int]) -> tuple[str, ...]:
    """600 people times their 7,200 clips are four million comparisons; a copy with a few holes is quick."""
    rest = ids.copy()
    for place in reversed(places):
        del rest[place]
    return tuple(rest)


PROTOCOL = Protocol(folds=folds, told=lambda people, corpora, k: people)
