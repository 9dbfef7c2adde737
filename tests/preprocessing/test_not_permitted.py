"""What this user may not read is told of its clip alone, and is no verdict on it: it is tried again."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from preprocessing.datasets.layout import first_folder
from preprocessing.datasets.reading import read
from preprocessing.decode import Unreadable
from preprocessing.findings import inspect
from preprocessing.frames import read_clip
from preprocessing.schema import CorpusError
from tests.fake_corpora import fake_casme2, fake_manifest

NOBODY = 65534


@pytest.fixture
def open_folder():
    """Outside of pytest's own, which other users may not enter."""
    folder = Path(tempfile.mkdtemp(prefix="mer-open-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def not_permitted(*paths):
    """These paths are shut to this user, who is not root."""
    modes = [path.stat().st_mode for path in paths]
    for path in paths:
        path.chmod(0)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(NOBODY)
        yield
    finally:
        os.seteuid(user)
        for path, mode in zip(paths, modes, strict=True):
            path.chmod(mode)


@pytest.mark.parametrize(
    ("make", "corpus", "shut", "lost"),
    [
        (fake_manifest, "manifest", "frames/01", 2),  # a folder above, that may not be entered
        (fake_manifest, "manifest", "frames/01/happiness_0", 1),  # may not be listed
        (fake_manifest, "manifest", "frames/01/happiness_0/0011.png", 1),  # one file
        (fake_casme2, "casme2", "*/sub01", 2),
    ],
)
def test_it_costs_its_own_clips_and_they_are_tried_again(make, corpus, shut, lost, open_folder):
    root = make(open_folder)
    before = inspect(corpus, root)
    paths = sorted(root.glob(shut))
    assert paths
    with not_permitted(*paths):
        found = inspect(corpus, root)
        new = {clip: why for clip, why in found.problems.items() if clip not in before.problems}
        assert len(new) == lost and all("by this user on this machine" in why for why in new.values())
        clip = next(one for one in read(corpus, root) if one.clip_id in new)
        with pytest.raises(Unreadable):
            list(read_clip(clip))


def test_a_root_that_is_shut_is_told(open_folder):
    root = fake_manifest(open_folder / "corpus")
    for shut in (root, open_folder):
        with not_permitted(shut), pytest.raises(CorpusError, match="cannot be listed by this user"):
            read("manifest", root)


def test_a_folder_that_is_shut_hides_no_hint(open_folder):
    (open_folder / "another").mkdir()
    with not_permitted(open_folder / "another"), pytest.raises(CorpusError, match="expected a folder"):
        first_folder(open_folder, ("frames",), "frames")
