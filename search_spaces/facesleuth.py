"""FaceSleuth's published recipe, what may vary around it, and its ablations.

Source  the paper gives no training values; these are of the authors' CASME2_5.py
        (github.com/Svardfox/FaceSleuth, 3b8837b): AdamW at 8e-4 with weight decay 0.6, batches of 50, 99
        epochs, cross-entropy, mirrored with chance 0.5, drop path 0.1, no dropout, RGB standardised.
        Ablations: tables of sections 3.5.1 (orientation) and 4.2 (AUs).
Differs The code lowers its learning rate by 1.3 % an epoch for 50 epochs (to half of it); ours stays
        constant. Its separate learning rate of theta is in the model (orientation.Axis.length). Its theta
        starts at 72 degrees, which there is another axis than here (orientation.py says which): the start is
        searched, and three of the ablations say whether where theta ends depends on it. It turns
        clips by up to 3 degrees and crops them by up to 15 px at random: left out. It draws onset and apex
        near the annotated frames: ours are the annotated ones. It reports each fold's best epoch on the test
        clips, so its scores are not comparable.
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
    "recipe.epochs": Choice(99, (30, 60, 99)),
    "recipe.lr": Float(8e-4, 5e-5, 2e-3, log=True),
    "recipe.batch_size": Choice(50, (16, 32, 50)),
    "recipe.optimiser": Fixed("adamw"),
    "recipe.weight_decay": Float(0.6, 1e-3, 1.0, log=True),
    "recipe.schedule": Choice("constant", ("constant", "cosine")),
    "recipe.warmup_epochs": Int(0, 0, 5, only_if=("recipe.schedule", "cosine")),
    "recipe.oversample": Float(0.0, 0.0, 1.0),
    "recipe.label_smoothing": Float(0.0, 0.0, 0.2),
    "recipe.mirror": Fixed(0.5),
    "recipe.normalise": Fixed("standardise"),
    "model.orientation": Choice("cva", ("cva", "shared", "independent", "frozen")),
    "model.start": Choice(
        72.0, (0.0, 45.0, 72.0, 90.0), only_if=("model.orientation", "shared", "independent")
    ),
    "model.streams": Fixed("both"),
    "model.drop_path": Float(0.1, 0.0, 0.3),
    "model.dropout": Float(0.0, 0.0, 0.5),
}
PUBLISHED = published(PARAMETERS)
ABLATIONS: Ablations = {
    "full": {},  # CVA
    "soa_shared": {"model.orientation": "shared"},
    "soa_independent": {"model.orientation": "independent"},
    "soa_frozen": {"model.orientation": "frozen"},  # at theta = 0, horizontal
    "soa_from_0": {"model.orientation": "independent", "model.start": 0.0},
    "soa_from_45": {"model.orientation": "independent", "model.start": 45.0},
    "soa_from_90": {"model.orientation": "independent", "model.start": 90.0},
    "motion_alone": {"model.streams": "motion", "au": "none"},
    "faces_alone": {"model.streams": "faces", "au": "none"},
    "motion_and_aus": {"model.streams": "motion"},
    "faces_and_aus": {"model.streams": "faces"},
    "without_aus": {"au": "none"},
    "annotated_aus": {"au": "annotated"},
}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
