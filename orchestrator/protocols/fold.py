"""What a protocol yields: one fold, as clip ids."""

from __future__ import annotations

from dataclasses import dataclass


class ProtocolError(ValueError):
    """The people of a corpus do not allow the split that was asked for. Names the numbers and the next step."""


@dataclass(frozen=True)
class Fold:
    """One fold: ``train`` and ``test`` are sorted clip ids that share no person; ``name`` says who is held out."""

    name: str
    train: tuple[str, ...]
    test: tuple[str, ...]
