"""What holds for every search space."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import optuna
import pytest

from mer_models import MODELS
from orchestrator.common.names import safe_name
from orchestrator.search.samplers import NamedSampler
from orchestrator.study.configuration import configuration
from orchestrator.sweeps.features import chosen
from preprocessing.inputs import Settings
from search_spaces import SPACES
from search_spaces.parameters import Fixed


class SpaceContract:
    """The published point lies inside, every draw is a configuration that builds the model, a parameter more
    changes no other's draw, a condition decides what it says, and every ablation is a configuration of its
    own.

    For a space of yours, in a module that names its model's class MODEL::

        class TestMySpace(SpaceContract):
            @pytest.fixture
            def space(self):
                return my_model
    """

    @pytest.fixture
    def space(self) -> Any:
        """The module that holds PARAMETERS, PUBLISHED, ABLATIONS and space."""
        raise NotImplementedError("give the module in a fixture `space` of your test class")

    @pytest.fixture
    def model(self, space: Any) -> Any:
        """The class of the model that the space is of."""
        return space.MODEL

    @pytest.fixture
    def key(self, model: Any, space: Any) -> Iterator[str]:
        """A name under which model and space are registered during the test: neither needs to be."""
        name = f"{space.__name__.rpartition('.')[2]}_under_test"
        MODELS.add(name, model)
        SPACES.add(name, space)
        yield name
        MODELS.remove(name)
        SPACES.remove(name)

    def test_published_configuration_lies_inside_the_space(self, space: Any) -> None:
        published = space.PUBLISHED
        for number in range(10):  # what is drawn under a condition is not in every trial
            for key, distribution in draw(space, number).distributions.items():
                assert distribution._contains(distribution.to_internal_repr(published[key])), (
                    f"{key} = {published[key]} is outside"
                )

    def test_every_draw_is_a_configuration_of_the_model(self, key: str, model: Any, space: Any) -> None:
        built: list[dict[str, Any]] = []
        for number in range(25):
            trial = draw(space, number)
            chosen = configuration(key, trial.params)
            # a large model takes a second to make, and a number such as its dropout changes no shape
            shape = {name: value for name, value in chosen["model"].items() if not isinstance(value, float)}
            if number < 3 or shape not in built:
                model(3, **chosen["model"])
                built.append(shape)
            for name, value in (space.PUBLISHED | trial.params).items():
                section, part = name.split(".", 1)
                assert chosen[section][part] == value, f"draw {number}, {name}"

    def test_published_values_need_no_layer_on_top(self, key: str, space: Any) -> None:
        chosen = configuration(key)
        for name, value in space.PUBLISHED.items():
            section, part = name.split(".", 1)
            assert chosen[section][part] == value and type(chosen[section][part]) is type(value)

    def test_keys_that_every_user_may_set_are_there(self, space: Any) -> None:
        assert {"recipe.epochs", "recipe.lr", "recipe.batch_size"} <= set(space.PUBLISHED)

    def test_a_parameter_more_leaves_the_draws_of_the_others(self, space: Any) -> None:
        before, after = (optuna.create_study(sampler=NamedSampler(7)) for _ in range(2))
        for _ in range(10):
            plain, longer = before.ask(), after.ask()
            longer.suggest_float("model.another", 0.0, 1.0)
            for trial in (plain, longer):
                space.space(trial)
            assert plain.params and longer.params == {
                "model.another": longer.params["model.another"],
                **plain.params,
            }

    def test_a_parameter_is_drawn_exactly_where_its_condition_holds(self, space: Any) -> None:
        parameters = space.PARAMETERS
        trials = [draw(space, number).params for number in range(60)]
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

    def test_every_ablation_is_a_configuration_unlike_all_others(
        self, key: str, model: Any, space: Any
    ) -> None:
        rows = space.ABLATIONS
        assert next(iter(rows.items())) == ("full", {})
        made: dict[str, Any] = {}
        for row, keys in rows.items():
            safe_name(row)
            layer = {name: value for name, value in keys.items() if name not in ("features", "au")}
            # what a corpus with action units makes of "auto"
            usual = "predicted" if model.uses_aus else "none"
            config, au = configuration(key, layer), keys.get("au", usual)
            settings = Settings(**getattr(space, "EXTRACTION", {}))
            features = chosen(key, keys.get("features", ""), config["recipe"]["image_size"], settings)
            assert au == usual or (model.uses_aus and au in ("none", "annotated")), row
            model(3, **config["model"])
            made[row] = (features, au, config)
        same = [pair for pair in itertools.combinations(made, 2) if made[pair[0]] == made[pair[1]]]
        assert not same


def draw(space: Any, number: int) -> optuna.Trial:
    """The configuration that seed ``number`` draws."""
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=number)).ask()
    space.space(trial)
    return trial
