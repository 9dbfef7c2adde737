"""VGG19's recipe: that of the MESTI-MEGANet study, which trains it on each kind of picture (Table I).

Source  search_spaces/mesti_recipe.py, which says where each value comes from; dropout 0.5 and no batch
        normalisation, as in the original network.
"""

from search_spaces.mesti_recipe import EQUALISED, RECIPE
from search_spaces.parameters import Ablations, Choice, Float, Parameters, Trial, published, suggest

PARAMETERS: Parameters = {
    **RECIPE,
    "model.batch_norm": Choice(False, (False, True)),
    "model.dropout": Float(0.5, 0.0, 0.7),
}
PUBLISHED = published(PARAMETERS)
EXTRACTION = EQUALISED
ABLATIONS: Ablations = {"full": {}}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
