"""The templates of this room. Every text that they show is escaped; a name that they lack is an error."""

from __future__ import annotations

from importlib import resources

import jinja2

from orchestrator.results.page import formats


def template(name: str) -> jinja2.Template:
    """Of a file NAME of this folder."""
    loader = jinja2.FunctionLoader(lambda one: (resources.files(__package__) / one).read_text())
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["cell"] = formats.text
    return environment.get_template(name)
