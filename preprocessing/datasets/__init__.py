"""Corpora by name. One file says all about a corpus: its clips, its published counts, the classes that its
words make (facts.py names what must be there)."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from preprocessing.datasets.facts import Corpus


class _Registry(Mapping[str, "Corpus"]):
    """Module by name, imported when it is asked for: who only needs the names imports none."""

    def __init__(self, *names: str):
        self._modules = {name: f"{__name__}.{name}" for name in names}
        self._loads: dict[str, Callable[[], Any]] = {}

    def __getitem__(self, name: str) -> Corpus:
        module = self._modules[name]  # KeyError for an unknown name, before any import
        load = self._loads.get(name)
        return cast("Corpus", importlib.import_module(module) if load is None else load())

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def add(self, name: str, module: str, load: Callable[[], Any] | None = None) -> None:
        """Give a corpus from elsewhere a name. module: what ``import`` takes; it is imported, or given by
        ``load``, when it is asked for.

        The same pair a second time changes nothing. Raises ValueError for a name that another module has.
        """
        if (taken := self._modules.setdefault(name, module)) != module:
            raise ValueError(
                f"corpus {name!r} of {module}: the name is taken by {taken}; rename the file and its CORPUS"
            )
        if load is not None:
            self._loads[name] = load


DATASETS = _Registry(
    "casme2",
    "samm",
    "smic_hs",
    "mmew",
    "dfme",
    "fourdme",
    "casme3",
    "name",
    "megc2019",
    "ststnet_flow",
    "manifest",
    "synthetic",
)
