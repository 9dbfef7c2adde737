"""A page of sentences, tables and pictures, for a comparison and an experiment: one HTML file that loads
nothing and runs no script."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator.results.page.formats import Rows
from orchestrator.results.page.templates import template
from orchestrator.workspace import sealed


def write(
    path: Path,
    title: str,
    sentences: Sequence[str],
    tables: Sequence[Rows],
    pictures: Mapping[str, Path],
    notes: Sequence[str],
) -> None:
    """Write the page, whole or not at all. sentences: above the tables; notes: below all. pictures: name ->
    PNG file. Raises OSError."""
    held = {name: base64.b64encode(one.read_bytes()).decode() for name, one in pictures.items()}
    text = template("plain.html.j2").render(
        title=title, sentences=sentences, tables=tables, pictures=held, notes=notes
    )
    sealed.write(path, lambda temporary: temporary.write_bytes(text.encode()))
