"""MEGANet's recipe: that of its own study.

Source  search_spaces/mesti_recipe.py, which says where each value comes from; three blocks from Table VI. The dropout's rate is
        our choice.
"""

from search_spaces.mesti_recipe import RECIPE
from search_spaces.parameters import Choice, Float, Parameters, Trial, published, suggest

PARAMETERS: Parameters = {
    **RECIPE,
    "model.blocks": Choice(3, (2, 3, 4)),
    "model.dropout": Float(0.3, 0.0, 0.5),
}
PUBLISHED = published(PARAMETERS)


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
