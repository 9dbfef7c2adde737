"""What holds for every search space: the published point lies inside, and every draw is a configuration that builds the model."""

from __future__ import annotations

import optuna
import pytest

from mer_models import MODELS
from orchestrator.config import configuration
from search_spaces import SPACES


class SpaceContract:
    name: str  # registry key

    def draw(self, number: int) -> optuna.Trial:
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=number))
        trial = study.ask()
        SPACES[self.name].space(trial)
        return trial

    def test_published_configuration_lies_inside_the_space(self):
        published = SPACES[self.name].PUBLISHED
        for key, distribution in self.draw(0).distributions.items():
            assert distribution._contains(distribution.to_internal_repr(published[key])), f"{key} = {published[key]} is outside"

    @pytest.mark.parametrize("number", range(25))
    def test_every_draw_is_a_configuration_of_the_model(self, number):
        trial = self.draw(number)
        chosen = configuration(self.name, trial.params)
        MODELS[self.name](3, **chosen["model"])
        for key, value in trial.params.items():
            section, name = key.split(".", 1)
            assert chosen[section][name] == value

    def test_published_values_need_no_layer_on_top(self):
        chosen = configuration(self.name)
        for key, value in SPACES[self.name].PUBLISHED.items():
            section, name = key.split(".", 1)
            assert chosen[section][name] == value and type(chosen[section][name]) is type(value)

    def test_keys_that_every_user_may_set_are_there(self):
        assert {"recipe.epochs", "recipe.lr", "recipe.batch_size"} <= set(SPACES[self.name].PUBLISHED)
