"""The source text of a plugin: read without being run, sent to other processes, imported in any of them.
plugins.py says what a plugin is."""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import keyword
import os
import symtable
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

from preprocessing import closure
from preprocessing.errors import BadInput
from preprocessing.regular import not_regular, shut

PARENT = "mer_plugins"  # package of what is given as a path, so that a file can shadow no other module
OFFERS = ("MODEL", "CORPUS", "INPUTS", "PROTOCOL", "SCHEDULER")
OURS = (*closure.OURS, PARENT)
LARGEST = 4 << 20  # characters of source; more is no plugin but a library


class PluginError(BadInput):
    """A plugin cannot be read, imported or added. Names the file, the rule and the next step."""


@dataclass(frozen=True)
class Plugin:
    """The source text of one plugin. It pickles, compares and hashes by that text, wherever it was read.

    name   of its module: "mer_plugins.my_model" for a path, "lab.my_model" for a module.
    files  (path below the folder that modules are looked up in, text), sorted: "mer_plugins/my_model.py".
    Raises PluginError for a path that leads elsewhere, for text that is not Python, for a plugin without its
    own file, and for one that offers nothing.
    """

    name: str
    files: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        for path, text in self.files:
            if PurePosixPath(path).is_absolute() or ".." in path.split("/") or not path.endswith(".py"):
                raise PluginError(f"plugin {self.name}: {path!r} is no path of a .py file below its folder")
            _symbols(text, path)
        if not self.offers:
            raise PluginError(
                f"plugin {self.name} offers nothing: {self.main} sets none of {', '.join(OFFERS)}; "
                "see examples/"
            )

    @property
    def key(self) -> str:
        """The name that a user types: "my_model"."""
        return self.name.rpartition(".")[2]

    @property
    def main(self) -> str:
        """The path of the module's own file among ``files``."""
        stem = self.name.replace(".", "/")
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if path in dict(self.files):
                return path
        raise PluginError(f"plugin {self.name}: neither {stem}.py nor {stem}/__init__.py is among its files")

    @property
    def offers(self) -> frozenset[str]:
        """Which of OFFERS the module's own file sets, by its text: nothing is imported."""
        return frozenset(OFFERS) & _symbols(dict(self.files)[self.main], self.main)

    @property
    def modules(self) -> dict[str, str]:
        """Module name -> path among ``files``."""
        return {
            path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path
            for path, _ in self.files
        }

    def to_dict(self) -> dict[str, Any]:
        """{"name": ..., "files": {path: text}}, as JSON takes it."""
        return {"name": self.name, "files": dict(self.files)}

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Plugin:
        """The plugin that ``to_dict`` described."""
        return cls(described["name"], tuple(sorted(described["files"].items())))


def read(where: str | os.PathLike[str]) -> Plugin:
    """The plugin at ``where``: path of a ``.py`` file or of a folder with ``__init__.py``, or a module's
    name.

    Imports nothing. Raises PluginError where there is none, or it is no UTF-8 text, no Python, or offers
    nothing.
    """
    where = os.fspath(where)
    path = Path(where)
    if where.endswith(".py") or len(path.parts) != 1 or shut(path) or (path / "__init__.py").is_file():
        base, top, name = _by_path(path.resolve())
    else:
        base, top, name = _by_module(where)
    paths = {top: base} if base.is_file() else {
        f"{top}/{file.relative_to(base).as_posix()}": file for file in sorted(base.rglob("*.py"))
    }  # fmt: skip
    if sum(file.stat().st_size for file in paths.values()) > LARGEST:
        raise PluginError(
            f"plugin {where}: over {LARGEST >> 20} MiB of source; give the one file or a smaller folder"
        )
    plugin = Plugin(name, tuple(sorted((place, _text(file)) for place, file in paths.items())))
    _ORIGINALS[plugin] = paths
    return plugin


def _by_path(path: Path) -> tuple[Path, str, str]:
    """File or folder; its place below the folder of modules; the module's name."""
    if (why := shut(path)) or (not path.is_dir() and (why := not_regular(path))):
        raise PluginError(f"plugin {why}")
    if not (path / "__init__.py").is_file() and not path.is_file():
        raise PluginError(f"plugin {path}: no such file, and no folder with an __init__.py")
    if path.is_file() and path.suffix != ".py":
        raise PluginError(f"plugin {path}: a plugin is a .py file or a folder with an __init__.py")
    stem = path.stem if path.is_file() else path.name
    if not stem.isidentifier() or keyword.iskeyword(stem):
        raise PluginError(
            f"plugin {path}: {stem!r} is no Python name; rename it to letters, digits and '_', no digit first"
        )
    return path, f"{PARENT}/{path.name}", f"{PARENT}.{stem}"


def _by_module(name: str) -> tuple[Path, str, str]:
    top = name.partition(".")[0]
    if not all(part.isidentifier() for part in name.split(".")):
        raise PluginError(f"plugin {name!r} is neither a path of a .py file or folder nor a module's name")
    if top in OURS:
        raise PluginError(
            f"plugin {name}: {top} is a package of this project; a plugin is a file of your own"
        )
    spec = importlib.util.find_spec(top)  # of the package alone: to look further would import it
    if spec is not None and spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))), top, name
    if spec is not None and spec.origin is not None and spec.origin.endswith(".py") and name == top:
        return Path(spec.origin), f"{top}.py", name
    raise PluginError(
        f"plugin {name}: no module of that name can be imported; give the path of its file, or "
        "install its package"
    )


