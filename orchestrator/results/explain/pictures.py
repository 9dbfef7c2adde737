"""Pictures of a sweep's explanations, averaged over held-out people, on the canonical face."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from orchestrator.results.explain import face
from orchestrator.results.explain.collected import Collected
from orchestrator.results.explain.deletion import COVERED, RANDOM
from orchestrator.results.explain.places import PARTS
from preprocessing.terminal import drawn

BLUE, GREY = "#1b6ca8", "#8a8f98"
COLUMNS = 5


def pictures(of: Collected) -> dict[str, Figure]:
    """File name without ending -> figure, of all that this model and these clips have."""
    return {name: draw(of) for name, (there, draw) in DRAWN.items() if there(of)}


def faces(of: Collected) -> Figure:
    """Every method on the canonical face; each has its own darkest shade."""
    figure, axes = _panels(of, (2.5, 2.9), COLUMNS, "what counted, mean over held-out people")
    for ax, name in zip(axes, of.importance, strict=True):
        face.draw(ax, of.places.boxes, of.over_people(of.importance[name]).sum(0), _words(name))
    return figure


def by_class(of: Collected) -> Figure:
    """One method a row, the called class a column."""
    names = [name for name in of.importance if name in of.signed] or list(of.importance)[:1]
    figure = _figure(
        2.5 * len(of.classes), 2.9 * len(names) + 0.7, of, "what counted for each class that was called"
    )
    axes: Any = figure.subplots(len(names), len(of.classes), squeeze=False)
    called = of.clips["called"].to_numpy()
    for row, name in zip(axes, names, strict=True):
        for ax, wanted in zip(row, of.classes, strict=True):
            own = called == wanted
            values = of.importance[name][own].sum(1).mean(0) if own.any() else np.zeros(of.places.shape[1])
            face.draw(ax, of.places.boxes, values, f"{_words(name)}: {drawn(wanted)} ({own.sum()} clips)")
    return figure


def parts(of: Collected) -> Figure:
    """Share of each part, a line a method."""
    names = list(of.importance)
    values = np.array([of.over_people(of.places.by_part(of.importance[name])) for name in names])
    figure = _figure(5.4, 1.7 + 0.33 * len(names), of, "share of the parts of the face, per area")
    ax: Any = figure.subplots()
    image = ax.imshow(values, cmap=face.SHADES, vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        ax.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8,
                color="white" if value > 0.6 else face.INK)  # fmt: skip
    ax.set_xticks(range(len(PARTS)), PARTS)
    ax.set_yticks(range(len(names)), [_words(name) for name in names])
    figure.colorbar(image, ax=ax, shrink=0.8)
    if of.planted:
        ax.set_xlabel(f"planted in this corpus: {of.planted}")
    return figure


def over_time(of: Collected) -> Figure:
    """Place by step, a panel a method."""
    figure, axes = _panels(of, (4.2, 3.0), 3, "what counted when, mean over held-out people")
    for ax, name in zip(axes, of.importance, strict=True):
        mean = of.over_people(of.importance[name])
        if of.places.cells:  # cells are too many: the parts of the face at each step
            mean = np.stack([of.places.by_part(step[None]) * step.sum() for step in mean])
        image = ax.imshow(mean.T, aspect="auto", cmap=face.SHADES, vmin=0, vmax=face.darkest(mean))
        labels = PARTS if of.places.cells else of.places.names
        ax.set_yticks(range(len(labels)), labels, fontsize=6)
        few = len(of.places.steps) <= 6
        if few:
            ax.set_xticks(range(len(of.places.steps)), of.places.steps, fontsize=6)
        ax.set_xlabel("" if few else "step", fontsize=7)
        ax.set_title(face.titled(_words(name), mean), fontsize=8)
        figure.colorbar(image, ax=ax, shrink=0.8)
    return figure


def deletion(of: Collected) -> Figure:
    """Probability of the called class as places are covered, the strongest first."""
    figure = _figure(6.2, 4.4, of, "probability of the called class as what counts is covered first")
    ax: Any = figure.subplots()
    for name, values in of.deletion.items():
        mean = of.over_people(values)
        plain = name == RANDOM
        ax.plot(COVERED, mean, "o--" if plain else "o-", color="black" if plain else None, markersize=3,
                linewidth=2 if plain else 1.2, label=_words(name))  # fmt: skip
    ax.set_xlabel("share of places that are as in a clip in which nothing happens")
    ax.set_ylabel("probability, mean over people")
    ax.set_ylim(0, 1)
    ax.legend(fontsize=7, frameon=False, ncols=2)
    ax.spines[["top", "right"]].set_visible(False)
    return figure


def graph(of: Collected) -> Figure:
    """The graph's attention layer by layer on the face: size, how much a region is looked at; lines, the
    strongest tenth of all pairs."""
    names = list(of.edges)
    figure = _figure(3.4 * len(names), 4.0, of, "attention of the graph of regions, layer by layer")
    axes: Any = figure.subplots(1, len(names), squeeze=False)
    boxes = of.places.boxes
    centres = np.stack([boxes[:, [0, 2]].mean(1), boxes[:, [1, 3]].mean(1)], 1)
    for ax, name in zip(axes[0], names, strict=True):
        mean = of.over_people(of.edges[name])
        face.draw(ax, boxes, np.zeros(len(boxes)), f"{_words(name)} (1/N = {1 / len(mean):.3f})")
        ax.collections[0].remove()
        apart = mean.copy()
        np.fill_diagonal(apart, 0)
        least, most = np.quantile(apart, 0.9), apart.max() or 1.0
        for i, j in np.argwhere(apart >= max(least, 1e-9)):
            ax.plot(*centres[[i, j]].T, color=BLUE, linewidth=0.4 + 2 * apart[i, j] / most, alpha=0.5)
        received = mean.mean(0)
        ax.scatter(*centres.T, s=900 * received, c=received, cmap=face.SHADES, vmin=0,
                   vmax=face.darkest(received), edgecolors=face.INK, zorder=3)  # fmt: skip
        ax.set_title(face.titled(ax.get_title(), received), fontsize=8)
    return figure


def roi_weights(of: Collected) -> Figure:
    """The weight of eyes, eyebrows and mouth, person by person."""
    names = ("eyes", "brows", "mouth")
    own = np.stack(
        [
            of.importance["roi_weights"][..., [one == name for one in of.places.parts]].sum((1, 2))
            for name in names
        ],
        1,
    )
    people = of.people
    means = np.array([own[(of.clips["person"] == who).to_numpy()].mean(0) for who in people])
    figure = _figure(max(4.5, 0.16 * len(people) + 2), 3.4, of, "weights of the regions, person by person")
    ax: Any = figure.subplots()
    for column, name in enumerate(names):
        ax.plot(range(len(people)), means[:, column], "o-", markersize=3, label=name)
    ax.axhline(1 / 3, color=GREY, linestyle=":", label="all alike")
    shown = [drawn(who.partition("/")[2] or who) for who in people]
    ax.set_xticks(
        range(len(people)), shown if len(people) <= 80 else [""] * len(people), rotation=90, fontsize=6
    )
    ax.set_ylabel("weight")
    ax.legend(fontsize=7, frameon=False)
    return figure


def flow(of: Collected) -> Figure:
    """Regions by time, mean vectors, displacement of each region, and the course of the five that move most
    (STAG Fig. 4), of the clips as they are: what the model was given, not what it made of it."""
    motion = of.over_people(_motion(of).astype(np.float64))  # (T, N, 2)
    path = np.cumsum(motion, axis=0)
    size, boxes = np.hypot(motion[..., 0], motion[..., 1]), of.places.boxes
    total = of.over_people(np.hypot(*np.moveaxis(np.cumsum(_motion(of), axis=1), -1, 0)).max(1))
    figure = _figure(11, 7.2, of, "motion of the regions, mean over held-out people")
    axes: Any = figure.subplots(2, 2)
    extent = (0.5, len(motion) + 0.5, len(of.places.names) - 0.5, -0.5)
    image = axes[0, 0].imshow(size.T, aspect="auto", cmap="magma", extent=extent)
    axes[0, 0].set_yticks(range(len(of.places.names)), of.places.names, fontsize=6)
    axes[0, 0].set_title("size of the mean motion a step", fontsize=8)
    axes[0, 0].set_xlabel("step", fontsize=7)
    figure.colorbar(image, ax=axes[0, 0])
    peak = int(np.hypot(path[..., 0], path[..., 1]).sum(1).argmax())
    centres = np.stack([boxes[:, [0, 2]].mean(1), boxes[:, [1, 3]].mean(1)], 1)
    face.draw(
        axes[0, 1], boxes, np.zeros(len(boxes)), f"mean displacement at step {peak + 1}, arrows enlarged"
    )
    axes[0, 1].collections[0].remove()
    longest = float(np.hypot(*path[peak].T).max()) or 1.0
    axes[0, 1].quiver(*centres.T, *(path[peak] * (25 / longest)).T, angles="xy", scale_units="xy", scale=1,
                      color="#c0392b", width=0.006)  # fmt: skip
    order = np.argsort(-total)
    axes[1, 0].bar(range(len(order)), total[order], color=BLUE)
    axes[1, 0].set_xticks(
        range(len(order)), [of.places.names[i] for i in order], rotation=70, ha="right", fontsize=6
    )
    axes[1, 0].set_title("largest displacement since the onset", fontsize=8)
    for i in order[:5]:
        axes[1, 1].plot(range(1, len(path) + 1), np.hypot(*path[:, i].T), label=of.places.names[i])
    axes[1, 1].legend(fontsize=7, frameon=False)
    axes[1, 1].set_title("displacement of the mean path: the five that move most", fontsize=8)
    axes[1, 1].set_xlabel("step", fontsize=7)
    return figure


def _motion(of: Collected) -> NDArray[Any]:
    if of.motion is None:
        raise ValueError("these clips have no motion of regions")
    return of.motion


def action_units(of: Collected) -> Figure:
    """Share of each part in clips with an action unit less that in clips without it, of the first methods."""
    known, units = of.known, _told_units(of)
    names = list(of.importance)[:3]
    figure = _figure(3.0 * len(names) + 0.8, 1.6 + 0.22 * len(units), of,
                     "share of a part with an annotated AU, less that without")  # fmt: skip
    axes: Any = figure.subplots(1, len(names), squeeze=False)
    for ax, name in zip(axes[0], names, strict=True):
        by_part = of.places.by_part(of.importance[name])[known]
        rows = [of.units[au][known] for au in units]
        values = np.array([by_part[on].mean(0) - by_part[~on].mean(0) for on in rows]).reshape(-1, len(PARTS))
        most = float(np.abs(values).max(initial=0)) or 1.0
        image = ax.imshow(values, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto")
        ax.set_xticks(range(len(PARTS)), PARTS, fontsize=7)
        ax.set_yticks(range(len(units)), [f"AU{au} ({on.sum()})" for au, on in zip(units, rows, strict=True)],
                      fontsize=7)  # fmt: skip
        found = of.au_agreement(name)
        said = (
            "" if found is None else f"\nnames an AU's part: {found[0]:.2f}, other clips' AUs: {found[1]:.2f}"
        )
        ax.set_title(_words(name) + said, fontsize=7)
        figure.colorbar(image, ax=ax)
    return figure


def _told_units(of: Collected) -> list[int]:
    """Action units that some annotated clips have and some have not."""
    return [au for au, active in of.units.items() if 0 < active[of.known].sum() < of.known.sum()]


def embeddings(of: Collected) -> Figure:
    """Held-out clips as their own fold's model sees them, in two and in three dimensions."""
    figure = _figure(10, 4.6, of, "held-out clips before the last layer; filled: called right")
    right = of.clips["right"].to_numpy()
    truth = of.clips["truth"].to_numpy()
    for number, (dimensions, (points, how)) in enumerate(of.spaces.items(), 1):
        ax: Any = figure.add_subplot(1, 2, number, projection="3d" if dimensions == 3 else None)
        for index, name in enumerate(of.classes):
            for good in (True, False):
                own = points[(truth == name) & (right == good)]
                colour = f"C{index}"
                ax.scatter(*own.T, s=18, edgecolors=colour, facecolors=colour if good else "none",
                           label=drawn(name) if good else None)  # fmt: skip
        ax.set_title(how, fontsize=8)
        ax.tick_params(labelsize=6)
        ax.legend(fontsize=7, frameon=False)
    return figure


