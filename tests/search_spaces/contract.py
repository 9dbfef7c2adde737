"""What holds for every search space: the published point lies inside, every draw is a configuration that
builds the model, a parameter more changes no other's draw, a condition decides what it says, and every
ablation is a configuration of its own."""

from __future__ import annotations

import itertools
from typing import Any

import optuna
import pytest
from orchestrator.search.search import NamedSampler

from mer_models import MODELS
from orchestrator.common.names import safe_name
from orchestrator.study.configuration import configuration
from search_spaces import SPACES
from search_spaces.parameters import Fixed


class SpaceContract:
    name: str  # registry key

    def draw(self, number: int) -> optuna.Trial:
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=number))
        trial = study.ask()
        SPACES[self.name].space(trial)
        return trial

    def test_published_configuration_lies_inside_the_space(self):
        published = SPACES[self.name].PUBLISHED
        for number in range(10):  # what is drawn under a condition is not in every trial
            for key, distribution in self.draw(number).distributions.items():
                assert distribution._contains(distribution.to_internal_repr(published[key])), (
                    f"{key} = {published[key]} is outside"
                )

    @pytest.mark.parametrize("number", range(25))
    def test_every_draw_is_a_configuration_of_the_model(self, number):
        trial = self.draw(number)
        chosen = configuration(self.name, trial.params)
        MODELS[self.name](3, **chosen["model"])
        for key, value in (SPACES[self.name].PUBLISHED | trial.params).items():
            section, name = key.split(".", 1)
            assert chosen[section][name] == value

    def test_published_values_need_no_layer_on_top(self):
        chosen = configuration(self.name)
        for key, value in SPACES[self.name].PUBLISHED.items():
            section, name = key.split(".", 1)
            assert chosen[section][name] == value and type(chosen[section][name]) is type(value)

    def test_keys_that_every_user_may_set_are_there(self):
        assert {"recipe.epochs", "recipe.lr", "recipe.batch_size"} <= set(SPACES[self.name].PUBLISHED)

    def test_a_parameter_more_leaves_the_draws_of_the_others(self):
        before, after = (optuna.create_study(sampler=NamedSampler(7)) for _ in range(2))
        for _ in range(10):
            plain, longer = before.ask(), after.ask()
            longer.suggest_float("model.another", 0.0, 1.0)
            for trial in (plain, longer):
                SPACES[self.name].space(trial)
            assert len(plain.params) > 3 and longer.params == {
                "model.another": longer.params["model.another"],
                **plain.params,
            }

    def test_a_parameter_is_drawn_exactly_where_its_condition_holds(self):
        parameters = SPACES[self.name].PARAMETERS
        trials = [self.draw(number).params for number in range(60)]
        for place, (key, parameter) in enumerate(parameters.items()):
            drawn = [key in params for params in trials]
            if isinstance(parameter, Fixed):
                assert not any(drawn), key
            elif not parameter.only_if:
                assert all(drawn), key
            else:
                on, *values = parameter.only_if
                assert on in list(parameters)[:place], f"{on} must stand above {key}"
                assert drawn == [params.get(on, parameters[on].published) in values for params in trials], key
                assert any(drawn) and not all(drawn), f"the condition of {key} never changes"

    def test_every_ablation_is_a_configuration_unlike_all_others(self):
        rows, model = SPACES[self.name].ABLATIONS, MODELS[self.name]
        assert next(iter(rows.items())) == ("full", {})
        made: dict[str, Any] = {}
        for row, keys in rows.items():
            safe_name(row)
            features, au = keys.get("features", model.features[0]), keys.get("au", "auto")
            assert features in model.features, row
            assert au == "auto" or (model.uses_aus and au in ("none", "predicted", "annotated")), row
            chosen = configuration(
                self.name, {key: value for key, value in keys.items() if key not in ("features", "au")}
            )
            model(3, **chosen["model"])
            made[row] = (features, au, chosen)
        same = [pair for pair in itertools.combinations(made, 2) if made[pair[0]] == made[pair[1]]]
        assert not same
