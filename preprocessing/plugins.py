"""A person's own model, corpus, input, protocol or scheduler, from her own file: nothing of ours is edited.

A plugin is a Python file, a folder with an ``__init__.py``, or a module that can be imported. What it offers
is said by plain names in it, as our own files say it: ``MODEL``, ``CORPUS`` (with ``clips``), ``INPUTS``,
``PROTOCOL``, ``SCHEDULER``. It is known by its module's last name: ``my_model.py`` offers "my_model".

It travels as text (Plugin), so that a worker needs none of its files: there the text is written into a
private folder, which goes when the process ends. **A plugin is code: whoever installs one runs it.** What
travels are ``.py`` files: a file alone, all of a folder, or all of the package that a module is part of.
Other files and other packages do not; every host has to have those.

Installed packages may offer the same by entry points, groups ``mer.corpora`` and ``mer.inputs`` here,
``mer.models`` and ``mer.protocols`` in orchestrator/study/plugins.py: name = module. They do not travel: such
a package is a library, and stands on every host.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Collection, Iterable, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

from preprocessing import closure
from preprocessing.plugin_source import (
    LOCK,
    OFFERS,
    Plugin,
    PluginError,
    forget,
    last_line,
    load,
    loaded,
    read,
)

__all__ = ["OFFERS", "Plugin", "PluginError", "discover", "install", "load", "read"]


def lacking(module: object, names: Iterable[str]) -> list[str]:
    """The names, all of them, that the module or class has not."""
    return [name for name in names if not hasattr(module, name)]


_OWNERS: dict[tuple[str, str], str] = {}  # (kind of thing, name) -> the module that has added it


def claim(what: str, name: str, module: str, registry: Mapping[str, Any]) -> bool:
    """True if ``name`` is free, and now the module's; False if it was the module's before.

    what  the kind of thing: "model". Raises PluginError where the name is taken, and says by what.
    """
    by = _OWNERS.get((what, name))
    if by == module:
        return False
    if by is not None or name in registry:
        raise PluginError(
            f"plugin {module}: the {what} name {name!r} is taken by {by or 'this project'}; rename yours"
        )
    _OWNERS[what, name] = module
    return True


def owner(what: str, name: str) -> Plugin | None:
    """The plugin that the thing of this name came with; None for ours, and for one of an entry point."""
    return loaded(_OWNERS.get((what, name), ""))


Check = Callable[[Any, str, str], None]  # module, how a message names it, its key


def add_all(plugins: Iterable[Plugin], offer: str, check: Check, add: Callable[[str, Any], None]) -> None:
    """Load and check every plugin that offers ``offer``, then call ``add(key, module)``.

    A plugin that fails is forgotten, so that it can be mended and tried again in this process.
    """
    for plugin in plugins:
        if offer in plugin.offers:
            with LOCK:
                module = load(plugin)
                try:
                    check(module, f"plugin {plugin.name}", plugin.key)
                    add(plugin.key, module)
                except PluginError:
                    if plugin.name not in _OWNERS.values():
                        forget(plugin)
                    raise


def install(plugins: Collection[Plugin], *, only: Collection[str] = ("CORPUS", "INPUTS")) -> None:
    """Add their corpora and inputs to DATASETS and INPUTS, and those of entry points, in any process. Again,
    it does nothing.

    A plugin that offers neither, or none of ``only``, is not imported: a node that preprocesses may lack what
    a model needs, and one that trains what an input needs.
    Raises PluginError for a plugin that cannot be loaded, that lacks something, or whose name is taken.
    """
    discover(only)
    if "CORPUS" in only:
        add_all(plugins, "CORPUS", check_corpus, _add_corpus)
    if "INPUTS" in only:
        add_all(plugins, "INPUTS", check_inputs, _add_inputs)


def check_corpus(module: Any, where: str, key: str) -> None:
    """Raises PluginError for a module that is no sound description of the corpus ``key``."""
    from preprocessing.datasets.facts import faults

    if wrong := faults(module):
        raise PluginError(f"{where} offers a corpus, and {'; '.join(wrong)}; see examples/my_corpus.py")
    if key != module.CORPUS:  # of an entry point; a file's own name is among the facts
        raise PluginError(f"{where}: it names the corpus {key!r}, its module {module.CORPUS!r}")


def check_inputs(module: Any, where: str, key: str) -> None:
    """Raises PluginError unless INPUTS holds inputs by name. ``key`` is not used."""
    made = module.INPUTS
    if not isinstance(made, Mapping) or not made:
        raise PluginError(f"{where}: INPUTS must be {{name: Input}}, got {made!r}; see examples/my_input.py")
    for name, one in made.items():
        if missing := lacking(one, ("kind", "unit", "dtype", "channels", "shape", "collector")):
            raise PluginError(
                f"{where}: the input {name!r} lacks {', '.join(missing)}; derive it from "
                "preprocessing.inputs.view.Input, see examples/my_input.py"
            )


def _add_corpus(key: str, module: ModuleType) -> None:
    from preprocessing.datasets import DATASETS

    if claim("corpus", key, module.__name__, DATASETS):
        DATASETS.add(key, module.__name__)


def _add_inputs(key: str, module: ModuleType) -> None:
    from preprocessing.inputs import INPUTS

    for name in module.INPUTS:
        if claim("input", name, module.__name__, INPUTS):
            INPUTS.add(name, module.__name__)


def discover(only: Collection[str] = ("CORPUS", "INPUTS")) -> tuple[str, ...]:
    """Name the corpora and inputs of installed packages in DATASETS and INPUTS; imports none of them.

    Returns a sentence for each that is left out because its name is one of ours.
    """
    left_out: tuple[str, ...] = ()
    if "CORPUS" in only:
        left_out += _discover_corpora()
    if "INPUTS" in only:
        left_out += _discover_inputs()
    return left_out


@functools.cache
def _discover_corpora() -> tuple[str, ...]:
    if not (points := entry_points("mer.corpora")):
        return ()
    from preprocessing.datasets import DATASETS

    return announce(points, "corpus", check_corpus, DATASETS, DATASETS.add)


@functools.cache
def _discover_inputs() -> tuple[str, ...]:
    if not (points := entry_points("mer.inputs")):
        return ()
    from preprocessing.inputs import INPUTS  # imports OpenCV, which a node that trains may lack

    return announce(points, "input", _check_input, INPUTS, INPUTS.add)


def _check_input(module: Any, where: str, key: str) -> None:
    if key not in getattr(module, "INPUTS", {}):
        raise PluginError(f"{where}: INPUTS holds no {key!r}; the entry point has the name of an input")
    check_inputs(module, where, key)


def entry_points(group: str) -> dict[str, list[EntryPoint]]:
    """Name -> the entry points of that name and group; more than one where packages disagree."""
    found: dict[str, list[EntryPoint]] = {}
    for point in sorted(importlib.metadata.entry_points(group=group), key=lambda p: (p.name, p.value)):
        found.setdefault(point.name, []).append(point)
    return found


Load = Callable[[], ModuleType]


def announce(
    points: Mapping[str, list[EntryPoint]],
    what: str,
    check: Check,
    registry: Mapping[str, Any],
    add: Callable[[str, str, Load], None],
) -> tuple[str, ...]:
    """Call ``add(name, module, load)`` for each name that is free. ``load`` imports and checks the module:
    it raises PluginError for a faulty one, and for a name that two packages give.

    Returns a sentence for each name that is one of ours: ours stays.
    """
    left_out = []
    for name, offered in points.items():
        if name in registry:
            said = " and ".join(map(_said, offered))
            left_out.append(f"{said}: left out, the {what} name {name!r} is taken by this project")
            continue
        _OWNERS[what, name] = offered[0].module
        for point in offered:
            _tell_closure(point)
        add(name, offered[0].module, functools.partial(_imported, offered, check))
    return tuple(left_out)


def _said(point: EntryPoint) -> str:
    package = f"{point.dist.name} {point.dist.version}" if point.dist else "an installed package"
    return f"entry point {point.group}: {point.name} = {point.value} of {package}"


def _tell_closure(point: EntryPoint) -> None:
    """The code of the package is part of the version of what uses it."""
    top = point.module.partition(".")[0]
    spec = importlib.util.find_spec(top)
    if spec is None or spec.origin is None or top in closure.OURS:
        return  # not there: said when it is asked for
    places = spec.submodule_search_locations
    closure.also(top, Path(places[0] if places else spec.origin))


def _imported(offered: list[EntryPoint], check: Check) -> ModuleType:
    where = " and ".join(map(_said, offered))
    if len(offered) > 1:
        raise PluginError(
            f"{where}: one name for two things; uninstall a package, or give its file with --plugin"
        )
    (point,) = offered
    if point.attr:
        raise PluginError(f"{where}: the value must be a module, without ':{point.attr}'")
    try:
        module = importlib.import_module(point.module)
    except (Exception, SystemExit) as error:  # whatever a stranger's module may raise
        raise PluginError(f"{where}: raises on import: {last_line(error)}") from error
    check(module, where, point.name)
    return module
