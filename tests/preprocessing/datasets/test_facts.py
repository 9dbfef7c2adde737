"""What every registered corpus says of itself, that its counts and classes agree, and that reading it costs
little."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from preprocessing.datasets import DATASETS
from preprocessing.datasets.facts import FACTS, faults, path_of

SOUND: dict[str, Any] = {
    "__name__": "elsewhere.mine",
    "CORPUS": "mine",
    "COMPOSITE": False,
    "PICTURES": False,
    "clips": lambda root: iter(()),
    "SCHEMES": {
        "2": {"negative": ("fear", "angst"), "positive": ("joy",)},
        "2-rest": {"negative": ("fear", "angst", "others"), "positive": ("joy",)},
        "all": {"fear": ("fear", "angst"), "joy": ("joy",), "others": ("others",)},
    },
    "PUBLISHED": {
        "clips": 6,
        "subjects": 3,
        "emotions": {"fear": 3, "joy": 2, "fear+joy": 1},
        "source": "by hand",
        "splits": {
            "train": {"clips": 4, "subjects": 2, "emotions": {"fear": 3, "fear+joy": 1}},
            "test": {"clips": 2, "subjects": 1, "emotions": {"joy": 2}},
        },
        "releases": {"old": {"clips": 1, "emotions": {"joy": 1}}},
    },
}


def mine(**changed: Any) -> Any:
    return SimpleNamespace(**(SOUND | changed))


@pytest.mark.parametrize("corpus", DATASETS)
def test_every_corpus_states_all_facts_and_its_published_counts_add_up(corpus: str) -> None:
    module = DATASETS[corpus]
    assert faults(module) == ()
    assert (type(module.COMPOSITE), type(module.PICTURES), module.CORPUS) == (bool, bool, corpus)
    assert path_of(module) == f"preprocessing/datasets/{corpus}.py"


def test_which_corpora_are_composites_of_pictures_or_without_counts() -> None:
    def those(fact: str) -> set[str]:
        return {name for name, module in DATASETS.items() if getattr(module, fact)}

    assert those("COMPOSITE") == {"megc2019", "ststnet_flow"}
    assert those("PICTURES") == {"ststnet_flow"}
    assert set(DATASETS) - those("PUBLISHED") == {"manifest", "synthetic"}


@pytest.mark.parametrize("fact", FACTS)
def test_a_missing_fact_is_named(fact: str) -> None:
    corpus = mine()
    assert faults(corpus) == ()
    delattr(corpus, fact)
    assert faults(corpus) == (f"{fact} is missing",)


@pytest.mark.parametrize(
    ("scheme", "classes", "fault"),
    [
        ("3", {"a": ("joy",), "b": ("others",)}, "scheme '3' has 2 classes: a, b"),
        ("2", {"a": ("joy",), "b": ("joy",)}, "scheme '2' has joy in two classes"),
        ("2", {"a": ("joy",), "b": ("glee",)}, "scheme '2' has glee, which 'all' lacks"),
        ("2-rest", {"a": ("joy",), "b": ("fear", "angst")}, "scheme '2-rest' leaves out others: one class"),
        ("2", {"a": ("joy",), "b": "others"}, "scheme '2': the words of 'b' are one text"),
        ("2", {"a": ("joy",), "b": ("fear",)}, "scheme '2' parts fear, angst, which are one class in 'all'"),
    ],
)
def test_classes_that_contradict_themselves_are_named(
    scheme: str, classes: dict[str, tuple[str, ...]], fault: str
) -> None:
    (found,) = faults(mine(SCHEMES={**SOUND["SCHEMES"], scheme: classes}))
    assert found.startswith(fault)


def test_a_file_of_another_name_than_its_corpus_is_named() -> None:
    assert faults(mine(CORPUS="yours")) == ("CORPUS is 'yours', but the file is named 'mine'",)


def test_a_corpus_needs_the_scheme_of_all_its_words() -> None:
    (found,) = faults(mine(SCHEMES={"2": SOUND["SCHEMES"]["2"]}))
    assert found.startswith("SCHEMES has no scheme 'all'")


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"source": ""}, "PUBLISHED has no source"),
        ({"releases": {"old": {"clips": 2}}}, "PUBLISHED, releases old: emotions is missing"),
        ({"subjects": 4}, "PUBLISHED: 4 subjects, but its splits add up to 3"),
        (
            {"emotions": {"fear": 2, "joy": 3, "fear+joy": 1}},
            "PUBLISHED: the emotions of its splits do not add up to its own",
        ),
        (
            {"releases": {"old": {"clips": 2, "emotions": {"joy": 1}}}},
            "PUBLISHED, releases old: 2 clips, but",
        ),
        ({"releases": {"old": {"clips": 1, "emotions": {"glee": 1}}}}, "PUBLISHED, releases old: glee is no"),
    ],
)
def test_counts_that_do_not_add_up_are_named(changed: dict[str, Any], fault: str) -> None:
    (found,) = faults(mine(PUBLISHED=SOUND["PUBLISHED"] | changed))
    assert found.startswith(fault)


def test_the_registry_and_every_fact_need_neither_opencv_nor_pandas() -> None:
    code = (
        "import sys; from preprocessing.datasets import DATASETS;"
        "assert not [m for m in sys.modules if m.startswith('preprocessing.datasets.')];"
        "assert len([DATASETS[name].SCHEMES for name in DATASETS]) == len(DATASETS);"
        "print([m for m in ('cv2', 'openpyxl', 'pandas') if m in sys.modules])"
    )
    root = Path(__file__).parents[3]
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert (told.stdout, told.stderr) == ("[]\n", "")


def test_a_corpus_from_elsewhere_gets_a_free_name_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = mine()
    monkeypatch.setattr(DATASETS, "_modules", dict(DATASETS._modules))
    monkeypatch.setitem(sys.modules, "elsewhere.mine", module)
    for _ in range(2):
        DATASETS.add("mine", "elsewhere.mine")
    assert DATASETS["mine"] is module
    assert list(DATASETS)[-1] == "mine"
    with pytest.raises(ValueError, match=r"corpus 'samm' of elsewhere\.mine: the name is taken by preproc"):
        DATASETS.add("samm", "elsewhere.mine")
    assert DATASETS["samm"].CORPUS == "samm"
