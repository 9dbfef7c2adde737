"""The ROI hybrid's recipe, that of the ROI ladder, and its ablations.

Source  search_spaces/roi_recipe.py, which says where each value comes from; dropout 0.3 and
        attention dropout 0.1 from the code.
        Ablations: the outline's section 5.2, which announces them. Each stream alone is a row of the ladder:
        roi_temporal, roi_graph.
"""

from search_spaces.parameters import Ablations, Choice, Fixed, Float, Parameters, Trial, published, suggest
from search_spaces.roi_recipe import RECIPE

PARAMETERS: Parameters = {
    **RECIPE,
    "recipe.normalise": Fixed("scale"),
    "model.roi_attention": Choice(True, (True, False)),
    "model.per_roi_positions": Choice(True, (True, False)),
    "model.dropout": Float(0.3, 0.0, 0.6),
    "model.attention_dropout": Float(0.1, 0.0, 0.3),
}
PUBLISHED = published(PARAMETERS)
ABLATIONS: Ablations = {
    "full": {},  # four windows
    "windows_1": {"features": "roi_maps1"},
    "windows_2": {"features": "roi_maps2"},
    "without_roi_attention": {"model.roi_attention": False},
    "shared_positions": {"model.per_roi_positions": False},
}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
