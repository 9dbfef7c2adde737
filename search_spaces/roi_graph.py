"""The ROI graph attention network's recipe: that of the ROI ladder.

Source  search_spaces/roi_recipe.py, which says where each value comes from; two layers, dropout 0.3 and
        attention dropout 0.1 from the code.
"""

from search_spaces.parameters import Ablations, Fixed, Float, Int, Parameters, Trial, published, suggest
from search_spaces.roi_recipe import RECIPE

PARAMETERS: Parameters = {
    **RECIPE,
    "recipe.normalise": Fixed("scale"),
    "model.layers": Int(2, 1, 3),
    "model.dropout": Float(0.3, 0.0, 0.6),
    "model.attention_dropout": Float(0.1, 0.0, 0.3),
}
PUBLISHED = published(PARAMETERS)
ABLATIONS: Ablations = {"full": {}}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
