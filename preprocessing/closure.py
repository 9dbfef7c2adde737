"""Which of our files decide what a module computes: the modules that it imports, and theirs, and a digest of
them.

Ours are the four packages and the plugins that ``also`` names. Modules are found by their files; nothing is
imported. Counted are imports at the top of a file and inside functions; not those under ``TYPE_CHECKING``,
and not names that are made up while the program runs (``importlib.import_module``): give these as roots.
``from a import b`` counts the module a.b if there is one, else a. The ``__init__`` of one of our packages
names things and computes nothing, so it is not counted; a name that it passes on is followed to the module
that it comes from. A plugin's may hold its code, and is counted.

The digest is of syntax trees: comments, docstrings and the layout of a file do not change it, and Python 3.11
and 3.12 give the same one. A file is read once in a process: what was there first is what the process runs.
"""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

OURS = ("mer_models", "orchestrator", "preprocessing", "search_spaces")
_ROOT = Path(__file__).resolve().parents[1]
_PLUGINS: dict[str, Path] = {}  # module's or package's name -> its .py file or its folder


@dataclass(frozen=True)
class _Source:
    """One file: what it imports, as (module, name or ""), what its names come from, and its tree's digest."""

    imports: tuple[tuple[str, str], ...]
    origins: dict[str, tuple[str, str]]
    tree: str
    counted: bool  # False for the __init__ of a package of ours


def also(name: str, where: Path) -> None:
    """Count a plugin as ours: ``name`` is its module or package, ``where`` the .py file or the package's
    folder. Said again, it replaces what was said of the name before."""
    where = Path(where).resolve()
    if name.split(".")[0] in OURS:
        raise ValueError(f"{name} is a name of this project; give the plugin another one")
    if not where.exists():
        raise FileNotFoundError(f"plugin {name}: {where} does not exist")
    if _PLUGINS.get(name) != where:
        _PLUGINS[name] = where
        for known in (_closure, _needs, _file):
            known.cache_clear()


def modules(roots: Iterable[str], *, without: Collection[str] = ()) -> tuple[str, ...]:
    """Names of the modules of ours that ``roots`` are and import, directly or not, sorted.

    without  modules, or packages with all that is in them, that are left out and not followed.
    Raises ModuleNotFoundError for a root that is no module of ours, ValueError for a root that is one of our
    packages.
    """
    return _closure(frozenset(roots), frozenset(without))[0]


def libraries(roots: Iterable[str], *, without: Collection[str] = ()) -> tuple[str, ...]:
    """Top-level names, sorted, of what the modules of the closure import and is not ours: "numpy", "math"."""
    return _closure(frozenset(roots), frozenset(without))[1]


def digest(
    roots: Iterable[str],
    *,
    without: Collection[str] = (),
    length: int = 16,
    equal: Mapping[tuple[str, str], str] | None = None,
) -> str:
    """``length`` hex digits, at most 64, of the names and syntax trees of ``modules(roots, without)``. Raises
    as that does.

    equal  (module, tree) -> the tree that it counts as, "" for none: the module is then left out.
    """
    text = hashlib.sha256()
    for name in modules(roots, without=without):
        held = tree(name)
        if counted := (equal or {}).get((name, held), held):
            text.update(f"{name}\0{counted}\0".encode())
    return text.hexdigest()[:length]


def tree(name: str) -> str:
    """64 hex digits of a module's syntax tree. Raises ModuleNotFoundError for none of ours."""
    return _source(name).tree


