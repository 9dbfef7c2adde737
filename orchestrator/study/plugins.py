"""Models, protocols and schedulers of somebody's own; preprocessing/plugins.py says what a plugin is, and
adds corpora and inputs.

MODEL      a class as those of mer_models are; beside it PARAMETERS, PUBLISHED, ABLATIONS and ``space``, as in
           the files of search_spaces; and EXTRACTION, which may lack.
PROTOCOL   a protocols.Protocol.
SCHEDULER  what gives a new search.schedulers.Scheduler when it is called.
Entry points of installed packages: groups ``mer.models`` and ``mer.protocols``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from types import ModuleType
from typing import Any

from mer_models import MODELS
from orchestrator.common.registry import Registry
from orchestrator.protocols import PROTOCOLS, Protocol
from preprocessing import closure
from preprocessing import plugins as shared
from preprocessing.plugins import OFFERS, Plugin, PluginError, read
from search_spaces import SPACES

__all__ = ["OFFERS", "Plugin", "PluginError", "discover", "install", "of_model", "read"]

BESIDE_MODEL = ("PARAMETERS", "PUBLISHED", "ABLATIONS", "space")
OF_MODEL = ("paper", "n_parameters", "takes", "default_features", "uses_aus")


def install(
    plugins: Collection[Plugin],
    *,
    only: Collection[str] = OFFERS,
    schedulers: Registry[Callable[[], Any]] | None = None,
) -> None:
    """Add all that the plugins offer, and what entry points name, to the registries of this process. Again,
    it does nothing.

    only        some of OFFERS: a worker that trains asks for ("MODEL",), and imports no plugin but of models.
    schedulers  the registry SCHEDULERS, which lies in a room below this one; without it, schedulers are left
                out: no worker needs any.
    Raises PluginError for a plugin that cannot be loaded, that lacks something, or whose name is taken.
    """
    discover(only)
    shared.install(plugins, only=only)
    if "MODEL" in only:
        shared.add_all(plugins, "MODEL", check_model, _add_model)
    if "PROTOCOL" in only:
        shared.add_all(plugins, "PROTOCOL", check_protocol, _add_protocol)
    if "SCHEDULER" in only and schedulers is not None:
        shared.add_all(plugins, "SCHEDULER", check_scheduler, functools.partial(_add_scheduler, schedulers))


def discover(only: Collection[str] = OFFERS) -> tuple[str, ...]:
    """Name in the registries what the entry points of installed packages offer; imports none of it.

    A faulty module, or a name that two packages give, is a PluginError when it is asked for. Returns a
    sentence for each that is left out because its name is one of ours.
    """
    return shared.discover(only) + _discover()


@functools.cache
def _discover() -> tuple[str, ...]:
    models, protocols = (shared.entry_points(group) for group in ("mer.models", "mer.protocols"))
    return (
        *shared.announce(models, "model", check_model, MODELS, _add_model_later),
        *shared.announce(protocols, "protocol", check_protocol, PROTOCOLS, _add_protocol_later),
    )


def of_model(name: str) -> Plugin | None:
    """The plugin that a model came with; None for one of ours or of an installed package."""
    return shared.owner("model", name)


def check_model(module: Any, where: str, key: str) -> None:
    """Raises PluginError unless the module has a model with all that is asked of it. ``key`` is not used."""
    missing = shared.lacking(module, ("MODEL", *BESIDE_MODEL))
    if hasattr(module, "MODEL"):
        if not isinstance(module.MODEL, type):
            raise PluginError(f"{where}: MODEL must be a class of nn.Module, got {module.MODEL!r}")
        missing += [f"MODEL.{name}" for name in shared.lacking(module.MODEL, OF_MODEL)]
    if missing:
        raise PluginError(f"{where} offers a model and lacks {', '.join(missing)}; see examples/my_model.py")
    try:
        closure.modules([module.MODEL.__module__])
    except ModuleNotFoundError as error:
        raise PluginError(
            f"{where}: MODEL is a class of {module.MODEL.__module__}, whose code is no part of the plugin "
            "and so of no result's version; derive a class of your own from it"
        ) from error


def check_protocol(module: Any, where: str, key: str) -> None:
    """Raises PluginError unless PROTOCOL is a Protocol. ``key`` is not used."""
    if not isinstance(getattr(module, "PROTOCOL", None), Protocol):
        raise PluginError(
            f"{where}: PROTOCOL must be an orchestrator.protocols.Protocol, got "
            f"{getattr(module, 'PROTOCOL', None)!r}; see examples/my_protocol.py"
        )


def check_scheduler(module: Any, where: str, key: str) -> None:
    """Raises PluginError unless SCHEDULER gives something with the methods of one. ``key`` is not used."""
    made = module.SCHEDULER() if callable(module.SCHEDULER) else None
    if missing := shared.lacking(made, ("reports", "completed", "failed")):
        raise PluginError(f"{where}: what SCHEDULER() gives lacks {', '.join(missing)}")


def _add_model(key: str, module: ModuleType) -> None:
    if shared.claim("model", key, module.__name__, MODELS):
        MODELS.add(key, module.MODEL)
        SPACES.add(key, module)


def _add_model_later(name: str, module: str, load: Callable[[], ModuleType]) -> None:
    MODELS.add_later(name, lambda: load().MODEL)
    SPACES.add_later(name, load)


def _add_protocol(key: str, module: ModuleType) -> None:
    if shared.claim("protocol", key, module.__name__, PROTOCOLS):
        PROTOCOLS.add(key, module.PROTOCOL)


def _add_protocol_later(name: str, module: str, load: Callable[[], ModuleType]) -> None:
    PROTOCOLS.add_later(name, lambda: load().PROTOCOL)


def _add_scheduler(schedulers: Registry[Callable[[], Any]], key: str, module: ModuleType) -> None:
    if shared.claim("scheduler", key, module.__name__, schedulers):
        schedulers.add(key, module.SCHEDULER)
