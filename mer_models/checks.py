"""What several models check of their arguments.

Source  ours.
Input   a share of features to drop.
Output  nothing, or an error that names the range.
"""

from __future__ import annotations


def check_dropout(dropout: float) -> None:
    """Raises ValueError outside [0, 1)."""
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be in [0, 1): {dropout=}")