def _text(file: Path) -> str:
    if why := not_regular(file) or shut(file):
        raise PluginError(f"plugin {why}")
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise PluginError(f"plugin {file}: no UTF-8 text ({error.reason} at byte {error.start})") from error
    except OSError as error:
        raise PluginError(f"plugin {file}: cannot be read: {error.strerror}") from error


def _symbols(text: str, path: str) -> set[str]:
    """Names that stand at the top of a module's text: set, imported or defined."""
    try:
        table = symtable.symtable(text, path, "exec")
    except SyntaxError as error:
        raise PluginError(
            f"plugin file {path}, line {error.lineno}: not valid Python: {error.msg}"
        ) from error
    except ValueError as error:  # a null byte
        raise PluginError(f"plugin file {path}: not valid Python: {error}") from error
    return {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}


LOCK = threading.RLock()
_ORIGINALS: dict[Plugin, dict[str, Path]] = {}  # where this process has read it
_LOADED: dict[str, tuple[Plugin, ModuleType]] = {}  # by module name


def load(plugin: Plugin) -> ModuleType:
    """The plugin's module, imported once: from the file that ``read`` found in this process, else from its
    text.

    Raises PluginError if it raises on import, if this process holds other text of that name, or if a package
    of that name with other text is installed here.
    """
    with LOCK:
        held = _LOADED.get(plugin.name)
        if held is None:
            paths = _on_disk(plugin)
            held = _LOADED[plugin.name] = (plugin, _imported(plugin, paths))
            _tell_closure(plugin, paths[plugin.main])
        if held[0] != plugin:
            raise PluginError(
                f"plugin {plugin.name}: this process holds other code of that name; start a new one, "
                "or rename the file"
            )
        return held[1]


def _on_disk(plugin: Plugin) -> dict[str, Path]:
    """Path among the plugin's files -> the file here that holds its text."""
    original = _ORIGINALS.get(plugin)
    if original and all(
        file.is_file() and _text(file) == dict(plugin.files)[p] for p, file in original.items()
    ):
        return original
    top = plugin.name.partition(".")[0]
    if top != PARENT and importlib.util.find_spec(top) is not None:
        here = read(plugin.name)
        if here != plugin:
            raise PluginError(
                f"plugin {plugin.name}: the package {top} that is installed here is another version of it; "
                "install one version on every host, or on none but your own"
            )
        return _ORIGINALS[here]
    folder = tempfile.TemporaryDirectory(prefix="mer_plugin_")  # for this user alone
    atexit.register(folder.cleanup)
    written = {path: Path(folder.name, path) for path, _ in plugin.files}
    for path, text in plugin.files:
        written[path].parent.mkdir(parents=True, exist_ok=True)
        written[path].write_text(text, "utf-8")
    if top != PARENT:
        sys.path.append(folder.name)
    return written


def _tell_closure(plugin: Plugin, main: Path) -> None:
    """The plugin's code is part of the version of what uses it."""
    if plugin.name.startswith(f"{PARENT}."):
        name, where = plugin.name, main.parent if main.name == "__init__.py" else main
    else:
        depth = plugin.main.count("/")
        name, where = plugin.name.partition(".")[0], main.parents[depth - 1] if depth else main
    closure.also(name, where)
    closure.modules([plugin.name])  # read now, before anybody edits the file


def _imported(plugin: Plugin, paths: Mapping[str, Path]) -> ModuleType:
    before = set(sys.modules)
    try:
        return _import(plugin.name, paths[plugin.main])
    except (Exception, SystemExit) as error:  # whatever a stranger's module may raise
        for name in set(plugin.modules) - before:
            sys.modules.pop(name, None)
        own = {str(path): path for path in paths.values()}
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in own]
        line = f", line {frames[-1].lineno}" if frames else ""
        file = frames[-1].filename if frames else paths[plugin.main]
        raise PluginError(f"plugin {file}{line}: raises on import: {last_line(error)}") from error


def last_line(error: BaseException) -> str:
    """ "ValueError: what it says"."""
    return traceback.format_exception_only(error)[-1].strip()


def _import(name: str, file: Path) -> ModuleType:
    parent, _, key = name.rpartition(".")
    if parent != PARENT:
        return importlib.import_module(name)
    if PARENT not in sys.modules:
        sys.modules[PARENT] = importlib.util.module_from_spec(ModuleSpec(PARENT, None, is_package=True))
    inner = [str(file.parent)] if file.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=inner)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    setattr(sys.modules[PARENT], key, module)
    return module


def forget(plugin: Plugin) -> None:
    """Take a module that proved faulty out of this process, so that it can be mended and tried again."""
    with LOCK:
        _LOADED.pop(plugin.name, None)
        for name in plugin.modules:
            sys.modules.pop(name, None)


def loaded(name: str) -> Plugin | None:
    """The plugin whose module of this name ``load`` has imported here."""
    held = _LOADED.get(name)
    return held[0] if held else None
