"""A small table of made-up clips, so that studies run in seconds: class means in the flow, people with their
own offset."""

from dataclasses import replace

import numpy as np

from orchestrator.study.jobs import FoldData, FoldJob
from orchestrator.study.table import ClipTable
from preprocessing.regions import CHANNELS

CLASSES = ("negative", "positive", "surprise")
QUICK = {
    "recipe.epochs": 3,
    "recipe.warmup_epochs": 0,
    "recipe.patience": 0,
    "model.transformer_layers": 1,
    "model.graph_layers": 1,
}


def table(
    people: int = 4, clips: int = 6, *, aus: bool = False, seed: int = 0, shuffle: bool = False
) -> ClipTable:
    rng = np.random.default_rng(seed)
    ids = [f"synthetic/p{p}/c{c}" for p in range(people) for c in range(clips)]
    y = np.array([(p + c) % 3 for p in range(people) for c in range(clips)], np.int64)
    signal = rng.normal(size=(3, 1, 14, 2))
    x = (signal[y] + rng.normal(size=(len(ids), 4, 14, 2))).astype(np.float32)
    marks = (rng.random((len(ids), 21)) < 0.2).astype(np.float32) if aus else None
    made = ClipTable(
        corpus="synthetic",
        features="roi_flow14-test",
        kind="roi_flow",
        channels=tuple(CHANNELS[14]),
        classes=CLASSES,
        clip_ids=tuple(ids),
        subjects=tuple(i.rsplit("/", 1)[0] for i in ids),
        splits=("",) * len(ids),
        y=y,
        x=x,
        aus=marks,
        au="annotated" if aus else "none",
        content=f"test{seed}{aus}",
        left_out={},
    )
    if not shuffle:
        return made
    order = rng.permutation(len(ids))
    return replace(
        made,
        clip_ids=tuple(ids[i] for i in order),
        subjects=tuple(made.subjects[i] for i in order),
        y=y[order],
        x=x[order],
        aus=None if marks is None else marks[order],
    )


def fold_data(table: ClipTable, job: FoldJob) -> FoldData:
    """The arrays of one job, as a worker gets them."""
    return table.annotations.task(job).opened(table.shared)[1]
