"""Registries as they were: what a test adds is there for that test alone."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mer_models import MODELS
from orchestrator.protocols import PROTOCOLS
from orchestrator.search.schedulers import SCHEDULERS
from orchestrator.study import plugins as of_study
from orchestrator.study import versions
from preprocessing import closure, plugin_source, plugins
from preprocessing.datasets import DATASETS
from preprocessing.inputs import INPUTS
from search_spaces import SPACES


@contextmanager
def untouched() -> Iterator[None]:
    """Everything that plugins and entry points add to is put back at the end, and ``sys.path``."""
    _ = len(INPUTS)  # its names are read when they are first asked for
    tables = [
        MODELS._added, SPACES._added, PROTOCOLS._later, SCHEDULERS._later, DATASETS._modules, DATASETS._loads,
        INPUTS._modules, INPUTS._loads, plugins._OWNERS, plugin_source._LOADED, plugin_source._ORIGINALS,
        closure._PLUGINS,
    ]  # fmt: skip
    held, path, modules = [dict(table) for table in tables], list(sys.path), set(sys.modules)
    _forget_answers()
    try:
        yield
    finally:
        for table, before in zip(tables, held, strict=True):
            table.clear()
            table.update(before)
        sys.path[:] = path
        _forget_answers()
        closure._closure.cache_clear()
        for name in set(sys.modules) - modules:
            if name.split(".")[0] in ("mer_plugins", "lab"):
                del sys.modules[name]


def _forget_answers() -> None:
    for said in (of_study._discover, plugins._discover_corpora, plugins._discover_inputs, versions._version):
        said.cache_clear()
