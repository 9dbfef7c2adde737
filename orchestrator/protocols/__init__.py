"""Who is held out, one protocol a file; and who of the training people validates.

In    clip ids, people, classes and splits, never a feature
Out   folds, as clip ids; every protocol's folds are checked in fold.py
Uses  common
"""

from __future__ import annotations

from orchestrator.common.errors import nearest
from orchestrator.common.registry import Registry
from orchestrator.protocols import (
    cross_corpus,
    cross_corpus_all,
    fixed_split,
    group_holdout,
    group_kfold,
    holdout,
    loso,
    megc2019,
    stratified_kfold,
)
from orchestrator.protocols.fold import Clips, Fold, Protocol, ProtocolError

PROTOCOLS: Registry[Protocol] = Registry(
    "protocol",
    {
        "loso": loso.PROTOCOL,
        "megc2019": megc2019.PROTOCOL,
        "group_kfold": group_kfold.PROTOCOL,
        "group_holdout": group_holdout.PROTOCOL,
        "fixed_split": fixed_split.PROTOCOL,
        "cross_corpus": cross_corpus.PROTOCOL,
        "cross_corpus_all": cross_corpus_all.PROTOCOL,
        "stratified_kfold": stratified_kfold.PROTOCOL,
        "holdout": holdout.PROTOCOL,
    },
)


def protocol(name: str) -> tuple[Protocol, int]:
    """The protocol of that name and its k: "group_kfold" has its default, "group_kfold-10" 10; 0 for one that
    has no such number.

    Raises ProtocolError for an unknown name, a k that the protocol does not have, and a k that is no whole
    number above 1.
    """
    base, dash, number = name.partition("-")
    if base not in PROTOCOLS:
        raise ProtocolError(nearest(base, PROTOCOLS, "protocol"))
    found = PROTOCOLS[base]
    if not dash:
        return found, found.k
    if not found.k:
        raise ProtocolError(f"protocol {name!r}: {base} has no number; write {base!r}")
    if not (number.isascii() and number.isdecimal() and int(number) >= 2):
        raise ProtocolError(
            f"protocol {name!r}: {number!r} is no whole number from 2 on; write as '{base}-{found.k}'"
        )
    return found, int(number)


def canonical(name: str) -> str:
    """One name for one protocol: "group_kfold" is "group_kfold-5". Raises as ``protocol``."""
    _, k = protocol(name)
    return f"{name.partition('-')[0]}-{k}" if k else name


__all__ = ["PROTOCOLS", "Clips", "Fold", "Protocol", "ProtocolError", "canonical", "protocol"]
