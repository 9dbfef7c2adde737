"""STSTNet's published recipe and what may vary around it.

Source  the authors' main.py (github.com/christy1206/STSTNet): Adam at 5e-5, batches of 256, 800 epochs, last
        epoch, cross-entropy, no augmentation, pictures of 0..255, dropout 0.5. No value is lost.
Differs the authors never shuffle their batches; ours are drawn anew every epoch.
"""

from search_spaces.parameters import (
    Ablations,
    Choice,
    Fixed,
    Float,
    Int,
    Parameters,
    Trial,
    published,
    suggest,
)

PARAMETERS: Parameters = {
    # key: published value, then the range
    "recipe.epochs": Choice(800, (100, 200, 400, 800)),
    "recipe.lr": Float(5e-5, 2e-5, 2e-3, log=True),
    "recipe.batch_size": Choice(256, (32, 64, 128, 256)),
    "recipe.optimiser": Fixed("adam"),
    "recipe.weight_decay": Float(0.0, 0.0, 1e-3),
    "recipe.schedule": Choice("constant", ("constant", "cosine")),
    "recipe.warmup_epochs": Int(0, 0, 10, only_if=("recipe.schedule", "cosine")),
    "recipe.mixup_alpha": Float(0.0, 0.0, 0.4),
    "recipe.oversample": Float(0.0, 0.0, 1.0),
    "recipe.focal_gamma": Float(0.0, 0.0, 3.0),
    "recipe.label_smoothing": Float(0.0, 0.0, 0.2),
    "recipe.mirror": Choice(0.0, (0.0, 0.5)),
    "recipe.normalise": Fixed("minmax255"),
    "model.dropout": Float(0.5, 0.2, 0.7),
}
PUBLISHED = published(PARAMETERS)
ABLATIONS: Ablations = {"full": {}}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
