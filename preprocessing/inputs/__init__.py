"""What a model can be fed with: one file per kind of input, one name per feature set.

An input is told of a clip's aligned frames one after the other (``collector``), so that one decoding serves
every input asked for, and nothing holds a whole clip. A corpus of flow pictures has no frames: some inputs
can be read off the picture. What an input is: view.Input. A file says ``INPUTS = {name: Input}``; here they
are merged.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from preprocessing.inputs.settings import Settings, SettingsError

if TYPE_CHECKING:  # it imports OpenCV
    from preprocessing.inputs.view import Input

__all__ = ["INPUTS", "NameTaken", "Settings", "SettingsError"]

FILES = ("roi_flow", "onset_apex_flow", "motion_image", "frame_crops", "roi_maps")


class NameTaken(ValueError):
    """An input's name is given to another one already."""


class _Registry(Mapping[str, "Input"]):
    """Input by name. Our files are imported when the first name is asked for, a file that was added when one
    of its names is."""

    def __init__(self) -> None:
        self._loads: dict[str, Callable[[], Any]] = {}

    @cached_property
    def _modules(self) -> dict[str, str]:
        modules = [f"{__name__}.{file}" for file in FILES]
        return {name: module for module in modules for name in importlib.import_module(module).INPUTS}

    def __getitem__(self, name: str) -> Input:
        module = self._modules[name]
        load = self._loads.get(name)
        found: Input = (importlib.import_module(module) if load is None else load()).INPUTS[name]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def module(self, name: str) -> str:
        """Name of the module that declares an input: where its closure starts. Raises KeyError."""
        return self._modules[name]

    def add(self, name: str, module: str, load: Callable[[], Any] | None = None) -> None:
        """Add the input ``INPUTS[name]`` of a module, which is imported, or given by ``load``, when the input
        is asked for.

        Said again it changes nothing. Raises NameTaken for a name that another module has.
        """
        if self._modules.setdefault(name, module) != module:
            raise NameTaken(
                f"the input {name!r} of {module} is there already, from {self._modules[name]}; rename it"
            )
        if load is not None:
            self._loads[name] = load


INPUTS = _Registry()
