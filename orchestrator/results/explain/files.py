"""All explanations of a sweep as files in a folder: pictures, tables, and one page that says what they are
worth."""

from __future__ import annotations

import html
import io
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg

from orchestrator.results.explain.collected import NAMED, Collected
from orchestrator.results.explain.pictures import pictures
from preprocessing.cells import csv_of
from preprocessing.places import write_atomically

PAGE, METHODS, PARTS, IMPORTANCE = "index.html", "methods.csv", "parts.csv", "importance.parquet"
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}"
    "img{max-width:100%;height:auto;background:#fff}table{border-collapse:collapse;font-size:13px;display:block;"
    "overflow-x:auto}td,th{padding:.2rem .6rem;border-bottom:1px solid #8888;text-align:right}"
    "td:first-child,th:first-child{text-align:left}"
)
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


def write(of: Collected, folder: Path, notes: list[str]) -> list[Path]:
    """Write all files; returns their paths. notes: sentences for the page. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    shown = pictures(of)
    for name, figure in shown.items():
        FigureCanvasAgg(figure)
        data = io.BytesIO()
        figure.savefig(data, format="png")
        made.append(_kept(folder / f"{name}.png", data.getvalue()))
    methods = of.methods()
    for name, table in ((METHODS, methods), (PARTS, of.parts())):
        made.append(_kept(folder / name, csv_of(table).encode()))
    path = folder / IMPORTANCE
    write_atomically(path, lambda at: rows(of).to_parquet(at, index=False))
    page = _page(of, methods, list(shown), notes)
    return [*made, path, _kept(folder / PAGE, page.encode())]


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


def _page(of: Collected, methods: pd.DataFrame, shown: list[str], notes: list[str]) -> str:
    right = float(of.clips["right"].mean())
    lines = [
        f"{len(of.clips)} clips of {len(of.people)} people, each explained by models that were trained "
        f"without its person, for the class that they called ({right:.0%} called right).",
        *notes,
        *verdicts(of, methods),
    ]
    table = methods.to_html(index=False, float_format="{:.3f}".format, border=0)
    parts = [
        f"<h2>{html.escape(name.replace('_', ' '))}</h2><p>{html.escape(_ABOUT[name])}</p>"
        f'<img src="{name}.png" alt="{html.escape(name)}">'
        for name in shown
    ]
    title = html.escape(of.title)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1><ul>"
        + "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        + f"</ul>{table}{''.join(parts)}</html>\n"
    )


def _kept(path: Path, data: bytes) -> Path:
    write_atomically(path, lambda at: at.write_bytes(data))
    return path
