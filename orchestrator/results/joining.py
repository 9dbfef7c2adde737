"""Sides joined by clip id: only on the clips that all of them have may their scores be compared.

A clip is the same however its corpus, person and name are spelled (results/logs.py); where all sides are
sweeps, their own clip ids count. The corpus is left out where a side does not say it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestrator.common.errors import ConfigError
from orchestrator.results.sides import Side
from orchestrator.statistics.people import counts


@dataclass(frozen=True)
class Joined:
    """classes: C words in order. frames: one a side, on the same clips: key, person, corpus, seed (texts),
    truth, predicted (class numbers), a row each time that a clip is tested."""

    classes: tuple[str, ...]
    frames: tuple[pd.DataFrame, ...]

    @property
    def clips(self) -> int:
        return int(self.frames[0]["key"].nunique())

    @property
    def people(self) -> int:
        return int(self.frames[0]["person"].nunique())

    @property
    def corpora(self) -> list[str]:
        return sorted(set(self.frames[0]["corpus"]))

    def of_corpus(self, name: str) -> Joined:
        return Joined(self.classes, tuple(frame[frame["corpus"] == name] for frame in self.frames))

    def counts(self) -> list[NDArray[Any]]:
        """Of each side (P, S, C, C), people in one order."""
        return [
            counts(
                frame["person"].to_numpy(),
                frame["seed"].to_numpy(),
                frame["truth"].to_numpy(),
                frame["predicted"].to_numpy(),
                len(self.classes),
            )
            for frame in self.frames
        ]


def joined(sides: Sequence[Side]) -> Joined:
    """Raises ConfigError where they cannot be: fewer than two, of one name, other classes, a clip of two
    classes, no clip that all have, or one that some test more often than others."""
    if len(sides) < 2:
        raise ConfigError(f"a comparison needs two or more, got {len(sides)}")
    names = [side.name for side in sides]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"two of them are called {twice!r}; give each another name, or leave one out")
    classes = _classes(sides)
    frames = [_numbered(side, classes, keys) for side, keys in zip(sides, _keys(sides), strict=True)]
    common = _common(sides, frames)
    _truths_agree(sides, frames, common, classes)
    frames = [frame[frame["key"].isin(common)] for frame in frames]
    _equally_often(sides, frames)
    people = _people(frames)
    corpora: dict[str, str] = {}
    for frame in frames:
        for key, corpus in zip(frame["key"], frame["corpus"], strict=True):
            corpora[key] = corpora.get(key) or corpus
    made = [
        frame.assign(person=frame["key"].map(people), corpus=frame["key"].map(corpora)) for frame in frames
    ]
    return Joined(classes, tuple(made))


def _classes(sides: Sequence[Side]) -> tuple[str, ...]:
    said = [side for side in sides if side.classes]
    for side in said[1:]:
        if {*map(str.lower, side.classes)} != {*map(str.lower, said[0].classes)}:
            raise ConfigError(
                f"{said[0].name} has the classes {', '.join(said[0].classes)} and {side.name} has "
                f"{', '.join(side.classes)}: scores of other classes do not compare; sweep both with "
                "the same --classes"
            )
    words = {word.lower() for side in sides for name in ("truth", "predicted") for word in side.rows[name]}
    classes = tuple(map(str.lower, said[0].classes)) if said else tuple(sorted(words))
    if odd := sorted(words - set(classes)):
        side = next(
            s for s in sides if odd[0] in {*s.rows["truth"].str.lower(), *s.rows["predicted"].str.lower()}
        )
        raise ConfigError(
            f"{side.name} holds the class {odd[0]!r}, and {said[0].name} has {', '.join(classes)}; write the "
            "classes of both by the same words"
        )
    return classes


def _keys(sides: Sequence[Side]) -> list[pd.Series]:
    """Of each side's rows, what a clip is known by in all of them."""
    if all("clip_id" in side.rows for side in sides):
        return [side.rows["clip_id"] for side in sides]
    if all(side.rows["corpus"].ne("").all() for side in sides):
        return [side.rows["key"] for side in sides]
    return [side.rows["key"].str.split("/", n=1).str[1] for side in sides]


def _numbered(side: Side, classes: Sequence[str], keys: pd.Series) -> pd.DataFrame:
    number = {name: i for i, name in enumerate(classes)}
    numbered = {name: side.rows[name].str.lower().map(number) for name in ("truth", "predicted")}
    return side.rows[["corpus", "person", "seed"]].assign(key=keys, **numbered)


def _common(sides: Sequence[Side], frames: Sequence[pd.DataFrame]) -> set[str]:
    """Clips that every side has under every seed of its own."""
    common: set[str] | None = None
    for side, frame in zip(sides, frames, strict=True):
        if frame.empty:
            raise ConfigError(f"{side.name} has no clip that could be compared")
        own = set.intersection(*(set(part["key"]) for _, part in frame.groupby("seed")))
        if common is not None and not common & own:
            first = ", ".join(f"{s.name}: {f['key'].iloc[0]}" for s, f in zip(sides, frames, strict=True))
            raise ConfigError(
                f"{side.name} has no clip that all before it have; do their clips have the same names? The "
                f"first of each: {first}"
            )
        common = own if common is None else common & own
    return common or set()


def _truths_agree(
    sides: Sequence[Side], frames: Sequence[pd.DataFrame], common: set[str], classes: Sequence[str]
) -> None:
    truth: dict[str, int] = {}
    for side, frame in zip(sides, frames, strict=True):
        shown = frame[frame["key"].isin(common)]
        pairs = list(zip(shown["key"], shown["truth"], strict=True))
        if differ := {key for key, own in pairs if truth.setdefault(key, own) != own}:
            key = min(differ)
            own = next(one for clip, one in pairs if clip == key and one != truth[key])
            raise ConfigError(
                f"{len(differ)} clips have another true class in {side.name} than before it, such as {key}: "
                f"{classes[own]} there, {classes[truth[key]]} before; labels must be the same to compare: "
                "mer audit says which log differs from the official list"
            )


def _equally_often(sides: Sequence[Side], frames: Sequence[pd.DataFrame]) -> None:
    first = 0
    for side, frame in zip(sides, frames, strict=True):
        times = frame.groupby(["seed", "key"]).size()
        first = first or int(times.min())
        if (odd := times[times != first]).size:
            seed, key = odd.index[0]
            under = f" under seed {seed}" if seed else ""
            raise ConfigError(
                f"{side.name} tests clip {key} {odd.iloc[0]} times{under}, others {first} times; scores "
                "would count it more: mer audit names such clips"
            )


def _people(frames: Sequence[pd.DataFrame]) -> dict[str, str]:
    """Clip -> person. Two people of one side who are one person of another are one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    of = [dict(zip(frame["key"], frame["person"], strict=True)) for frame in frames]
    clips = sorted(of[0])
    number: dict[tuple[int, str], int] = {}
    rows, columns = [], []
    for side, own in enumerate(of):
        for clip in clips:
            rows.append(number.setdefault((0, of[0][clip]), len(number)))
            columns.append(number.setdefault((side, own[clip]), len(number)))
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(number), len(number)))
    group = connected_components(graph, directed=False)[1]
    name: dict[int, str] = {}
    return {clip: name.setdefault(int(group[number[0, of[0][clip]]]), of[0][clip]) for clip in clips}