def _panels(of: Collected, size: tuple[float, float], most: int, title: str) -> tuple[Figure, Any]:
    """(figure, an axis for each method). size: inches of one panel; most: panels in a row."""
    count = len(of.importance)
    columns = min(most, count)
    rows = -(-count // columns)
    figure = _figure(size[0] * columns, size[1] * rows + 0.7, of, title)
    axes: Any = figure.subplots(rows, columns, squeeze=False).flat
    for ax in axes[count:]:
        ax.axis("off")
    return figure, axes[:count]


def _figure(width: float, height: float, of: Collected, what: str) -> Figure:
    figure = Figure(figsize=(max(width, 4.6), height), dpi=110, layout="constrained")
    figure.suptitle(drawn(f"{of.title}\n{what}"), fontsize=9)
    return figure


def _words(name: str) -> str:
    return name.replace("_", " ")


# name -> (whether a model and its clips have it, what draws it)
DRAWN: dict[str, tuple[Callable[[Collected], bool], Callable[[Collected], Figure]]] = {
    "faces": (lambda of: True, faces),
    "parts": (lambda of: True, parts),
    "deletion": (lambda of: True, deletion),
    "classes": (lambda of: len(of.classes) > 1, by_class),
    "time": (lambda of: len(of.places.steps) > 1, over_time),
    "egat": (lambda of: bool(of.edges), graph),
    "roi_weights": (lambda of: "roi_weights" in of.importance, roi_weights),
    "flow": (lambda of: of.motion is not None, flow),
    "action_units": (lambda of: bool(_told_units(of)), action_units),
    "embedding": (lambda of: bool(of.spaces), embeddings),
}
