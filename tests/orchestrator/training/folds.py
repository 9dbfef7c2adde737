"""Small seeded folds to train on. Importable by a subprocess."""

from __future__ import annotations

from typing import Any

import numpy as np

from orchestrator.study.configuration import configuration
from orchestrator.study.jobs import FoldData, FoldJob

CHANNELS = ("left_brow_0", "right_brow_0", "mouth_left", "mouth_right", "nose")
SMALL = {"recipe.epochs": 3, "recipe.batch_size": 8}
SMALL_STAG = SMALL | {
    "recipe.warmup_epochs": 1,
    "model.graph_layers": 1,
    "model.transformer_layers": 1,
    "model.embed_dim": 8,
}


def fold(
    model: str = "stag", *, n: int = 21, v: int = 6, t: int = 4, au: bool = True, **layer: Any
) -> tuple[FoldJob, FoldData]:
    """A job and its data: ``n``, ``v``, ``t`` clips in train, validation, test; half of the clips have AUs
    when ``au``."""
    rng = np.random.default_rng(7)
    stag = model == "stag"
    shape = (5, len(CHANNELS), 2) if stag else (3, 28, 28)

    def clips(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        labels = np.arange(count) % 3
        x = rng.standard_normal((count, *shape)).astype(np.float32) + labels.reshape(
            -1, *[1] * len(shape)
        ).astype(np.float32)
        aus = (rng.random((count, 21)) < 0.2).astype(np.float32)
        aus[::2] = -1
        return x, labels, aus if stag and au else None

    (x, y, aus), (xv, yv, ausv), (xt, _, aust) = clips(n), clips(v), clips(t)
    layers = {"recipe." + k if k != "dropout" else "model.dropout": value for k, value in layer.items()}
    names = (tuple(f"{part}{i}" for i in range(count)) for part, count in (("a", n), ("v", v), ("t", t)))
    job = FoldJob(
        model,
        configuration(model, SMALL_STAG if stag else SMALL, layers),
        "set",
        "corpus",
        "annotated" if au else "none",
        ("negative", "positive", "surprise"),
        "loso",
        "corpus/01",
        *names,
        seed=0,
        code="0",
    )
    kind, channels = ("roi_flow", CHANNELS) if stag else ("flow_picture", ())
    return job, FoldData(kind, channels, x, y, xv, yv, xt, aus, ausv, aust)


def trained_bytes(model: str) -> bytes:
    """All numbers of a trained fold, with every part of the recipe on."""
    from orchestrator.training.loop import train_fold

    everything = {
        "mixup_alpha": 0.4,
        "cutmix_alpha": 0.4,
        "noise": 0.1,
        "mirror": 0.5,
        "tta": True,
        "oversample": 0.5,
    }
    result = train_fold(*fold(model, swa_start=0.5, **everything))
    return b"".join(
        a.tobytes()
        for a in (result.train_loss, result.validation_loss, result.validation_probs, result.test_probs)
    )
