"""Things by name: ours, and those of somebody else that are added while the program runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """A mapping that grows and in which no name changes its meaning.

    what    the kind of thing, in words, for messages: "protocol".
    things  name -> thing.
    """

    def __init__(self, what: str, things: Mapping[str, T]):
        self._what = what
        self._things = dict(things)
        self._later: dict[str, Callable[[], T]] = {}

    def add(self, name: str, thing: T) -> None:
        """Add a thing. Raises ValueError for a name that is taken."""
        self.add_later(name, lambda: thing)

    def add_later(self, name: str, load: Callable[[], T]) -> None:
        """The same for a thing that ``load`` gives, which is called whenever the thing is asked for."""
        if name in self:
            raise ValueError(f"there is a {self._what} {name!r} already; give yours another name")
        self._later[name] = load

    def __getitem__(self, name: str) -> T:
        return self._later[name]() if name in self._later else self._things[name]

    def __contains__(self, name: object) -> bool:  # loads nothing
        return name in self._things or name in self._later

    def __iter__(self) -> Iterator[str]:
        yield from self._things
        yield from self._later

    def __len__(self) -> int:
        return len(self._things) + len(self._later)
