"""Damaged files go out of the way: whoever looks next finds nothing there and makes it again, and the user
can still see what it was."""

from __future__ import annotations

import logging
from pathlib import Path

from preprocessing.places import Place

log = logging.getLogger(__name__)


def set_aside(path: Place, error: Exception) -> None:
    """Rename what lies there, a folder too, to NAME.damaged (or .damaged2 ...), and say so."""
    aside, number = path.with_suffix(".damaged"), 2
    while isinstance(aside, Path) and aside.exists():
        aside, number = path.with_suffix(f".damaged{number}"), number + 1
    log.warning("%s is damaged (%s); set aside as %s and computed again", path, error, aside.name)
    try:
        path.replace(aside)  # type: ignore[arg-type]
    except FileNotFoundError:
        log.warning("%s has been set aside by another process", path)
