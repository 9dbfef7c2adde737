"""What is no frame in a folder of frames is passed over, or named with the next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from preprocessing.decode import FramesError
from preprocessing.frames import extent, list_frames, missing
from preprocessing.schema import Clip

IMG = [f"img{i}.png" for i in range(1, 4)]


@pytest.mark.parametrize(
    ("names", "want"),
    [
        ([*IMG, "~img9.png", "~$img8.png", "._img7.png"], [1, 2, 3]),
        ([*IMG, "SYNOFILE_THUMB_M_6.jpg", "SYNOPHOTO_THUMB_5.jpg"], [1, 2, 3]),
        ([*IMG, "@eaDir/img1.png/SYNOPHOTO_THUMB_M.jpg", "img4.png.part", ".img4.png.Xy12"], [1, 2, 3]),
        (["img (1).png", "img (2).png", "img (3).png"], [1, 2, 3]),  # as Windows numbers them
        ([*IMG, "img3 (1).png"], "img3 \\(1\\)' looks like a copy"),
        ([*IMG, "img3 (7).png"], "img3 \\(7\\)' looks like a copy"),
        ([*IMG, "img3 - Copy.png"], "img3 - Copy' looks like a copy"),
        ([*IMG, "img3 - Kopie.png"], "looks like a copy"),
        ([*IMG, "img3 (Anna's conflicted copy 2024-01-02).png"], "looks like a copy"),
        ([*IMG, "img3.sync-conflict-20240102-101112-ABCDEFG.png"], "looks like a copy"),
        ([*IMG, "img3.jpg"], "both are frame 3; keep one"),
    ],
)  # fmt: skip
def test_files_of_systems_are_no_frames_and_copies_are_named(
    tmp_path: Path, names: list[str], want: list[int] | str
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    if isinstance(want, list):
        assert list(list_frames(tmp_path)) == want
        return
    with pytest.raises(FramesError, match=want):
        list_frames(tmp_path)


@pytest.mark.parametrize(
    ("names", "want"),
    [
        (["color/img1.png"], "its folder color does: write that one"),
        (["color/img1.png", "depth/img1.png"], "several folders in it do, color, depth"),
        (["a.mp4"], "a.mp4 in it is a video: write that file"),
        (["img1.webp"], "img1.webp is a picture of another kind: magick mogrify -format png"),
        (["note.txt"], "with a number in the name\\)$"),
    ],
)
def test_a_folder_without_a_frame_says_what_it_holds(tmp_path: Path, names: list[str], want: str) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(FramesError, match=want):
        extent(Clip("manifest", "manifest/1", "a", tmp_path, "joy"))


def test_a_missing_onset_says_which_frames_are_there(tmp_path: Path) -> None:
    for name in IMG:
        (tmp_path / name).touch()
    clip = Clip("manifest", "manifest/1", "a", tmp_path, "joy", onset=46, offset=50)
    with pytest.raises(FramesError, match=r"onset 46.*or correct the numbers, as the folder has 1\.\.3"):
        missing(clip)
