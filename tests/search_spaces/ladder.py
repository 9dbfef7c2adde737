"""The published recipe that the models of the ROI ladder share."""

from orchestrator.study.recipe import Recipe

LADDER = Recipe(
    epochs=40,
    lr=3e-4,
    batch_size=16,
    weight_decay=5e-5,
    schedule="cosine",
    patience=10,
    grad_clip=5.0,
    focal_gamma=2.0,
    label_smoothing=0.1,
    class_balance=True,
    normalise="scale",
)
