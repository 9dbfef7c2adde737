"""All explained clips of a sweep, each by its own fold's models, and what follows from them: means over
people, parts that are named, agreement with action units."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestrator.results.explain import embedding
from orchestrator.results.explain.deletion import RANDOM, area
from orchestrator.results.explain.places import PARTS, Places, even

# AU -> the part of the face whose skin it moves most (FACS; preprocessing/render/au_fields.py draws them)
AU_PART = {
    **dict.fromkeys((1, 2, 4), "brows"),
    **dict.fromkeys((5, 6, 7), "eyes"),
    9: "nose",
    **dict.fromkeys((10, 12, 14, 15, 16, 17, 18, 20, 22, 23, 24, 25, 26, 27, 28), "mouth"),
}
NAMED = 0.9  # share of clips in which a method must name the planted region


@dataclass(frozen=True)
class Collected:
    """n clips. Each array's rows are those of ``clips``.

    clips       frame: clip, person, fold, truth, called (class names), right.
    importance, signed  method -> (n, T, P). edges: layer -> (n, N, N).
    deletion    method, and RANDOM -> (n, len(COVERED)).
    features    (n, D), one space for all folds; (0, 0) where there is none.
    motion      (n, T, N, 2) as stored, of roi_flow alone.
    units       AU -> bool (n,): annotated as active; {} where nobody annotated. known: bool (n,): annotated.
    lacking     method -> why the model has none. planted: part that alone is predictive in a rendered corpus;
                planted_places: bool (P,), those of the region (planted.planted_places), None without one.
    """

    title: str
    classes: tuple[str, ...]
    places: Places
    clips: pd.DataFrame
    importance: dict[str, NDArray[np.float32]]
    signed: dict[str, NDArray[np.float32]]
    edges: dict[str, NDArray[np.float32]]
    deletion: dict[str, NDArray[np.float32]]
    features: NDArray[Any]
    motion: NDArray[Any] | None
    known: NDArray[np.bool_]
    units: dict[int, NDArray[np.bool_]] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)
    planted: str = ""
    planted_places: NDArray[np.bool_] | None = None

    def over_people(self, values: NDArray[Any]) -> NDArray[Any]:
        """The mean of rows: of each person's clips, then of the people."""
        means = [values[(self.clips["person"] == who).to_numpy()].mean(0) for who in self.people]
        made: NDArray[Any] = np.mean(means, axis=0)
        return made

    @property
    def people(self) -> list[str]:
        return list(dict.fromkeys(self.clips["person"]))

    @cached_property
    def spaces(self) -> dict[int, tuple[NDArray[Any], str]]:
        """Dimensions (2, 3) -> embedding.drawn of the clips; {} without features or of hardly any clip."""
        if not self.features.size or len(self.clips) < 4:
            return {}
        return {dimensions: embedding.drawn(self.features, dimensions) for dimensions in (2, 3)}

    def parts(self) -> pd.DataFrame:
        """A row a clip and method: share of each part, the part that is named, areas of deletion."""
        rows = []
        for method, shares in self.importance.items():
            by_part = self.places.by_part(shares)
            made = self.clips.assign(method=method, named=self.named(method))
            for number, part in enumerate(PARTS):
                made[part] = by_part[:, number]
            made["deletion_area"] = area(self.deletion[method])
            made["random_area"] = area(self.deletion[RANDOM])
            rows.append(made)
        return pd.concat(rows, ignore_index=True)

    def methods(self) -> pd.DataFrame:
        """A row a method: what it names most, how far that is the planted part and an annotated AU's, and
        its deletion beside random orders'. Means are over people."""
        rows = []
        for method, own in self.parts().groupby("method", sort=False):
            by_part = self.over_people(self.places.by_part(self.importance[str(method)]))
            row: dict[str, Any] = {"method": method, "clips": len(own), "people": len(self.people)}
            row |= {f"share_{part}": by_part[number] for number, part in enumerate(PARTS)}
            row["names_most_often"] = own["named"].value_counts().index[0]
            row["deletion_area"], row["random_area"] = (
                float(self.over_people(own[name].to_numpy())) for name in ("deletion_area", "random_area")
            )
            row["beats_random"] = row["deletion_area"] < row["random_area"]
            if self.planted_places is not None:
                named = float(self.in_planted(str(method)).mean())
                row |= {"planted": self.planted, "names_planted": named, "holds": named >= NAMED}
            if (agreement := self.au_agreement(str(method))) is not None:
                row |= {"names_part_of_an_au": agreement[0], "of_other_clips_aus": agreement[1]}
            rows.append(row)
        return pd.DataFrame(rows)

    def named(self, method: str) -> list[str]:
        """The part of the face in which each clip's strongest place lies, over all steps: the pointing game
        of Zhang et al., ECCV 2016. Of a method with a sign, the place that speaks most for the class. Of
        places that are equally strong (occlusion covers several at once) the part that most of them are of,
        "rest" last. "nothing" where a method found nothing, or all alike."""
        of_part = np.array([[one == part for one in self.places.parts] for part in PARTS])
        made = []
        for strongest in self.strongest(method):
            counts = of_part[:, strongest].sum(1)  # (parts,)
            if counts[:-1].any():
                made.append(PARTS[int(counts[:-1].argmax())])
            else:
                made.append(PARTS[-1] if strongest.any() else "nothing")
        return made

    def strongest(self, method: str) -> NDArray[np.bool_]:
        """bool (n, P): each clip's strongest place, or places where several are; none where a method found
        nothing, or all alike."""
        values = self.signed.get(method, self.importance[method]).sum(1)  # (n, P)
        most = values.max(1, keepdims=True)
        told = (most > 0) & ~even(values)[:, None]
        made: NDArray[np.bool_] = np.isclose(values, most, rtol=1e-5, atol=0) & told
        return made

    def in_planted(self, method: str) -> NDArray[np.bool_]:
        """bool (n,): the strongest place, or at least half of several, is in the planted region."""
        if self.planted_places is None:
            raise ValueError("no region is planted in these clips")
        found = self.strongest(method)
        inside: NDArray[np.bool_] = found.any(1) & (2 * (found & self.planted_places).sum(1) >= found.sum(1))
        return inside

    def au_agreement(self, method: str) -> tuple[float, float] | None:
        """(share of annotated clips whose named part is one that an annotated AU of the clip moves, the same
        with the AUs of every other clip: chance). None where no clip has an AU that moves a known part."""
        moved = self.moved_parts()
        own = np.flatnonzero(moved.any(1))
        if len(own) < 2:
            return None
        named = self.named(method)
        at = np.array([PARTS.index(named[n]) if named[n] in PARTS else -1 for n in own])
        # [clip that is explained, clip whose AUs they are]
        hits = moved[own][:, at].T & (at >= 0)[:, None]
        others = hits.sum() - np.trace(hits)
        return float(np.diag(hits).mean()), float(others / (len(own) * (len(own) - 1)))

    def moved_parts(self) -> NDArray[np.bool_]:
        """bool (n, parts): a part that an annotated AU of the clip moves."""
        made = np.zeros((len(self.clips), len(PARTS)), bool)
        for au, active in self.units.items():
            if au in AU_PART:
                made[:, PARTS.index(AU_PART[au])] |= active
        return made
