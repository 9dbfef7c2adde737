"""All explanations of a sweep as files in a folder: pictures, tables, and what they are worth, for a page
(results/page/explained.py)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg

from orchestrator.results.explain.collected import NAMED, Collected
from orchestrator.results.explain.pictures import pictures
from preprocessing.cells import csv_of
from preprocessing.places import write_atomically

METHODS, PARTS, IMPORTANCE, EMBEDDING = "methods.csv", "parts.csv", "importance.parquet", "embedding.csv"
_ABOUT = {
    "faces": "Importance of each place, each method with its own darkest shade. Attention says where a "
    "network looks, not what decides.",
    "classes": "The same for the clips of each class that was called.",
    "parts": "The mean over a part's places, as a share: a part does not count more for being larger.",
    "time": "Importance by step.",
    "deletion": "Places are covered in order of importance. A method whose curve does not fall faster than "
    "the random order does not say what this model needs.",
    "egat": "Size and shade: how much a region is looked at. Lines: the strongest tenth of pairs.",
    "roi_weights": "What the model's own attention gave the three regions.",
    "flow": "The motion that the model was given (STAG Fig. 4).",
    "action_units": "Agreement with annotated action units. Chance is the same with every other clip's "
    "units.",
    "embedding": "Each clip as its own fold's model sees it; the folds' spaces are turned onto each other by "
    "the clips that they share.",
}


def write(of: Collected, folder: Path) -> list[Path]:
    """Write all files; returns their paths. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, figure in pictures(of).items():
        FigureCanvasAgg(figure)
        data = io.BytesIO()
        figure.savefig(data, format="png")
        made.append(_kept(folder / f"{name}.png", data.getvalue()))
    tables = {METHODS: of.methods(), PARTS: of.parts()}
    if of.spaces:
        points, _ = of.spaces[3]
        about = of.clips[["clip", "person", "truth", "called"]]
        tables[EMBEDDING] = about.assign(**dict(zip("xyz", points.T, strict=True)))
    for name, table in tables.items():
        made.append(_kept(folder / name, csv_of(table).encode()))
    path = folder / IMPORTANCE
    write_atomically(path, lambda at: rows(of).to_parquet(at, index=False))
    return [*made, path]


def told(of: Collected, notes: Sequence[str], written: Sequence[Path]) -> dict[str, Any]:
    """For JSON: what a page says and shows of the files that ``write`` gave. notes: sentences on how they
    came about."""
    methods = of.methods()
    right = float(of.clips["right"].mean())
    lines = [
        f"{len(of.clips)} clips of {len(of.people)} people, each explained by models that were trained "
        f"without its person, for the class that they called ({right:.0%} called right).",
        *notes,
        *verdicts(of, methods),
    ]
    space = None
    if of.spaces:
        points, how = of.spaces[3]
        space = {"how": how, "points": points.round(4).tolist(), "clips": of.clips["clip"].tolist()}
        space |= {name: of.clips[name].tolist() for name in ("truth", "called")}
    return {
        "title": of.title,
        "lines": lines,
        "columns": [str(name).replace("_", " ") for name in methods],
        "rows": [[_cell(value) for value in row] for row in methods.itertuples(index=False)],
        "pictures": [[path.stem, _ABOUT[path.stem]] for path in written if path.suffix == ".png"],
        "space": space,
        "files": [path.name for path in written],
    }


def rows(of: Collected) -> pd.DataFrame:
    """Everything in its one form: a row a clip, method, step and place."""
    steps, places = of.places.shape
    made = []
    for method, values in of.importance.items():
        clips = np.repeat(of.clips["clip"].to_numpy(), steps * places)
        frame = pd.DataFrame({"clip": clips, "method": method})
        frame["step"] = np.tile(np.repeat(of.places.steps, places), len(values))
        frame["place"] = np.tile(np.array(of.places.names, object), len(values) * steps)
        frame["importance"] = values.ravel()
        if method in of.signed:
            frame["signed"] = of.signed[method].ravel()
        made.append(frame)
    whole = pd.concat(made, ignore_index=True)
    for column in ("clip", "method", "step", "place"):
        whole[column] = whole[column].astype("category")
    return whole


def verdicts(of: Collected, methods: pd.DataFrame) -> list[str]:
    """What the page says of the methods' faithfulness, a sentence each."""
    said = []
    for row in methods.to_dict("records"):
        name = str(row["method"])
        if of.planted:
            does = "names" if row["holds"] else "does NOT name"
            said.append(
                f"{name} {does} the planted region ({of.planted}) in at least {NAMED:.0%} of the "
                f"clips: it does in "
                f"{row['names_planted']:.0%} of {row['clips']}."
            )
        way = "falls faster than" if row["beats_random"] else "does NOT fall faster than"
        said.append(
            f"{name}: the probability {way} in random order (area {row['deletion_area']:.3f}, random "
            f"{row['random_area']:.3f})."
        )
    return said + [f"No {name}: {why}." for name, why in of.lacking.items()]


def _cell(value: Any) -> Any:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    number = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(number, float) and np.isnan(number) else number


def _kept(path: Path, data: bytes) -> Path:
    write_atomically(path, lambda at: at.write_bytes(data))
    return path
