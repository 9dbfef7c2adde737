"""The micro-attention network's recipe: that of the MESTI-MEGANet study, which trains it on MESTI (Table II).

Source  search_spaces/mesti_recipe.py, which says where each value comes from; no dropout, as in the authors'
        network description (mer_models/micro_attention.py).
Differs The authors' own training is not at hand: their description has batches of 10 and random crops of 224
        from 240 pixels, but no solver. Its usual input is theirs, the apex frame as it is; with MESTI, as in
        Table II, the study equalises histograms, like its own networks: add --equalise there.
"""

from search_spaces.mesti_recipe import RECIPE
from search_spaces.parameters import Ablations, Float, Parameters, Trial, published, suggest

PARAMETERS: Parameters = {
    **RECIPE,
    "model.dropout": Float(0.0, 0.0, 0.7),
}
PUBLISHED = published(PARAMETERS)
ABLATIONS: Ablations = {
    "full": {},
    "three_planes": {"model.grey": False},  # colours, or what else the planes hold
}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
