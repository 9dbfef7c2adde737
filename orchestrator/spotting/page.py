"""What was spotted as one HTML file that needs no other: time line, curves of the regions, and the three key
frames of each interval."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.spotting.recognise import Found, Spotting
from preprocessing.spotting.motion import GROUPS, SCALES
from preprocessing.spotting.run import Curves

WIDE, HIGH, BAND, TIMES = 1000, 60, 18, 32  # of the drawing; the page scales it, and enlarges its letters
SHORT = 2.0  # seconds, below which the time line's numbers would be alike with one digit
POINTS = 1000  # of a curve, at most
COLOURS = {"micro": "#d33c3c", "macro": "#2a7ac8", "clip": "#2a9a6a"}
_MACRO = (
    " Models of this program learn from micro-expressions: what one says of a macro-expression is outside "
    "of what it was trained on."
)
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:1rem auto;max-width:1040px;padding:0 12px;color:#222}
svg{width:100%;height:auto;display:block}table{border-collapse:collapse;width:100%}
td,th{padding:6px 8px;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}
td{border:0;padding-bottom:0}tr.frames td{border-bottom:1px solid #ddd;padding-bottom:8px}
figure{display:inline-block;margin:0 4px 0 0;width:31%;max-width:150px}figure img{width:100%;display:block}
figcaption,.none{color:#666}figcaption{font-size:.85em}
@media(max-width:640px){svg text{font-size:28px}td,th{padding:6px 4px}}
"""


def page(made: Spotting) -> str:
    """HTML, UTF-8; no script, and nothing is loaded from elsewhere."""
    curves = made.curves
    name, seconds = escape(curves.source.name), curves.frames / curves.rate.fps
    lost = ", ".join(f"{length:.1f} s {escape(why)}" for why, length in curves.lost.items())
    rows = "\n".join(_row(made, one) for one in made.found)
    table = (
        f"<table><tr><th>kind<th>onset, apex, offset<th>class<th>moves\n{rows}</table>"
        if made.found
        else "<p>Nothing was spotted.</p>"
    )
    return f"""<!doctype html>
<html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width,initial-scale=1">
<title>{name}: spotted</title><style>{_STYLE}</style>
<h1>{name}</h1>
<p>{curves.frames} frames, {seconds:.1f} s at {curves.rate.fps:g} a second. {len(made.found)} interval{
        "" if len(made.found) == 1 else "s"
    }.
{f"Without a face: {lost}." if lost else "A face was seen in all frames that were looked at."}
Model {escape(made.model)}.</p>
{f"<p class=none>Of the video: {escape(made.notes)}.</p>" if made.notes else ""}
{drawing(made)}
<p>Each strip is a part of the face: how far it moves and moves back, in pixels of a face of 256; a strip is
{_top(curves):.1f} high. Red: within a fifth of a second, and micro-expressions (at most half a second); blue:
within a second, and macro-expressions.</p>
{table}
<p class=none>The spotter is not trained and knows no emotion: it marks where a part of the face moves and
moves back. A class is the model's own guess, and says nothing about what a person feels.{
        _MACRO if any(one.interval.kind == "macro" for one in made.found) else ""
    }</p>
</html>
"""


def _row(made: Spotting, one: Found) -> str:
    row = one.row(made.curves)
    said = (
        f"<span class=none>abstains: {escape(row['reason'])}</span>"
        if row["reason"]
        else f"{escape(str(row['class']))} {row['probability']:.2f}"
    )
    pictures = "".join(
        f'<figure><img alt="{what}" src="data:image/jpeg;base64,{base64.b64encode(data).decode()}">'
        f"<figcaption>{what}</figcaption></figure>"
        for what, data in zip(("onset", "apex", "offset"), one.pictures, strict=False)
    )
    return (
        f"<tr><td>{row['kind']}<br>{escape(row['region'])}"
        f"<td>{row['onset_s']:.2f}, {row['apex_s']:.2f}, {row['offset_s']:.2f} s<br>"
        f"<span class=none>frames {row['onset']}, {row['apex']}, {row['offset']}</span>"
        f"<td>{said}<td>{row['score']:.2f} px<tr class=frames><td colspan=4>{pictures}"
    )


def _top(curves: Curves) -> float:
    """Pixels that a strip of the drawing is high."""
    values = curves.rows["curves"]
    return max(1.0, float(np.nanmax(values, initial=0.0, where=np.isfinite(values))))


def drawing(made: Spotting) -> str:
    """The time line as SVG: intervals and the curves of the regions, where there are any."""
    curves, seconds = made.curves, made.curves.frames / made.curves.rate.fps
    groups = list(GROUPS) if len(curves.rows) else []
    high = BAND + len(groups) * HIGH + TIMES
    parts = [f'<svg viewBox="0 0 {WIDE} {high}" role=img aria-label="time line" fill=currentColor>']
    for one in made.found:
        x0, x1 = (
            (at - curves.first) / curves.frames * WIDE for at in (one.interval.onset, one.interval.offset + 1)
        )
        colour = COLOURS[one.interval.kind]
        parts.append(
            f'<rect x="{x0:.1f}" width="{max(2.0, x1 - x0):.1f}" y=0 height="{high - TIMES}" fill="{colour}" '
            f'opacity=".25"/>'
        )
    values, top = curves.rows["curves"], _top(curves)
    for i, group in enumerate(groups):
        base = BAND + (i + 1) * HIGH - 4
        for scale, kind in enumerate(SCALES):
            points = _points(values[:, scale, i], base, top)
            parts.append(f'<polyline points="{points}" fill=none stroke="{COLOURS[kind]}" stroke-width=1 />')
        parts.append(f'<text x=4 y="{base - HIGH + 18}" font-size=12>{escape(group)}</text>')
    digits = 1 if seconds >= SHORT else 2
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        anchor = "start" if not share else "end" if share == 1 else "middle"
        parts.append(
            f'<text x="{share * WIDE:.0f}" y="{high - 6}" font-size=12 text-anchor={anchor}>'
            f"{share * seconds:.{digits}f} s</text>"
        )
    return "".join([*parts, "</svg>"])


def _points(curve: NDArray[Any], base: float, top: float) -> str:
    """The largest value of each of POINTS stretches; a face that is missing is at 0."""
    parts = np.array_split(np.nan_to_num(curve), min(POINTS, max(1, len(curve))))
    highest = [float(part.max(initial=0.0)) for part in parts]
    return " ".join(
        f"{(j + 0.5) / len(highest) * WIDE:.1f},{base - value / top * (HIGH - 8):.1f}"
        for j, value in enumerate(highest)
    )
