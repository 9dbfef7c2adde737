"""Faulty corpora do not pass the contract that ships; ours do in tests/preprocessing/datasets."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from orchestrator.testing import CorpusContract
from preprocessing.schema import Clip, CorpusError


def corpus(clips, **facts):
    sound = {"PUBLISHED": {}, "SCHEMES": {"all": {"joy": ("joy",)}}, "COMPOSITE": False, "PICTURES": False}
    return SimpleNamespace(
        **{"__name__": "mer_plugins.mine", "CORPUS": "mine", "clips": clips, **sound, **facts}
    )


def read(root, **changes):
    for file in sorted(root.glob("*.png")):
        yield Clip(
            **{"corpus": "mine", "subject": "mine/a", "name": file.stem, "frames": file, "emotion": "joy"}
            | changes
        )


def opens(root):
    for file in sorted(root.glob("*.png")):
        cv2.imread(str(file))
        yield from read(root)


def writes(root):
    (root / "index").write_text("")
    yield from read(root)


USABLE = "test_some_clips_can_be_used_and_their_words_are_in_the_scheme_of_all_words"


@pytest.mark.parametrize(
    ("faulty", "test"),
    [
        (corpus(read, CORPUS="other"), "test_its_facts_are_there_and_agree"),
        (corpus(read, SCHEMES={}), "test_its_facts_are_there_and_agree"),
        (corpus(writes), "test_reading_opens_no_image_and_leaves_the_raw_tree_as_it_was"),
        (corpus(opens), "test_reading_opens_no_image_and_leaves_the_raw_tree_as_it_was"),
        (
            corpus(lambda root: read(root, subject="a")),
            "test_ids_are_unique_and_belong_to_the_corpus_and_order_is_stable",
        ),
        (
            corpus(lambda root: read(root, emotion="Joy")),
            "test_labels_are_lower_case_and_apex_source_tells_whether_there_is_an_apex",
        ),
        (corpus(lambda root: read(root, emotion="fear")), USABLE),
        (corpus(lambda root: read(root, problem="broken")), USABLE),
    ],
)  # fmt: skip
def test_a_faulty_corpus_does_not_pass(faulty, test, tmp_path, monkeypatch):
    cv2.imwrite(str(tmp_path / "x.png"), np.zeros((8, 8, 3), np.uint8))
    method = getattr(CorpusContract(), test)
    names = method.__code__.co_varnames[: method.__code__.co_argcount]
    given = {"root": tmp_path, "monkeypatch": monkeypatch}
    given = {name: given[name] for name in names if name in given}
    method(corpus(read), **given)
    monkeypatch.undo()
    with pytest.raises((AssertionError, AttributeError, CorpusError)):
        method(faulty, **given)
