"""Labels whose folder was numbered anew: from 1, from 0, or as in the recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from preprocessing.datasets.numbered_anew import of_its_folder
from preprocessing.schema import Clip


@pytest.mark.parametrize(
    ("files", "labels", "want"),
    [
        ((1, 2, 3, 4, 5), (46, 48, 50), (1, 3, 5)),  # cut out and numbered anew
        ((0, 1, 2, 3, 4), (1, 3, 5), (0, 2, 4)),  # counted from 1 in the labels alone
        ((1, 2, 3, 4, 5), (0, None, 4), (1, None, 5)),
        ((46, 47, 48), (1, 2, 3), (46, 47, 48)),
        ((1, 2, 3), (1, 2, 3), (1, 2, 3)),  # as usual
        ((0, 1, 2, 3, 4, 5, 6), (1, 3, 5), (1, 3, 5)),  # a whole recording says nothing
        ((1, 2, 4, 5, 6), (46, 48, 50), (46, 48, 50)),  # a gap: one fact alone
        ((2, 3, 4, 5), (1, 3, 5), (1, 3, 5)),  # the onset is missing
        ((), (1, 3, 5), (1, 3, 5)),
        ((1, 2, 3), (46, None, None), (46, None, None)),
    ],
)
def test_a_folders_own_numbers_are_taken_where_it_holds_the_clip_and_nothing_else(
    tmp_path: Path, files: tuple[int, ...], labels: tuple[int, ...], want: tuple[int, ...]
) -> None:
    for n in files:
        (tmp_path / f"img{n}.png").touch()
    onset, apex, offset = labels
    given = Clip("manifest", "manifest/1", "a", tmp_path, "joy", onset=onset, apex=apex, offset=offset)
    made = of_its_folder(given)
    assert (made.onset, made.apex, made.offset) == want
    said = (
        ()
        if want == labels
        else (f"frames {onset}..{offset} -> {files[0]}..{files[-1]}: the folder holds as many, and no other",)
    )
    assert made.repairs == said
