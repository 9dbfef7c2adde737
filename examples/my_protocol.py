"""A protocol of your own: leave two people out.

    python -m orchestrator.sweep off_apexnet --protocol my_protocol --plugin examples/my_protocol.py ...

People are paired by an order drawn from their names, so that each is tested once. Whatever you compute is
checked before it is used: nobody may be on both sides of a fold. orchestrator.testing.ProtocolContract checks
the rest.
"""

from __future__ import annotations

from orchestrator.common.seeds import seed_of
from orchestrator.protocols.fold import Clips, Fold, Protocol, ProtocolError, held_out


def folds(clips: Clips, k: int) -> tuple[Fold, ...]:
    """One fold a pair, named after it; the last takes three where the number of people is odd.

    ``clips`` has ids, people, class indices and splits, and no feature. All that is random is drawn from
    names: the order of rows must change nothing. ``k`` is the number of "my_protocol-K"; here it is not used.
    """
    people = sorted(set(clips.subjects), key=lambda who: (seed_of("my_protocol", who), who))
    if len(people) < 4:
        raise ProtocolError(f"leave-two-out needs at least 4 people, the table has {len(people)}")
    pairs = [people[i : i + 2] for i in range(0, len(people) - len(people) % 2, 2)]
    if len(people) % 2:
        pairs[-1].append(people[-1])
    return tuple(
        held_out(
            "+".join(sorted(pair)),
            clips,
            [clip for clip, who in zip(clips.ids, clips.subjects, strict=True) if who in pair],
        )
        for pair in sorted(map(sorted, pairs))
    )


# `told` lets `estimate` say the number of folds before any clip is read; it may be left out
PROTOCOL = Protocol(folds=folds, told=lambda people, corpora, k: people and people // 2)
