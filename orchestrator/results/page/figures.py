"""The page's figures as Plotly's JSON: {"data", "layout"}. Colours that do not name a kind are left to the
page, which has a light and a dark scheme.

Plotly reads some HTML in its texts, so every name from data is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from orchestrator.results.page.formats import Rows
from orchestrator.results.pictures import KINDS
from orchestrator.selection.rules import kind_of

Figure = dict[str, Any]
LINES = ("#1b6ca8", "#d1802b", "#3c8d5a", "#8a5fb0")
GRID = {"gridcolor": "rgba(128,128,128,.25)", "zerolinecolor": "rgba(128,128,128,.5)"}
MARGIN = {"l": 8, "r": 12, "t": 8, "b": 8}
WIDE = {"l": 60, "r": 20, "t": 30, "b": 30}  # parallel coordinates write beside their outer axes


def rules(summary: Mapping[str, Any]) -> Figure:
    """UF1 of every rule with its interval over people, a colour a kind."""
    held = summary["selection"]
    traces = []
    for kind, (colour, meaning) in KINDS.items():
        own = [rule for rule in held if kind_of(rule, summary) == kind]
        if not own:
            continue
        ends = [
            held[rule].get("interval", {}).get("uf1", [held[rule]["uf1"], held[rule]["uf1"]]) for rule in own
        ]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": escape(meaning),
                "y": [escape(rule) for rule in own],
                "x": [held[rule]["uf1"] for rule in own],
                "marker": {"color": colour},
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "color": "#888",
                    "array": [high - held[rule]["uf1"] for rule, (_, high) in zip(own, ends, strict=True)],
                    "arrayminus": [held[rule]["uf1"] - low for rule, (low, _) in zip(own, ends, strict=True)],
                },
                "hovertemplate": "%{y}: %{x:.3f}<extra></extra>",
            }
        )
    return {
        "data": traces,
        "layout": {
            "height": 130 + 34 * len(held),
            "xaxis": {"title": {"text": "UF1"}, "range": [0, 1], **GRID},
            "yaxis": {
                "automargin": True,
                "autorange": "reversed",
                "categoryorder": "array",
                "categoryarray": [escape(rule) for rule in held],
            },
            "legend": {"orientation": "h", "y": -0.25, "yref": "container", "yanchor": "bottom"},
        },
    }


def people(table: Rows) -> Figure:
    """Each person's accuracy, the hardest at the left; as wide as there are people."""
    names = [escape(str(row[0])) for row in table.rows]
    return {
        "data": [
            {
                "type": "bar",
                "x": list(range(1, len(names) + 1)),
                "y": [row[2] for row in table.rows],
                "customdata": [[name, row[1]] for name, row in zip(names, table.rows, strict=True)],
                "marker": {"color": LINES[0]},
                "hovertemplate": "%{customdata[0]}: %{y:.0%} of %{customdata[1]} clips<extra></extra>",
            }
        ],
        "layout": {
            "height": 280,
            "bargap": 0.1,
            "xaxis": {
                "title": {"text": "people, hardest first by UAR"},
                "tick0": 1,
                "dtick": max(1, len(names) // 10),
                "showgrid": False,
            },
            "yaxis": {"title": {"text": "accuracy"}, "range": [0, 1], **GRID},
        },
    }


def curves(details: Mapping[str, Any]) -> Figure:
    """Of the trials that were chosen most: median over folds and the band that holds eight of ten of them;
    below, in which epochs the rule chose."""
    traces: list[Figure] = []
    for (number, one), colour in zip(enumerate(details["curves"]), LINES, strict=False):
        name = f"trial {one['trial']} (folds that chose it: {one['chosen']})"
        for at, (key, axis, dash) in enumerate(
            (("train_loss", "y", "dot"), ("validation_loss", "y", "solid"), ("validation_uf1", "y2", "solid"))
        ):
            if not one[key]:
                continue
            low, middle, high = one[key]
            common = {"x": one["epochs"], "yaxis": axis, "legendgroup": name, "mode": "lines"}
            if key != "train_loss" and number == 0:  # one band: several cover each other
                edge = {**common, "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
                fill = {"fill": "tonexty", "fillcolor": f"{colour}33"}
                traces += [{**edge, "y": low}, {**edge, "y": high, **fill}]
            traces.append(
                {
                    **common,
                    "y": middle,
                    "name": name,
                    "showlegend": at == 0,
                    "line": {"color": colour, "dash": dash, "width": 2},
                    "hovertemplate": f"epoch %{{x}}: %{{y:.3f}} ({key.replace('_', ' ')})<extra></extra>",
                }
            )
    epochs = details["epochs"]
    traces.append(
        {
            "type": "bar",
            "x": [epoch for epoch, _ in epochs],
            "y": [n for _, n in epochs],
            "yaxis": "y3",
            "showlegend": False,
            "marker": {"color": "#d1495b"},
            "hovertemplate": "epoch %{x}: chosen in %{y} folds<extra></extra>",
        }
    )
    return {
        "data": traces,
        "layout": {
            "height": 640,
            "xaxis": {"title": {"text": "epoch"}, "anchor": "y3", **GRID},
            "yaxis": {"title": {"text": "loss"}, "domain": [0.62, 1], **GRID},
            "yaxis2": {"title": {"text": "validation UF1"}, "domain": [0.24, 0.56], "range": [0, 1], **GRID},
            "yaxis3": {"title": {"text": "folds"}, "domain": [0, 0.18], **GRID},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        },
    }


def importance(shares: Mapping[str, float]) -> Figure:
    names = [escape(name) for name in shares]
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": names,
                "x": list(shares.values()),
                "marker": {"color": LINES[0]},
                "hovertemplate": "%{y}: %{x:.0%}<extra></extra>",
            }
        ],
        "layout": {
            "height": 90 + 26 * len(names),
            "xaxis": {"title": {"text": "share of the variance"}, "rangemode": "tozero", **GRID},
            "yaxis": {"automargin": True, "autorange": "reversed"},
        },
    }


def finished(figures: Mapping[str, Figure]) -> dict[str, Figure]:
    """With what all have in common."""
    clear = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
    common = {
        "margin": MARGIN,
        "hoverlabel": {"bgcolor": "#22262b", "font": {"color": "#fff"}},
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#22262b"},
        "dragmode": False,
    }
    made = {}
    for name, one in figures.items():
        layout = {**common, **one["layout"], **clear}
        for axis in [key for key in layout if key.startswith(("xaxis", "yaxis"))]:
            layout[axis] = {"automargin": True, "fixedrange": True, **layout[axis]}
        made[name] = {"data": one["data"], "layout": layout}
    return made


def all_of(
    summary: Mapping[str, Any],
    tables: Mapping[str, Rows],
    details: Mapping[str, Any],
    shares: Mapping[str, float],
    parallel: Figure,
) -> dict[str, Figure]:
    """Every figure that has something to show, by its name."""
    figures: dict[str, Figure] = {"rules": rules(summary), "people": people(tables["people"])}
    if details.get("curves"):
        figures["curves"] = curves(details)
    if shares:
        figures["importance"] = importance(shares)
        figures["parallel"] = parallel | {"layout": {**parallel["layout"], "height": 420, "margin": WIDE}}
    return finished(figures)
