"""The space of mdmo, and that its published recipe is the linear SVM that it says it is: LIBLINEAR's, by
scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.svm import LinearSVC

from mer_models.mdmo import mdmo
from orchestrator.common.errors import ConfigError
from orchestrator.study.configuration import configuration
from orchestrator.study.jobs import FoldData
from orchestrator.training.loop import fit
from orchestrator.training.parts.class_weights import class_weights
from tests.search_spaces.contract import SpaceContract


class TestSpace(SpaceContract):
    name = "mdmo"


@pytest.mark.parametrize("balance", [False, True])
def test_the_published_recipe_ends_at_liblinears_optimum(balance):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [50, 30, 20])
    directions = rng.normal(size=(3, 1, 14, 2))
    # classes overlap: no margin is met by all
    x = (0.3 * directions[y] + rng.normal(size=(100, 4, 14, 2))).astype(np.float32)
    config = configuration("mdmo", {"recipe.class_balance": balance})
    data = FoldData("roi_flow", (), x, y, x[:0], y[:0], x[:0])
    svm = fit(
        "mdmo",
        config,
        data,
        ("a", "b", "c"),
        au="none",
        epochs=config["recipe"]["epochs"],
        seed_names=("mdmo",),
    ).model.svm

    features = mdmo(torch.from_numpy(x)).flatten(1).double().numpy()
    c = 1 / (config["recipe"]["weight_decay"] * len(x))
    weights = class_weights(np.bincount(y)).numpy()[y] if balance else None
    liblinear = LinearSVC(C=c, tol=1e-8, max_iter=100_000).fit(features, y, sample_weight=weights)
    scores = features @ svm.weight.detach().numpy().T + svm.bias.detach().numpy()
    np.testing.assert_allclose(scores, liblinear.decision_function(features), atol=0.02)
    assert (scores.argmax(1) == liblinear.predict(features)).all()


@pytest.mark.parametrize("key", ["recipe.focal_gamma", "recipe.label_smoothing"])
def test_the_hinge_loss_refuses_what_it_would_ignore(key):
    with pytest.raises(ConfigError, match=f"{key.split('.')[1]} = 0.1: .*hinge"):
        configuration("mdmo", {key: 0.1})
    assert configuration("mdmo", {key: 0.1, "recipe.loss": "focal"})["recipe"]["loss"] == "focal"
