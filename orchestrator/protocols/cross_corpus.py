"""Train on one corpus, test on every other. Each clip is tested by the model of each other corpus: once with
two corpora, n - 1 times with n; every pair is reported.

Corpora are those that the people come from, so a composite (megc2019) is divided into its parts.
"""

from __future__ import annotations

from orchestrator.protocols.fold import Clips, Fold, Protocol, ProtocolError, held_out


def folds(clips: Clips, k: int) -> tuple[Fold, ...]:
    """One fold a corpus that trains, named after it, sorted. ``k`` is not used.

    Raises ProtocolError for fewer than two corpora, and for a person of several.
    """
    source_of = dict(zip(clips.ids, clips.sources, strict=True))
    corpora = sorted(set(source_of.values()))
    corpus_of: dict[str, str] = {}
    for clip, who in zip(clips.ids, clips.subjects, strict=True):
        if (other := corpus_of.setdefault(who, source_of[clip])) != source_of[clip]:
            raise ProtocolError(
                f"cross_corpus: {who!r} has clips in {other} and {source_of[clip]} (--same-person), so would "
                "be both trained on and tested; leave that person's clips out of one of them"
            )
    if len(corpora) < 2:
        raise ProtocolError(
            f"cross_corpus needs at least 2 corpora, the table has {len(corpora)} "
            f"({', '.join(corpora) or 'none'}); "
            "give --corpus and --root once per corpus"
        )
    return tuple(
        held_out(name, clips, [clip for clip, own in source_of.items() if own != name]) for name in corpora
    )


PROTOCOL = Protocol(
    folds=folds,
    part=lambda fold, source, split: f"{fold} to {source}",
    told=lambda people, corpora, k: corpora,
)
