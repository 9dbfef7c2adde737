"""Configurations: full, canonical, and refusing what they do not know."""

import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.study.configuration import configuration
from orchestrator.study.jobs import digest


def test_layers_win_in_order_and_the_result_is_full():
    config = configuration("stag", {"recipe.lr": 1e-3, "model.dropout": 0.5}, {"recipe.lr": 2e-3})
    assert config["recipe"]["lr"] == 2e-3
    assert config["model"]["dropout"] == 0.5
    assert config["recipe"]["epochs"] == 200  # published
    assert config["model"]["graph_layers"] == 3  # the constructor's default


def test_one_configuration_has_one_digest_however_it_is_written():
    assert digest(configuration("stag", {"recipe.lr": 1e-3})) == digest(
        configuration("stag", {"recipe.lr": 0.001})
    )
    assert digest(configuration("stag", {"recipe.batch_size": 64})) == digest(
        configuration("stag", {"recipe.batch_size": 64.0})
    )


@pytest.mark.parametrize(
    ("model", "keys", "words"),
    [
        ("stga", {}, "unknown model 'stga'; did you mean 'stag'"),
        ("stag", {"recipe.epoch": 3}, "did you mean 'recipe.epochs'"),
        ("stag", {"model.drop_out": 0.1}, "did you mean 'model.dropout'"),
        ("ststnet", {"model.graph_layers": 2}, "unknown configuration key of ststnet 'model.graph_layers'"),
        ("stag", {"epochs": 3}, "recipe.epochs"),
        ("stag", {"recipe.lr": -1}, r"lr = -1"),
        ("stag", {"recipe.epochs": "many"}, "epochs = 'many'"),
        ("stag", {"recipe.normalise": "zscore"}, "normalise = 'zscore'"),
        ("stag", {"recipe.focal_gamma": -1}, r"focal_gamma = -1: .* 0 or more"),
        ("stag", {"recipe.focal_gamma": [2, -1, 0]}, r"focal_gamma = \[2, -1, 0\]: .* 0 or more"),
        ("stag", {"recipe.focal_gamma": []}, r"focal_gamma = \[\]: .* for each class"),
        ("mdmo", {"recipe.focal_gamma": [1, 0, 0]}, r"focal_gamma = \[1, 0, 0\]: .*hinge"),
    ],
)
def test_what_is_unknown_or_out_of_range_is_refused_with_the_next_step(model, keys, words):
    with pytest.raises(ConfigError, match=words):
        configuration(model, keys)
