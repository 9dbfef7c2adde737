"""The ROI CNN's recipe: that of the ROI ladder.

Source  search_spaces/roi_recipe.py, which says where each value comes from; dropout 0.3 from the code.
"""

from search_spaces.parameters import Ablations, Choice, Fixed, Float, Parameters, Trial, published, suggest
from search_spaces.roi_recipe import RECIPE

PARAMETERS: Parameters = {
    **RECIPE,
    "recipe.normalise": Fixed("scale"),
    "model.shared_encoder": Choice(False, (False, True)),
    "model.dropout": Float(0.3, 0.0, 0.6),
}
PUBLISHED = published(PARAMETERS)
ABLATIONS: Ablations = {"full": {}}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
