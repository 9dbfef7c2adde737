"""A sweep's explanations (results/explain) as they stand beside its other results: in its folder, on a page
of their own, on the sweep's page.

explain/explanations.json names what there is and says what it is worth; the pictures lie beside it. This room
reads these alone, so that a report needs neither torch nor Captum.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from orchestrator.common.commands import command
from orchestrator.results.page import figures
from orchestrator.results.page.formats import Cell, Rows
from orchestrator.results.page.templates import template
from orchestrator.workspace import sealed

FOLDER, INDEX, PAGE = "explain", "explanations.json", "index.html"
PREDICTIONS = "predictions.csv"
AGAIN = "make them again: mer explain NAME"
SPACE = "space"  # name of the figure


def write(folder: Path, told: Mapping[str, Any], of: Path) -> list[Path]:
    """explanations.json and index.html into ``folder``, where the pictures are. Returns the paths.

    told  what results.explain.files.told gives. of: the sweep's folder, whose predictions are explained.
    Raises OSError.
    """
    sealed.write_json(folder / INDEX, {**told, "predictions": state(of)}, indent=None)
    held = read(folder)
    shown = {} if held is None else held["figures"]
    text = template("explain.html.j2").render(
        explained=held, figures=shown, plotly=_plotly() if shown else "", sheet_notes=""
    )
    sealed.write(folder / PAGE, lambda path: path.write_bytes(text.encode()))
    return [folder / INDEX, folder / PAGE]


def state(sweep: Path) -> str:
    """SHA-256 of the sweep's chosen predictions; "" where it has none."""
    file = sweep / PREDICTIONS
    return sealed.sha256(file.read_bytes()) if file.is_file() else ""


def of_sweep(folder: Path) -> dict[str, Any] | None:
    """What the page of the sweep in ``folder`` shows of its explanations; None where there are none.

    As ``read``, and "warning": that the sweep has been run again since, or that they do not read; "".
    """
    try:
        held = read(folder / FOLDER)
    except sealed.Damaged as error:
        return {"warning": str(error), "lines": [], "table": None, "pictures": [], "figures": {}, "title": ""}
    if held is not None and held["predictions"] != state(folder):
        again = command("explain", folder.name, workspace=folder.parents[1])
        held["warning"] = f"The sweep has other predictions since these were explained; anew: {again}"
    return held


def files(folder: Path) -> list[Path]:
    """All files of the explanations of the sweep in ``folder``; [] where there are none."""
    own = folder / FOLDER
    try:
        named = sealed.read_json(own / INDEX, AGAIN).get("files", [])
    except (FileNotFoundError, sealed.Damaged):  # the sweep's page says so
        return []
    return [file for name in (INDEX, PAGE, *named) if (file := own / name).is_file()]


def read(folder: Path) -> dict[str, Any] | None:
    """Explanations that lie in ``folder``, for the templates: title, lines, table, pictures (name, what it
    shows, base64), figures, warning; None where there are none. Raises sealed.Damaged."""
    try:
        told = sealed.read_json(folder / INDEX, AGAIN)
        if lacks := {"title", "lines", "columns", "rows", "pictures", "space", "predictions"} - told.keys():
            raise sealed.Damaged(folder / INDEX, f"it lacks {min(lacks)!r}", AGAIN)
    except FileNotFoundError:
        return None
    rows: list[tuple[Cell, ...]] = [tuple(row) for row in told["rows"]]
    pictures = [
        (name, about, base64.b64encode((folder / f"{name}.png").read_bytes()).decode())
        for name, about in told["pictures"]
        if (folder / f"{name}.png").is_file()
    ]
    return {
        "title": told["title"],
        "lines": told["lines"],
        "table": Rows("explained", "Methods, means over people", tuple(told["columns"]), rows),
        "pictures": pictures,
        "figures": figures.finished({SPACE: space(told["space"])}) if told["space"] else {},
        "predictions": told["predictions"],
        "warning": "",
    }


def space(of: Mapping[str, Any]) -> figures.Figure:
    """Clips in three dimensions, which a pointer turns. of: "how" they came to be (a title), "points" (n, 3),
    and of each clip "clips" (ids), "truth", "called" (class names)."""
    traces: list[figures.Figure] = []
    clips = list(zip(of["points"], of["clips"], of["truth"], of["called"], strict=True))
    for number, name in enumerate(dict.fromkeys(of["truth"])):
        for right in (True, False):
            own = [one for one in clips if one[2] == name and (one[3] == name) == right]
            if not own:
                continue
            axes = zip(*(point for point, *_ in own), strict=True)
            traces.append(
                {
                    "type": "scatter3d",
                    "mode": "markers",
                    "name": escape(f"{name}, called {'right' if right else 'wrong'}"),
                    **dict(zip("xyz", map(list, axes), strict=True)),
                    "customdata": [[escape(clip), escape(called)] for _, clip, _, called in own],
                    "marker": {
                        "size": 5,
                        "color": figures.LINES[number % len(figures.LINES)],
                        "symbol": "circle" if right else "circle-open",
                    },
                    "hovertemplate": "%{customdata[0]}<br>called %{customdata[1]}<extra></extra>",
                }
            )
    # t-SNE's axes mean nothing, so that they have no numbers
    axis = {"title": {"text": ""}, "showticklabels": False, "showspikes": False, "gridcolor": "#8a8f98"}
    return {
        "data": traces,
        "layout": {
            "height": 460,
            "meta": of["how"],  # Plotly's place for one's own
            "scene": {
                "xaxis": axis,
                "yaxis": axis,
                "zaxis": axis,
                "bgcolor": "rgba(0,0,0,0)",
                "dragmode": "turntable",
                "aspectmode": "cube",
            },
            "legend": {"orientation": "h", "y": 0, "yanchor": "top"},
        },
    }


def _plotly() -> str:
    import plotly.offline  # takes part of a second

    script: str = plotly.offline.get_plotlyjs()
    return script
