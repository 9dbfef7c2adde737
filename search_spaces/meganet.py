"""MEGANet's recipe, that of its own study, and its ablations.

Source  search_spaces/mesti_recipe.py, which says where each value comes from; three blocks from Table VI. The
        dropout's rate is our choice. Ablations: Tables V and VI; the other inputs of Table I, which the paper
        compares on networks not its own.
Differs eq13_as_printed is ours: attention without the maps that it looks at (mer_models/meganet.py).
"""

from search_spaces.mesti_recipe import EQUALISED, RECIPE
from search_spaces.parameters import Ablations, Choice, Float, Parameters, Trial, published, suggest

PARAMETERS: Parameters = {
    **RECIPE,
    "model.blocks": Choice(3, (2, 3, 4)),
    "model.dropout": Float(0.3, 0.0, 0.5),
}
PUBLISHED = published(PARAMETERS)
EXTRACTION = EQUALISED
ABLATIONS: Ablations = {
    "full": {},  # gradient attention, residual, self-attention; 3 blocks; MESTI
    "residual": {"model.gradient_attention": False, "model.self_attention": False},
    "self_attention": {"model.gradient_attention": False, "model.residual": False},
    "residual_and_self_attention": {"model.gradient_attention": False},
    "gradient_attention": {"model.residual": False, "model.self_attention": False},
    "blocks_2": {"model.blocks": 2},
    "blocks_4": {"model.blocks": 4},
    "eq13_as_printed": {"model.attention_residual": False},
    "apex_frame": {"features": "apex_frame"},
    "onset_apex_flow": {"features": "onset_apex_flow224"},
    "apex_offset_flow": {"features": "apex_offset_flow224"},
    "dynamic_image": {"features": "dynamic_image"},
    "affective_motion_image": {"features": "affective_motion_image"},
    "active_image": {"features": "active_image"},
}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
