"""What holds for every model, search space, corpus, input and protocol: pytest classes that a file of yours
passes as ours do. Needs pytest, which is installed with ``[dev]`` or ``[testing]``.

In    a fixture of your subclass, which says what it is about; the class's docstring shows how
Out   a test for each promise
Uses  every other room
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest

_FILES = {
    "CorpusContract": "corpora",
    "InputContract": "inputs",
    "ModelContract": "models",
    "ProtocolContract": "protocols",
    "SpaceContract": "spaces",
}
pytest.register_assert_rewrite(*(f"{__name__}.{file}" for file in _FILES.values()))

__all__ = ["CorpusContract", "InputContract", "ModelContract", "ProtocolContract", "SpaceContract"]


def __getattr__(name: str) -> Any:
    """The class, imported when it is asked for: who tests a corpus needs no torch, who tests a model no
    OpenCV."""
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_FILES[name]}"), name)
