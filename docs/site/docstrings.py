"""Docstrings for the site: aligned columns stay aligned, and a public name without a docstring is a warning,
which a strict build takes for an error."""

from __future__ import annotations

import re
from typing import Any

import griffe

COLUMNS = re.compile(r"^\S.*?\S? {2,}\S|^ {2,}\S", re.MULTILINE)  # "name   what it is", or a line set in


class AsWritten(griffe.Extension):
    """What our docstrings mean: paragraphs are Markdown, except those whose lines are laid out by hand."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Told of every module, class, function and attribute."""
        if obj.docstring:
            obj.docstring.value = as_written(obj.docstring.value)


def as_written(text: str) -> str:
    """A docstring as Markdown. What follows "::" and is set in, is Python."""
    made: list[str] = []
    code = False
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        begins = bool(made) and made[-1].endswith(":")
        if paragraph.startswith("    ") and (code or begins):
            lines = re.sub("^ {4}", "", paragraph, flags=re.MULTILINE)
            made[-1:] = [f"{made[-1][:-3]}\n{lines}\n```"] if code else [made[-1], f"```python\n{lines}\n```"]
            code = True
        else:
            made.append(
                f"```text\n{paragraph}\n```" if COLUMNS.search(paragraph) else paragraph.replace("::", ":")
            )
            code = False
    return "\n\n".join(made)


def undocumented(obj: griffe.Object, members: bool = True) -> list[str]:
    """Paths of ``obj`` and, where its members are shown, of the public functions and classes in it that have
    no docstring."""
    found = []
    needs = obj.is_function or obj.is_class or obj.is_module
    if needs and not obj.docstring and not obj.name.startswith("_"):
        found.append(obj.path)
    for name, member in obj.members.items() if members else ():
        inside = not member.is_alias and not name.startswith("_") and (obj.is_class or obj.is_module)
        if inside and (member.is_function or member.is_class):
            found += undocumented(member)
    return found
