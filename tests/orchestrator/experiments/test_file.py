"""Every file of a published table loads and can be run; a word that is wrong is told with the nearest."""

import pytest

from mer_models import MODELS
from orchestrator.common.errors import ConfigError
from orchestrator.experiments import file
from orchestrator.experiments.file import Table, load, names
from orchestrator.protocols import protocol
from orchestrator.study.labels import classify
from orchestrator.sweeps.corpora import scheme

REQUIRED = {
    "stag": [*(f"table{n}" for n in range(2, 11)), *(f"figure{n}" for n in range(2, 9))],
    "mesti_meganet": [*(f"table{n}" for n in range(1, 7)), "figure2", "figure5", "figure8"],
    "facesleuth": ["orientations", "blocks", "action_units", "figure2"],
    "roi_hybrid": ["ladder", "people", "roi_importance", "ablations"],
    "robustness": ["keyframes", "noise", "frame_rate", "compression", "head_motion"],
}
FILE = """
version = 1
title = "t"
source = "s"
[common]
model = "stag"
corpora = ["samm"]
[[row]]
name = "full"
ablation = "full"
published = { uf1 = 0.9 }
"""


def table(text=FILE, **changes):
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return Table(**file.toml(text))


@pytest.mark.parametrize("name", names())
def test_every_file_loads_and_every_row_is_an_experiment_that_a_sweep_takes(name):
    found = load(name)
    for row in found.rows:
        told = row.published
        of = [word for word in told if word not in ("parameters", "clips") and not word.startswith("clips_")]
        for word in of:
            values = told[word] if isinstance(told[word], list) else [told[word]]
            assert all(0 <= one <= 1 for one in values), f"{name}, {row.name}: {word} is a share"
        if found.trained:
            asked = found.experiment(row)
            config = asked.study().config({})  # the model's own keys too
            assert set(config) == {"recipe", "model"}
            if not row.needs:
                every = [
                    set(classify(one.name, [], scheme(asked, one.name)).classes) for one in asked.corpora
                ]
                shown = {word.removeprefix("f1_") for word in told if word.startswith("f1_")}
                differ = protocol(asked.protocol)[0].all_classes
                assert shown <= (set.union if differ else set.intersection)(*every), f"{name}, {row.name}"


def test_what_is_required_is_there():
    assert [f"{paper}/{one}" for paper, tables in REQUIRED.items() for one in tables
            if f"{paper}/{one}" not in names()] == []  # fmt: skip
    assert names().index("stag/table9") < names().index("stag/table10")


def test_the_robustness_of_every_model_is_asked_for():
    for name in REQUIRED["robustness"]:
        assert {row.model for row in load(f"robustness/{name}").rows} == set(MODELS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("ablation =", "ablatoin ="), "unknown key of Row 'ablatoin'; did you mean 'ablation'"),
        (('"full"\npub', '"graph_onyl"\npub'), "unknown ablation of stag .*did you mean 'graph_only'"),
        (("source =", "sorce ="), "unknown key of Table 'sorce'; did you mean 'source'"),
        (("uf1 =", "uff1 ="), "unknown published number 'uff1'; did you mean 'uf1'"),
        (('"stag"', '"stagg"'), "unknown model 'stagg'; did you mean 'stag'"),
        (('["samm"]', '["sam"]'), "unknown corpus 'sam'; did you mean 'samm'"),
        (('source = "s"', 'source = "s"\nshows = ["confusoin"]'), "did you mean 'confusion'"),
        (
            ('source = "s"', 'source = "s"\npictures = ["face"]'),
            "picture 'face'; did you mean 'faces'",
        ),
        (('ablation = "full"', 'set = { "recipe.epoch" = 3 }'), "did you mean 'recipe.epochs'"),
        (('ablation = "full"', 'au = "predict"'), "did you mean 'predicted'"),
        (('ablation = "full"', 'classes = "5-rset"'), "did you mean '5-rest'"),
        (('model = "stag"\n', ""), "row 'full' names no model"),
        (("version = 1", "version = 0"), "version = 0"),
        (("[common]", "[worse]\nnoize = [1]\n[common]"), "unknown axis 'noize'; did you mean 'noise'"),
    ],
)
def test_a_wrong_word_is_told_with_the_nearest(change, words):
    with pytest.raises(ConfigError, match=words):
        table(change=change)


def test_one_row_cannot_stand_twice():
    with pytest.raises(ConfigError, match=r"row 'full' .* stands twice"):
        table(FILE + '[[row]]\nname = "full"\n')


def test_an_experiment_of_ones_own_is_a_path_and_an_unknown_name_is_told(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(FILE)
    assert load(str(path)).title == "t"
    with pytest.raises(ConfigError, match="unknown experiment 'stag/tabel5'; did you mean 'stag/table5'"):
        load("stag/tabel5")


def test_the_digest_is_of_what_is_run_not_of_what_is_said():
    first = table()
    assert table(change=('title = "t"', 'title = "other"')).digest == first.digest
    others = [("version = 1", "version = 2"), ('"full"\npub', '"graph_only"\npub'), ("0.9", "0.91")]
    assert len({first.digest, *(table(change=one).digest for one in others)}) == 4


def test_a_rows_own_fields_win_over_its_ablation_and_that_over_what_all_share():
    text = FILE.replace('"full"\npub', '"without_aus"\npub').replace(
        '["samm"]', '["samm"]\nau = "annotated"\nset = { "recipe.epochs" = 3, "recipe.lr" = 0.1 }'
    )
    made = table(text)
    asked = made.experiment(made.rows[0])
    assert (asked.au, asked.settings) == ("none", {"recipe.epochs": 3, "recipe.lr": 0.1})
    own = table(text.replace("[[row]]", '[[row]]\nau = "predicted"\nset = { "recipe.epochs" = 5 }'))
    asked = own.experiment(own.rows[0])
    assert (asked.au, asked.settings) == ("predicted", {"recipe.epochs": 5, "recipe.lr": 0.1})
