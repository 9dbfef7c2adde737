"""Where on the canonical face a rendered corpus' planted region is: the skin that moves with the class.

Movements of a part reach beyond its landmarks (a jaw that drops moves the chin), so that the renderer's own
fields say it, and not the outline of the part.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orchestrator.results.explain.canonical import LANDMARKS
from orchestrator.results.explain.places import Places
from preprocessing.align import EYE_DISTANCE
from preprocessing.render.au_fields import au_fields
from preprocessing.render.emotions import PLANTED
from preprocessing.render.portrait import base_landmarks

MOVED = 0.5  # of what an action unit moves most


def planted_places(part: str, places: Places) -> NDArray[np.bool_]:
    """bool (P,): places whose middle one of the part's action units moves at least MOVED as far as the place
    that it moves most. part: of RenderConfig.planted."""
    middles = (places.boxes[:, :2] + places.boxes[:, 2:]) / 2
    known = np.isfinite(middles).all(1)
    face = base_landmarks(False)
    unit = EYE_DISTANCE / float(np.linalg.norm(face[42] - face[39]))  # pixels of the crop a face pixel
    made = np.zeros(len(middles), bool)
    for au in sorted({au for aus in PLANTED[part].values() for au in aus}):
        # (halves of the face, 1, places, 2)
        halves = au_fields(au, np.asarray(LANDMARKS, np.float64), middles[None, known], unit)
        made[known] |= np.linalg.norm(halves.sum(0)[0], axis=-1) >= MOVED
    return made
