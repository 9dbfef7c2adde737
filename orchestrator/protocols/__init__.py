"""Protocols by name: who is held out. A protocol sees clip ids and people, never a label."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from orchestrator.protocols import loso
from orchestrator.protocols.fold import Fold, ProtocolError

Folds = Callable[[Sequence[str], Sequence[str]], tuple[Fold, ...]]
PROTOCOLS: dict[str, Folds] = {"loso": loso.folds}

__all__ = ["PROTOCOLS", "Fold", "Folds", "ProtocolError"]
