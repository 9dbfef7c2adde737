"""Names and texts as every MLflow takes them. One that is refused would take all the scores of its batch with
it.

Names of metrics and parameters: letters of any alphabet, digits, ``_ - .``, spaces and slashes (a colon only
from MLflow 3 on), at most 250, and none that would lead elsewhere as a path. A slash makes a group of charts,
so a name of the user's never holds one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from orchestrator.study.jobs import digest

LONGEST_PART = 80  # of a name of the user's; a metric's name holds two and a rule's at most
LONGEST_VALUE = 500  # of a parameter: MLflow 2 takes no more
LONGEST_TAG = 5000
CUT = " ... (cut)"


def parts(names: Iterable[str]) -> dict[str, str]:
    """Each name -> what stands for it in the name of a metric: itself where it may, else with ``_`` for each
    character that may not be there. Two that would become equal get a digest of the name behind them."""
    asked = list(dict.fromkeys(names))
    plain = {name: _part(name) for name in asked}
    often = Counter(plain.values())
    return {name: one if often[one] == 1 else f"{one}-{digest(name, 6)}" for name, one in plain.items()}


def _part(name: str) -> str:
    made = re.sub(r"[^\w.\- ]", "_", name)
    if not made.strip(". "):
        made = "_" * max(1, len(made))  # "." and ".." are paths
    return made if len(made) <= LONGEST_PART else f"{made[: LONGEST_PART - 7]}-{digest(name, 6)}"


def cut(text: str, longest: int) -> str:
    """The text, at most so long; one that is longer says that it was cut."""
    return text if len(text) <= longest else text[: longest - len(CUT)] + CUT
