"""STAG's published recipe, what may vary around it, and its ablations.

Source  the STAG paper, section 4 (training paragraph), Table 5 (ablations, ranges of the two depths) and
        Tables 8-10 (regions, AUs).
Differs The paper names every part of the recipe (AdamW, 200 epochs, warm-up, early stopping, SWA with its own
        learning rate, MixUp, CutMix, TTA, class oversampling, class-balanced focal loss with label
        smoothing), but of its numbers only the 200 epochs and the depths 3 and 5 have reached us. All others
        are our choice. Oversampling goes half of the way, since the class-balanced loss does the rest; the
        second view of TTA is the mirrored clip, so training sees mirrored clips too. A depth of 0 is an
        ablation and never drawn: with the other depth set to 0 by hand no layer would be left. "No
        Augmentation" of Table 5 is taken as neither MixUp nor CutMix, which are the parts of that block of
        the table. Rows for the mirror, the oversampling, SWA and the two parts of the loss are ours, and so
        are depths that it leaves out (4 and 6 transformer layers). "Without AU guidance" leaves out the AUs
        at the head, the only place that the equations give them; the row "au_connectivity" adds our reading
        of the prose, in which they modulate the graph as well. Early stopping counts from the first averaged
        epoch. The row "without_swa" evaluates the last weights in place of their mean and has the learning
        rates and the stopping of the others, so that it differs by nothing else.
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
    # key: published value (or our choice for a lost one), then the range
    "recipe.epochs": Fixed(200),
    "recipe.lr": Float(5e-4, 1e-4, 3e-3, log=True),
    "recipe.batch_size": Choice(32, (16, 32, 64)),
    "recipe.optimiser": Fixed("adamw"),
    "recipe.weight_decay": Float(1e-2, 1e-5, 1e-1, log=True),
    "recipe.warmup_epochs": Fixed(10),
    "recipe.schedule": Fixed("cosine"),
    "recipe.grad_clip": Fixed(1.0),
    "recipe.patience": Fixed(40),  # of the averaged epochs
    "recipe.swa_start": Choice(0.75, (0.5, 0.75, 0.9, 1.0)),  # 1: no averaging
    "recipe.swa_lr": Float(1e-4, 1e-5, 1e-3, log=True, only_if=("recipe.swa_start", 0.5, 0.75, 0.9)),
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
    "model.graph_dim": Choice(64, (32, 64, 128)),
    "model.d_model": Choice(64, (32, 64, 128)),
    "model.cross_attention": Choice(True, (True, False)),
    "model.fusion_dim": Choice(64, (32, 64, 128), only_if=("model.cross_attention", True)),
    "model.dropout": Float(0.2, 0.0, 0.5),
}
PUBLISHED = published(PARAMETERS)
ABLATIONS: Ablations = {
    "full": {},  # 3 graph layers, 5 transformer layers, 14 regions
    "transformer_only": {"model.graph_layers": 0},
    "graph_only": {"model.transformer_layers": 0},
    "without_cross_attention": {"model.cross_attention": False},  # "Graph + Transformer"
    "graph_layers_1": {"model.graph_layers": 1},
    "graph_layers_2": {"model.graph_layers": 2},
    "graph_layers_4": {"model.graph_layers": 4},
    "transformer_layers_2": {"model.transformer_layers": 2},
    "transformer_layers_3": {"model.transformer_layers": 3},
    "transformer_layers_4": {"model.transformer_layers": 4},
    "transformer_layers_6": {"model.transformer_layers": 6},
    "transformer_layers_7": {"model.transformer_layers": 7},
    "without_augmentation": {"recipe.mixup_alpha": 0.0, "recipe.cutmix_alpha": 0.0},
    "without_mixup": {"recipe.mixup_alpha": 0.0},
    "without_cutmix": {"recipe.cutmix_alpha": 0.0},
    "without_mirror": {"recipe.mirror": 0.0},
    "without_oversampling": {"recipe.oversample": 0.0},
    "without_tta": {"recipe.tta": False},
    "without_swa": {"recipe.swa_last": True},
    "without_focal_loss": {"recipe.focal_gamma": 0.0},
    "without_class_balance": {"recipe.class_balance": False},
    "without_aus": {"au": "none"},
    "annotated_aus": {"au": "annotated"},
    "au_connectivity": {"model.au_connectivity": True},  # our reading
    "roi18": {"features": "roi_flow18"},
    "roi18_without_aus": {"features": "roi_flow18", "au": "none"},
}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
