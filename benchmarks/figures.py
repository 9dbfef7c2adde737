"""The end of every benchmark of orchestration: its figures as lines, and last as one JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def show(figures: Mapping[str, Any], digits: int = 3) -> None:
    """Print the figures; numbers that are not whole with so many digits."""
    for key, value in figures.items():
        print(f"{key:18} {value:.{digits}f}" if isinstance(value, float) else f"{key:18} {value}")
    print(json.dumps({k: round(v, digits) if isinstance(v, float) else v for k, v in figures.items()}))