@functools.cache
def _closure(roots: frozenset[str], without: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    for root in sorted(roots):
        if _file(root) is None:
            raise ModuleNotFoundError(
                f"{root} is no module of this project, and no plugin of that name is known"
            )
        if not _source(root).counted:
            raise ValueError(f"{root} is a package, which computes nothing; name a module in it")
    found: set[str] = set()
    foreign: set[str] = set()
    to_do = [name for root in sorted(roots) for name in _behind(root, "")]
    while to_do:
        name = to_do.pop()
        if name in found or any(name == left or name.startswith(f"{left}.") for left in without):
            continue
        source = _source(name)
        if source.counted:
            found.add(name)
            to_do += _needs(name)
            foreign |= {module.split(".")[0] for module, _ in source.imports if not _ours(module)}
    return tuple(sorted(found)), tuple(sorted(foreign))


@functools.cache
def _needs(name: str) -> tuple[str, ...]:
    """The modules of ours that a module names itself."""
    every = (found for module, what in _source(name).imports for found in _behind(module, what))
    return tuple(dict.fromkeys(every))


def _behind(module: str, name: str) -> Iterator[str]:
    """The modules that ``from module import name`` needs; without a name, ``import module``."""
    seen: set[tuple[str, str]] = set()
    while (module, name) not in seen and _ours(module):
        seen.add((module, name))
        # a plugin's packages are run on the way to a module in them
        yield from (package for package in _packages(module) if _source(package).counted)
        inner = f"{module}.{name}"
        if name and _file(inner) is not None:
            yield inner
            return
        if _file(module) is None:
            return
        yield module
        if _source(module).counted or name not in _source(module).origins:
            return
        module, name = _source(module).origins[name]


def _packages(module: str) -> Iterator[str]:
    parts = module.split(".")
    for end in range(1, len(parts)):
        package = ".".join(parts[:end])
        if _file(package) is not None:
            yield package


def _ours(module: str) -> bool:
    return module.split(".")[0] in OURS or any(
        module == name or module.startswith(f"{name}.") for name in _PLUGINS
    )


@functools.cache
def _file(name: str) -> Path | None:
    """The file of a module of ours, a package's ``__init__``; None if there is none."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        start = _PLUGINS.get(".".join(parts[:end]))
        if start is None and end == 1 and parts[0] in OURS:
            start = _ROOT / parts[0]
        if start is None:
            continue
        rest = parts[end:]
        if start.is_file():
            return None if rest else start
        path = start.joinpath(*rest)
        choices = [path / "__init__.py", *([path.with_name(f"{path.name}.py")] if rest else [])]
        return next((choice for choice in choices if choice.is_file()), None)
    return None


def _source(name: str) -> _Source:
    path = _file(name)
    if path is None:
        raise ModuleNotFoundError(f"{name} is no module of this project, and no plugin of that name is known")
    return _read(name, path)


@functools.cache
def _read(name: str, path: Path) -> _Source:
    tree = ast.parse(path.read_bytes(), str(path))
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    imports: list[tuple[str, str]] = []
    origins: dict[str, tuple[str, str]] = {}
    for node in _run(tree):
        if isinstance(node, ast.Import):
            imports += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, package)
            imports += [(module, alias.name) for alias in node.names]
            origins |= {alias.asname or alias.name: (module, alias.name) for alias in node.names}
    counted = path.name != "__init__.py" or name.split(".")[0] not in OURS
    text = hashlib.sha256("".join(_text(tree)).encode()).hexdigest()
    return _Source(tuple(dict.fromkeys(imports)), origins, text, counted)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The module that ``from ..a import b`` means in ``package``."""
    if not node.level:
        return node.module or ""
    above = package.split(".")
    above = above[: len(above) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but what stands under ``if TYPE_CHECKING:``."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for other in child.orelse:
                yield from _run(other)
        else:
            yield from _run(child)


def _text(node: object) -> Iterator[str]:
    """A tree as text. Left out is what does not matter or depends on Python's version: positions, strings
    that stand alone (docstrings), empty fields, the parts that an f-string's words are cut into."""
    if isinstance(node, ast.AST):
        yield f"({type(node).__name__}"
        for field, value in ast.iter_fields(node):
            if value is None or value == [] or (field == "kind" and isinstance(node, ast.Constant)):
                continue
            if isinstance(node, ast.JoinedStr):
                value = _joined(node)
            elif field == "format_spec" and isinstance(value, ast.JoinedStr) and not _joined(value):
                continue
            yield f" {field}="
            yield from _text(value)
        yield ")"
    elif isinstance(node, list):
        yield "["
        for item in node:
            if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)):
                yield from _text(item)
                yield ","
        yield "]"
    else:
        yield ascii(node)  # not repr: which letters can be printed depends on Python's version


def _joined(node: ast.JoinedStr) -> list[object]:
    """The parts of an f-string: values, and between them each run of words as one string."""
    parts: list[object] = []
    for value in node.values:
        words = str(value.value) if isinstance(value, ast.Constant) else ""
        if not isinstance(value, ast.Constant):
            parts.append(value)
        elif words and parts and isinstance(parts[-1], str):
            parts[-1] += words
        elif words:
            parts.append(words)
    return parts
