"""The micro-attention network's recipe: that of the MESTI-MEGANet study, which trains it on MESTI (Table II).

Source  search_spaces/mesti_recipe.py, which says where each value comes from; the dropout's rate is our
        choice.
Differs The study repeats the original training there, whose text is not at hand.
"""

from search_spaces.mesti_recipe import RECIPE
from search_spaces.parameters import Ablations, Float, Parameters, Trial, published, suggest

PARAMETERS: Parameters = {
    **RECIPE,
    "model.dropout": Float(0.5, 0.0, 0.7),
}
PUBLISHED = published(PARAMETERS)
ABLATIONS: Ablations = {"full": {}}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
