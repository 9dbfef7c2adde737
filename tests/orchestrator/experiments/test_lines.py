"""On which corpora a row runs, what a row that cannot run says, and which rows are one sweep."""

import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.experiments.corpora import Brought
from orchestrator.experiments.file import Table, load, names, toml
from orchestrator.experiments.lines import lines, parameters
from orchestrator.experiments.sizes import SMALL, SMOKE, WHOLE
from orchestrator.sweeps.experiment import Corpus, Experiment
from tests.orchestrator.experiments.test_file import FILE

SYNTHETIC = Brought((Corpus(name="synthetic"),))


@pytest.fixture(autouse=True)
def nothing_is_rendered(monkeypatch, tmp_path):
    monkeypatch.setattr(Brought, "rendered", lambda self, second=False: tmp_path / f"rendered{second}")
    monkeypatch.setattr(
        "orchestrator.experiments.corpora.worsened",
        lambda source, target, axis, amount: target if amount else source,
    )


@pytest.mark.parametrize("name", [name for name in names() if load(name).trained])
@pytest.mark.parametrize("size", [WHOLE, SMALL, SMOKE], ids=lambda size: size.name)
def test_every_row_can_be_run_on_the_synthetic_corpus(name, size):
    table = load(name)
    for line in lines(table, Brought(SYNTHETIC.corpora, size=size)):
        assert bool(line.experiment) == line.wanted, f"{name}, {line.name}: {line.why}"
        assert line.wanted or line.row.needs or size is SMOKE
        if line.experiment and " to " in line.row.part:  # a pair of corpora
            assert line.part in ("synthetic to manifest", "manifest to synthetic")
            assert [one.name for one in line.experiment.corpora] == ["synthetic", "manifest"]
        if size is not WHOLE and line.experiment:
            epochs = size.epochs.get(line.experiment.models[0], size.epochs[""])
            assert line.experiment.settings["recipe.epochs"] == epochs
            assert line.experiment.extraction.image_size == 32


def test_a_smoke_run_takes_each_model_and_protocol_once_and_one_model_at_the_last_level():
    def run(name, **only):
        made = lines(load(name), Brought(SYNTHETIC.corpora, size=SMOKE), **only)
        return [(line.row.model, line.amount) for line in made if line.experiment]

    assert run("roi_hybrid/ladder") == [
        (name, 0) for name in ("rgb_baseline", "full_face_flow", "roi_cnn", "roi_graph", "roi_temporal")
    ] + [("roi_hybrid", 0)]
    assert run("robustness/keyframes") == [("mdmo", 8)]
    assert run("robustness/keyframes", only=("stag",)) == [("stag", n) for n in (0, 1, 2, 4, 8)]
    assert len(run("stag/table5")) == 1
    assert len(run("stag/figure7")) == 3  # protocols


def test_a_corpus_that_is_absent_is_named_with_what_to_bring():
    table = load("stag/table4")
    none = lines(table, Brought())
    assert {line.why for line in none} == {
        f"bring {name}: --corpus {name} --root FOLDER, or --corpus synthetic" for name in ("casme2", "samm")
    }
    samm = lines(table, Brought((Corpus(name="samm", root="S"),)))
    assert [bool(line.experiment) for line in samm] == [False, False, True, True]
    assert samm[2].experiment.corpora == (Corpus(name="samm", root="S"),) and not samm[2].instead
    assert "bring casme2" in samm[0].why


def test_other_clips_stand_in_with_the_scheme_that_they_have():
    casme2, *_ = lines(load("stag/table4"), SYNTHETIC)
    assert casme2.instead and casme2.experiment.classes == "3"  # CASME II's own is 3-rest
    dfme = lines(load("stag/table3"), SYNTHETIC)[-1]
    assert dfme.experiment.protocol == "group_holdout-10" and dfme.part == ""  # it fixes no split
    own = Brought((Corpus(name="smic_hs", root="R"),))
    five = lines(load("mesti_meganet/table4"), own)[0]
    assert five.experiment is None and "smic_hs has no label scheme '5'" in five.why


def test_a_pair_is_of_two_corpora_in_the_direction_of_the_paper(tmp_path):
    there, back = (
        next(line for line in lines(load("stag/table6"), SYNTHETIC) if line.row.part == part)
        for part in ("casme2 to dfme", "dfme to casme2")
    )
    assert there.part == "synthetic to manifest" and back.part == "manifest to synthetic"
    assert [one.name for one in there.experiment.corpora] == ["synthetic", "manifest"]
    assert there.sweep([]) == back.sweep([])  # both directions are one run
    real = Brought(tuple(Corpus(name=name, root=name) for name in ("samm", "casme2")))
    found = [line for line in lines(load("stag/table6"), real) if line.experiment]
    assert [line.part for line in found] == ["casme2 to samm"]


def test_equal_rows_are_one_sweep_and_changed_ones_another():
    table = load("stag/table5")
    by = {(line.row.group, line.row.name): line.sweep([]) for line in lines(table, SYNTHETIC)}
    full = by["Architecture", "Full Model (STAG)"]
    assert full == by["Test-Time Augmentation", "With TTA"] == by["AU Guidance", "With AU Guidance"]
    assert len(set(by.values())) == 16  # of 20 rows, 5 are the full model
    more = {line.sweep([]) for line in lines(table, SYNTHETIC, seeds=2)}
    assert more.isdisjoint(by.values())


def test_other_code_is_another_sweep(monkeypatch):
    one = lines(load("stag/table4"), SYNTHETIC)[2]
    before = one.sweep([])
    monkeypatch.setattr("orchestrator.study.study.fold_version", lambda *_: "changed")
    assert lines(load("stag/table4"), SYNTHETIC)[2].sweep([]) != before


def test_each_level_of_an_axis_is_a_line_and_level_0_is_the_corpus_itself():
    made = lines(load("robustness/keyframes"), Brought(), only=("ststnet",))
    assert [line.amount for line in made] == [0, 1, 2, 4, 8]
    roots = [line.experiment.corpora[0].root for line in made]
    assert len(set(roots)) == 5 and [line.name for line in made][1] == "ststnet, keyframes 1"
    noise = lines(load("robustness/noise"), Brought(), only=("ststnet",))
    assert noise[0].sweep([]) == made[0].sweep([])  # shared across experiments


def test_a_row_that_no_file_has_is_told():
    with pytest.raises(ConfigError, match="unknown row 'stak'; did you mean 'stag'"):
        lines(load("robustness/noise"), Brought(), only=("stak",))


def test_what_is_not_run_says_why():
    (line,) = lines(Table(**toml(FILE.replace("published", 'needs = "a thing"\npublished'))), SYNTHETIC)
    assert line.experiment is None and line.why == "not run: a thing"
    with pytest.raises(ConfigError, match="row 'full' is not run: not run: a thing"):
        line.sweep([])


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        (Experiment("ststnet"), 1_683),
        (Experiment("stag", au="predicted"), 272_669),
        (Experiment("mdmo"), 111),
    ],
)
def test_parameters_are_those_of_the_model_as_the_row_has_it(asked, count):
    assert parameters(asked) == count


def test_parameters_follow_the_classes_and_the_action_units():
    assert parameters(Experiment("mdmo", classes="5")) == 5 * 37
    pair = [("casme2", "C"), ("name", "N")]
    names = "anger,disgust,happiness,sadness,surprise"  # CASME II has no anger, and its model five outputs
    assert parameters(Experiment("mdmo", corpora=pair, classes=names, protocol="cross_corpus_all")) == 5 * 37
    assert parameters(Experiment("stag", au="none")) < parameters(Experiment("stag", au="predicted"))
