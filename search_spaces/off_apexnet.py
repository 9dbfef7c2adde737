"""OFF-ApexNet's recipe and what may vary around it.

Source  the paper's own training values are not at hand: those are STSTNet's (search_spaces/ststnet.py), by
        the same group on the same flow.
Differs Flow is divided by the training clips' RMS, so that zero motion stays zero: this network has no batch
        normalisation that would bring pictures of 0..255 to scale. The dropout's rate is our choice.
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
    "recipe.oversample": Float(0.0, 0.0, 1.0),
    "recipe.focal_gamma": Float(0.0, 0.0, 3.0),
    "recipe.label_smoothing": Float(0.0, 0.0, 0.2),
    "recipe.mirror": Choice(0.0, (0.0, 0.5)),
    "recipe.normalise": Fixed("scale"),
    "model.dropout": Float(0.5, 0.2, 0.7),
}
PUBLISHED = published(PARAMETERS)
ABLATIONS: Ablations = {"full": {}}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
