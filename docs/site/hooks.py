"""Parts of the site that are made from the code: ``<!-- modules: FOLDER -->`` lists a folder's files by their
docstrings, ``<!-- options: COMMAND -->`` a command's options. A public name of a ``::: name`` that has no
docstring is a warning, which a strict build takes for an error."""

from __future__ import annotations

import ast
import importlib
import logging
import re
import sys
from pathlib import Path
from typing import Any

import griffe

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "site")]

from docstrings import undocumented  # noqa: E402  beside this file, which is no package

log = logging.getLogger("mkdocs.hooks")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """MkDocs calls this for every page: its text -> the text that is rendered."""
    for name, options in re.findall(r"^::: (\S+)\n((?: {4}.*\n)*)", markdown + "\n", re.MULTILINE):
        for path in undocumented(_object(name), members="members: false" not in options):
            log.warning("%s: %s has no docstring", page.file.src_path, path)
    markdown = re.sub(r"<!-- modules: (\S+)(?: without (.+?))? -->", _modules, markdown)
    markdown = re.sub(r"<!-- fields: (\S+)\.(\w+) -->", _fields, markdown)
    return re.sub(r"<!-- options: (.+?) -->", _options, markdown)


def _object(name: str) -> Any:
    loaded = griffe.load(name, search_paths=[str(ROOT)], resolve_aliases=True)
    return loaded.final_target if loaded.is_alias else loaded


def _modules(match: re.Match[str]) -> str:
    """``### name``, the docstring's first paragraph, and the rest as it is laid out."""
    parts, without = [], (match[2] or "").split()
    for path in sorted((ROOT / match[1]).glob("*.py")):
        if path.stem.startswith("_") or path.stem in without:
            continue
        first, _, rest = (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n\n")
        if not first:
            log.warning("%s has no docstring", path.relative_to(ROOT))
        parts.append(f"### {path.stem}\n\n{first}\n")
        if rest:
            parts.append(f"```text\n{rest}\n```\n")
    return "\n".join(parts)


def _fields(match: re.Match[str]) -> str:
    """One row a field of a class of pydantic's."""
    fields = getattr(importlib.import_module(match[1]), match[2]).model_fields
    rows = ["| field | default |", "|---|---|"]
    for name, field in fields.items():
        default = "needed" if field.is_required() else f"`{field.get_default(call_default_factory=True)!r}`"
        rows.append(f"| `{name}` | {default} |")
    return "\n".join(rows)


def _options(match: re.Match[str]) -> str:
    """One row an option of ``mer COMMAND``."""
    import typer

    module = importlib.import_module("orchestrator.mer")
    first, *others = match[1].split()
    command: Any = typer.main.get_command(importlib.import_module(module.COMMANDS[first][0]).app)
    for name in others if hasattr(command, "commands") else []:
        command = command.commands[name]
    rows = ["| option | default | meaning |", "|---|---|---|"]
    for one in command.params:
        name = (
            " ".join(f"`{word}`" for word in one.opts) if one.opts[0][:1] == "-" else f"`{one.name.upper()}`"
        )
        given = one.default if isinstance(one.default, str | int | float | Path) and one.default != "" else ""
        text = (getattr(one, "help", "") or "").replace("|", "\\|")
        rows.append(f"| {name} | {'' if given is False or given == '' else f'`{given}`'} | {text} |")
    return "\n".join(rows)
