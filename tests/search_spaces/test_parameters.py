"""Conditions: what is drawn, in which order, and what a parameter that is not drawn counts as."""

from search_spaces.parameters import Choice, Fixed, Float, Int, published, suggest


class Scripted:
    """A trial that draws given values and writes down what it was asked for."""

    def __init__(self, **values):
        self.values, self.asked = values, []

    def suggest_categorical(self, name, choices):
        return self._next(name)

    def suggest_int(self, name, low, high):
        return self._next(name)

    def suggest_float(self, name, low, high, *, step=None, log=False):
        return self._next(name)

    def _next(self, name):
        self.asked.append(name)
        return self.values[name]


TABLE = {
    "kind": Choice("a", ("a", "b", "c")),
    "fixed": Fixed(1),
    "depth": Int(3, 1, 4, only_if=("kind", "b", "c")),
    "size": Float(0.5, 0.0, 1.0, only_if=("depth", 3)),
    "of_fixed": Choice(0, (0, 1), only_if=("fixed", 2)),
}


def asked(**values):
    suggest(TABLE, trial := Scripted(**values))
    return trial.asked


def test_a_parameter_is_drawn_under_any_of_its_values_and_only_there():
    assert asked(kind="b", depth=3, size=0.1) == ["kind", "depth", "size"]
    assert asked(kind="c", depth=2) == ["kind", "depth"]


def test_a_condition_on_a_parameter_that_is_not_drawn_sees_its_published_value():
    assert asked(kind="a", size=0.1) == ["kind", "size"]  # depth is the published 3


def test_the_published_configuration_has_every_key():
    assert published(TABLE) == {"kind": "a", "fixed": 1, "depth": 3, "size": 0.5, "of_fixed": 0}
