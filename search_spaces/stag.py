"""STAG's published recipe and what may vary around it.

Source  the STAG paper, section 4 (training paragraph) and Table 5 (ranges of the two depths).
Differs The paper names every part of the recipe (AdamW, 200 epochs, warm-up, early stopping, SWA with its own learning rate,
        MixUp, CutMix, TTA, class oversampling, class-balanced focal loss with label smoothing), but of its numbers only the
        200 epochs and the depths 3 and 5 have reached us. All others are our choice. Oversampling goes half of the way, since
        the class-balanced loss does the rest; the second view of TTA is the mirrored clip, so training sees mirrored clips too.
"""

from search_spaces.parameters import Choice, Fixed, Float, Int, Parameters, Trial, published, suggest

PARAMETERS: Parameters = {
    # key: published value (or our choice for a lost one), then the range
    "recipe.epochs": Fixed(200),
    "recipe.lr": Float(5e-4, 1e-4, 3e-3, log=True),
    "recipe.batch_size": Choice(32, (16, 32, 64)),
    "recipe.optimiser": Fixed("adamw"),
    "recipe.weight_decay": Float(1e-2, 1e-5, 1e-1, log=True),
    "recipe.warmup_epochs": Fixed(10),
    "recipe.schedule": Fixed("cosine"),
    "recipe.grad_clip": Fixed(1.0),
    "recipe.patience": Fixed(40),
    "recipe.swa_start": Fixed(0.75),
    "recipe.swa_lr": Fixed(1e-4),
    "recipe.mixup_alpha": Float(0.2, 0.0, 0.8),
    "recipe.cutmix_alpha": Float(0.5, 0.0, 1.0),
    "recipe.oversample": Float(0.5, 0.0, 1.0),
    "recipe.focal_gamma": Float(2.0, 0.0, 3.0),
    "recipe.label_smoothing": Float(0.1, 0.0, 0.2),
    "recipe.class_balance": Fixed(True),
    "recipe.mirror": Choice(0.5, (0.0, 0.5)),
    "recipe.noise": Float(0.0, 0.0, 0.2),
    "recipe.tta": Fixed(True),
    "recipe.normalise": Fixed("scale"),
    "model.graph_layers": Int(3, 1, 4),
    "model.transformer_layers": Int(5, 2, 7),
    "model.cross_attention": Fixed(True),
    "model.dropout": Float(0.2, 0.0, 0.5),
}
PUBLISHED = published(PARAMETERS)


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
