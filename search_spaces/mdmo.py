"""MDMO's recipe: a linear support vector machine, by Adam.

Source  ours: the paper's abstract names an SVM, no values. The loss and its penalty are LIBLINEAR's L2-regularised L2-loss SVM,
        one class against the rest (Fan et al. 2008, JMLR 9, 1871-1874): |w|^2 / 2 + C sum of the clips' losses. Divided by C n
        it is the mean loss with weight decay 1 / (C n): 5e-3 is LIBLINEAR's C = 1 at 200 training clips, and the range
        C = 50 .. 0.05. The bias is penalised as well, as LIBLINEAR does.
Differs LIBLINEAR solves to a tolerance; here every clip is in every step (batches of 4096), the objective is convex, and a
        cosine to 0 ends close to the one optimum that it has. Fewer epochs stop short of it, which is a penalty of its own.
        The constant C follows the number of training clips: a fold's C is 1 / (weight_decay n).
"""

from search_spaces.parameters import Ablations, Choice, Fixed, Float, Parameters, Trial, published, suggest

PARAMETERS: Parameters = {
    # key: published value, then the range
    "recipe.epochs": Choice(300, (50, 100, 300)),
    "recipe.lr": Float(0.03, 0.003, 0.1, log=True),
    "recipe.batch_size": Fixed(4096),
    "recipe.optimiser": Fixed("adam"),  # adds weight decay to the gradient, as the objective has it; AdamW does not
    "recipe.weight_decay": Float(5e-3, 1e-4, 1e-1, log=True),
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
