"""What a model can be fed with: the kinds of input that it takes, and of each the shape of one clip.

Source  ours.
Input   a pattern has one entry an axis of a clip: a number, exactly that; None, any; (low, high), both ends
        included, where high None sets no limit.
Output  a sentence that says what does not fit, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Axis = int | tuple[int, int | None] | None
Pattern = tuple[Axis, ...]
Takes = Mapping[str, Pattern]  # kind of input -> shape of one clip

NO_PICTURES = ("roi_flow",)  # of all other kinds the last two axes are rows and columns


def why_not(model: Any, kind: str, shape: Sequence[int], image_size: int = 0) -> str:
    """ "" if ``model`` (a class of MODELS) takes clips of this kind and shape, else one sentence that says
    what is wrong and what is allowed.

    shape       of one clip, without the axis of clips.
    image_size  pixels that pictures are resized to before the model sees them (recipe.image_size); 0: as
                they are.
    """
    if kind not in model.takes:
        return f"{model.__name__} reads {' or '.join(model.takes)}, got {kind}"
    pattern, seen = model.takes[kind], tuple(shape)
    if image_size > 0 and kind not in NO_PICTURES:
        seen = (*seen[:-2], image_size, image_size)
    if len(pattern) == len(seen) and all(map(_fits, pattern, seen)):
        return ""
    if len(pattern) != len(seen):
        wrong = f"which has {len(seen)} axes in place of {len(pattern)}"
    else:
        axis = next(
            n for n, (allowed, size) in enumerate(zip(pattern, seen, strict=True)) if not _fits(allowed, size)
        )
        wrong = f"whose axis {axis + 1} must be {_in_words(pattern[axis])}"
    wanted = ", ".join(map(_in_words, pattern))
    return f"{model.__name__} reads {kind} of shape ({wanted}), got {seen}, {wrong}"


def _fits(allowed: Axis, size: int) -> bool:
    if allowed is None or isinstance(allowed, int):
        return allowed is None or size == allowed
    low, high = allowed
    return low <= size and (high is None or size <= high)


def _in_words(allowed: Axis) -> str:
    if allowed is None or isinstance(allowed, int):
        return "any" if allowed is None else str(allowed)
    low, high = allowed
    return f"{low} or more" if high is None else f"{low} to {high}"
