"""MDMO's recipe: a linear support vector machine, by Adam.

Source  ours: the paper's abstract names an SVM, but no values. The loss and its penalty are LIBLINEAR's
        L2-regularised L2-loss SVM, one class against the rest (Fan et al. 2008, JMLR 9, 1871-1874): |w|^2 / 2
        + C sum of the n clips' losses. Divided by C n it is the mean loss with weight decay 1 / (C n). 5e-3
        is LIBLINEAR's default C = 1 at 200 training clips, the range is C = 5 .. 0.05 there. The bias is
        penalised as well, as LIBLINEAR does.
Differs LIBLINEAR solves to a tolerance. The objective is convex with one optimum; here every clip is in every
        step (batches of 4096) and the cosine ends at 0: after the 300 steps the objective is 2e-5 above
        LIBLINEAR's on 96 rendered clips, at the smallest weight decay 2 %. Early epochs are a stronger
        penalty, and a rule that chooses the epoch chooses among them. A weight decay stands for another C in
        a fold with another number of training clips.
"""

from search_spaces.parameters import Ablations, Choice, Fixed, Float, Parameters, Trial, published, suggest

PARAMETERS: Parameters = {
    # key: published value, then the range
    "recipe.epochs": Choice(300, (100, 300)),
    "recipe.lr": Float(0.3, 0.03, 0.5, log=True),
    "recipe.batch_size": Fixed(4096),
    # adds weight decay to the gradient, as the objective has it; AdamW does not
    "recipe.optimiser": Fixed("adam"),
    "recipe.weight_decay": Float(5e-3, 1e-3, 1e-1, log=True),
    "recipe.schedule": Fixed("cosine"),
    "recipe.loss": Fixed("hinge"),
    "recipe.class_balance": Choice(False, (False, True)),
    "recipe.mirror": Choice(0.0, (0.0, 0.5)),
    "recipe.normalise": Fixed("none"),  # a clip's features have no unit
    "model.since_onset": Choice(True, (True, False)),
}
PUBLISHED = published(PARAMETERS)
ABLATIONS: Ablations = {
    "full": {},
    "step_to_step": {"model.since_onset": False},
    "logistic_regression": {"recipe.loss": "focal"},  # without focus: cross-entropy
    "class_balance": {"recipe.class_balance": True},
    "mirror": {"recipe.mirror": 0.5},
    "roi14": {"features": "roi_flow14"},
}


def space(trial: Trial) -> None:
    """Draw one configuration's searched keys."""
    suggest(PARAMETERS, trial)
