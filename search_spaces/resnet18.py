"""ResNet-18's recipe: that of the MESTI-MEGANet study.

Source  search_spaces/mesti_recipe.py, which says where each value comes from; no dropout, as in the original
        network.
"""

from search_spaces.mesti_recipe import EQUALISED, RECIPE
from search_spaces.parameters import Ablations, Float, Parameters, Trial, published, suggest

PARAMETERS: Parameters = {
    **RECIPE,
    "model.dropout": Float(0.0, 0.0, 0.5),
}
PUBLISHED = published(PARAMETERS)
EXTRACTION = EQUALISED
ABLATIONS: Ablations = {"full": {}}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
