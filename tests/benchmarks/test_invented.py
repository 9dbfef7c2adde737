"""Folds that train nothing stand in for those that do."""

import inspect

from benchmarks import invented
from orchestrator.runners import inline


def test_the_stand_in_takes_what_training_takes():
    assert inspect.signature(invented.train) == inspect.signature(inline.train)
