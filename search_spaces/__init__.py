"""3. What may vary. One module per model: ``PUBLISHED`` (flat configuration keys -> value), ``space(trial)``
and ``ABLATIONS``; ``EXTRACTION`` where the paper names how clips are extracted.

Imports nothing of ours outside this package and no library: a trial is any object with Optuna's ``suggest_*``
methods.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any


class _Registry(Mapping[str, Any]):
    """Module by the name of its model, imported when it is asked for."""

    def __init__(self, *names: str):
        self._names = names
        self._added: dict[str, Callable[[], Any]] = {}

    def add(self, name: str, space: Any) -> None:
        """A module of somebody else's. Raises ValueError for a name that is taken."""
        self.add_later(name, lambda: space)

    def add_later(self, name: str, load: Callable[[], Any]) -> None:
        """The same for a module that ``load`` gives, which is called whenever the module is asked for."""
        if name in self:
            raise ValueError(f"there is a search space {name!r} already; give yours another name")
        self._added[name] = load

    def remove(self, name: str) -> None:
        """Takes back what was added. Raises KeyError for any other name."""
        del self._added[name]

    def __getitem__(self, name: str) -> Any:
        if name in self._added:
            return self._added[name]()
        if name not in self._names:
            raise KeyError(name)
        return importlib.import_module(f"search_spaces.{name}")

    def __contains__(self, name: object) -> bool:
        return name in self._names or name in self._added

    def __iter__(self) -> Iterator[str]:
        yield from self._names
        yield from self._added

    def __len__(self) -> int:
        return len(self._names) + len(self._added)


SPACES = _Registry(
    "efficientnet_b0",
    "facesleuth",
    "full_face_flow",
    "mdmo",
    "meganet",
    "micro_attention",
    "off_apexnet",
    "resnet18",
    "resnet50",
    "rgb_baseline",
    "roi_cnn",
    "roi_graph",
    "roi_hybrid",
    "roi_temporal",
    "stag",
    "ststnet",
    "vgg19",
)
