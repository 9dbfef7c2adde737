"""What of the papers needs no training: clips of each class under each label scheme, and the weights of a
clip's frames in the images of a whole clip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.experiments.corpora import Brought
from orchestrator.experiments.file import Row, Table
from orchestrator.study import labels
from orchestrator.sweeps.experiment import Corpus
from preprocessing.datasets import DATASETS
from preprocessing.inputs.motion_image import mesti, rank_pooling

FRAMES, APEX = 20, 8  # of the clip that the weights are drawn for; the onset is frame 1


def counts(table: Table, brought: Brought) -> list[dict[str, Any]]:
    """One dict a row: clips of each class in the corpus' folder if one is brought, else in the annotation
    that its adapter cites; beside the paper's. Raises CorpusError for a folder that is no such corpus."""
    return [_counted(table, row, brought) for row in table.rows]


def _counted(table: Table, row: Row, brought: Brought) -> dict[str, Any]:
    (name,), scheme = table.corpora(row), table.of(row)["classes"]
    own = next((one for one in brought.corpora if one.name == name), None)
    if own is None:
        ours, source = _cited(name, scheme, row), f"annotation: {DATASETS[name].PUBLISHED.get('source', '')}"
    else:
        ours, source = _in_folder(own, scheme, brought), "clips in the folder"
    told = {key.removeprefix("clips_"): int(n) for key, n in _plain(row).items() if key != "clips"}
    differ = [f"{word} {ours.get(word, 0)} for {n}" for word, n in told.items() if ours.get(word, 0) != n]
    return {
        "group": row.group,
        "row": row.name,
        "corpus": name,
        "classes": scheme,
        "ours": _said(ours),
        "published": _said(told),
        "clips": sum(ours.values()),
        "published_clips": sum(told.values()),
        "differs": "; ".join(differ) or "no",
        "ours_counted_in": source,
    }


def _cited(corpus: str, scheme: str, row: Row) -> dict[str, int]:
    """Of the release that the row names as its part (a split), or of the whole."""
    found = labels.published(corpus, scheme)
    return found.get(row.part, found.get("", {}))


def _in_folder(corpus: Corpus, scheme: str, brought: Brought) -> dict[str, int]:
    root = Path(corpus.root) if corpus.root else brought.rendered()
    words = [clip.emotion for clip in DATASETS[corpus.name].clips(root)]
    found = labels.classify(corpus.name, words, scheme)
    index = Counter(found.index)
    return {name: index[at] for at, name in enumerate(found.classes)}


def _plain(row: Row) -> dict[str, float]:
    return {name: value for name, value in row.published.items() if not isinstance(value, list)}


def _said(clips: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in clips.items() if n)


def coefficients() -> list[dict[str, Any]]:
    """One dict a frame: the weight of each frame in MESTI and in the dynamic image, divided by the sum of
    their magnitudes."""
    made = {}
    for name, weights in (("mesti", mesti), ("dynamic_image", rank_pooling)):
        of = weights(FRAMES, APEX)
        made[name] = of / abs(of).sum()
    return [
        {"frame": at + 1, "apex": at + 1 == APEX, **{name: float(of[at]) for name, of in made.items()}}
        for at in range(FRAMES)
    ]
