"""What this user may not read is told of its clip alone, and is no verdict on it: it is tried again."""

import pytest

from preprocessing.datasets import DATASETS
from preprocessing.datasets.layout import first_folder
from preprocessing.datasets.reading import read
from preprocessing.decode import Unreadable
from preprocessing.findings import inspect
from preprocessing.frames import read_clip
from preprocessing.schema import CorpusError
from tests.fake_corpora import fake_casme2, fake_manifest, fake_samm, fake_smic_hs
from tests.fakes.casme3 import fake_casme3
from tests.fakes.dfme import fake_dfme
from tests.fakes.fourdme import fake_fourdme
from tests.fakes.megc2019 import fake_megc2019
from tests.fakes.mmew import fake_mmew
from tests.shut import not_permitted

SHUT = [
    (fake_manifest, "manifest", "frames/01", 2),  # a folder above, that may not be entered
    (fake_manifest, "manifest", "frames/01/happiness_0", 1),  # may not be listed
    (fake_manifest, "manifest", "frames/01/happiness_0/0011.png", 1),  # one file
    (fake_manifest, "name", "frames/01", 2),
    (fake_casme2, "casme2", "*/sub01", 2),
    (fake_samm, "samm", "SAMM/006", 1),
    (fake_smic_hs, "smic_hs", "HS/s1", 2),
    (fake_smic_hs, "smic_hs", "HS/s1/micro/negative", 1),
    (fake_megc2019, "megc2019", "smic_hs/HS/s1", 2),
    (fake_mmew, "mmew", "Micro_Expression/happiness", 1),
    (lambda root: fake_mmew(root, people=True), "mmew", "Micro_Expression/S03", 1),
    (fake_dfme, "dfme", "DFME_train", 3),
    (fake_fourdme, "fourdme", "gray_micro/S01", 2),
    (fake_casme3, "casme3", "part_A/spNO.1", 2),
    (fake_casme3, "casme3", "ME_C/01", 2),
]


def test_every_corpus_of_frames_is_among_them():
    assert {corpus for _, corpus, *_ in SHUT} == set(DATASETS) - {"ststnet_flow", "synthetic"}


@pytest.mark.parametrize(("make", "corpus", "shut", "lost"), SHUT)
def test_it_costs_its_own_clips_and_they_are_tried_again(make, corpus, shut, lost, open_folder):
    root = make(open_folder)
    before = inspect(corpus, root)
    paths = sorted(root.glob(shut))
    assert paths
    with not_permitted(*paths):
        found = inspect(corpus, root)
        new = {clip: why for clip, why in found.problems.items() if before.problems.get(clip) != why}
        assert new and all("by this user on this machine" in why for why in new.values())
        assert before.usable - found.usable == lost
        clip = next(one for one in read(corpus, root) if one.clip_id in new)
        with pytest.raises(Unreadable):
            list(read_clip(clip))


def test_a_root_that_is_shut_is_told(open_folder):
    root = fake_manifest(open_folder / "corpus")
    for shut in (root, open_folder):
        with not_permitted(shut), pytest.raises(CorpusError, match="cannot be listed by this user"):
            read("manifest", root)


def test_a_sheet_and_the_folder_of_all_frames_that_are_shut_are_told(open_folder):
    root = fake_smic_hs(open_folder)
    with not_permitted(root / "HS"), pytest.raises(CorpusError, match=r"HS cannot be read .* have its owner"):
        read("smic_hs", root)


def test_a_folder_that_is_shut_hides_no_hint(open_folder):
    (open_folder / "another").mkdir()
    with not_permitted(open_folder / "another"), pytest.raises(CorpusError, match="expected a folder"):
        first_folder(open_folder, ("frames",), "frames")
