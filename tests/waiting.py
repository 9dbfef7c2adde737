"""Waiting for what happens, not for the clock: a busy machine makes such a test slower, and never red."""

import time
from collections.abc import Callable
from pathlib import Path

LIMIT = 600.0  # seconds; ends what hangs, and says nothing of how fast a machine should be


def until(true: Callable[[], object], what: str, limit: float = LIMIT) -> None:
    """Return once ``true()``. Raises AssertionError, with ``what`` in it, when that does not come."""
    end = time.monotonic() + limit
    while not true():
        assert time.monotonic() < end, f"{what}: not within {limit:g} s"
        time.sleep(0.02)


MODEL = '''"""STSTNet, which stops before a fold while {folds} holds so many results and {go} is not there."""

import time
from pathlib import Path

from mer_models.ststnet import STSTNet
from search_spaces.ststnet import ABLATIONS, PARAMETERS, PUBLISHED, space


class MODEL(STSTNet):
    def __init__(self, n_classes, *, dropout=0.5):
        super().__init__(n_classes, dropout=dropout)
        while len(list(Path({folds!r}).glob("*/*.fold"))) >= {after} and not Path({go!r}).exists():
            time.sleep(0.05)
'''


def model(file: Path, folds: Path, after: int, go: Path) -> Path:
    """A plugin whose folds do not begin once the store ``folds`` has ``after`` results, until ``go`` is
    there: a sweep that somebody wants to disturb in its middle is there as long as it takes. Returns the
    file, which gives the model its name."""
    file.write_text(MODEL.format(folds=str(folds), after=after, go=str(go)))
    return file
