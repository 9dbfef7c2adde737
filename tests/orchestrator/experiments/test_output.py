"""What an experiment writes: ours beside the published, what is missing named, two questions apart."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from orchestrator.experiments import figures, page, table, untrained
from orchestrator.experiments.corpora import Brought
from orchestrator.experiments.file import Table, load, toml
from orchestrator.experiments.lines import lines
from orchestrator.experiments.output import Output
from orchestrator.experiments.run import Done, run_all
from orchestrator.experiments.sizes import SMOKE
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Corpus
from orchestrator.workspace import sealed

FILE = """
version = 1
title = "Two rows & a third"
source = "S, Table 1"
shows = ["per_class", "per_person", "outputs", "seeds", "confusion", "bars"]
pictures = ["faces", "egat", "given"]
[common]
corpora = ["synthetic"]
trials = 1
selection = "nested"
[[row]]
name = "a"
model = "mdmo"
set = { "recipe.epochs" = 3 }
published = { uf1 = 0.9112, f1 = 0.75 }
[[row]]
name = "the same"
model = "mdmo"
set = { "recipe.epochs" = 3 }
[[row]]
name = "b"
model = "ststnet"
set = { "recipe.epochs" = 2 }
published = { uf1 = 0.5, f1_negative = 0.25 }
[[row]]
name = "not yet"
model = "ststnet"
needs = "a thing"
published = { uf1 = 0.1 }
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory, mlflow_uri):
    """(output, rows of table.csv, lines, folder of the workspace) of FILE at smoke size, without Ray."""
    workspace = tmp_path_factory.mktemp("experiment")
    made, told = Table(**toml(FILE)), []
    brought = Brought((Corpus(name="synthetic"),), workspace, size=SMOKE)
    execution = Execution(workspace=workspace, runner="inline", tracking_uri=mlflow_uri)
    output = Output("mine/one", made, brought, 1)
    every = [row.name for row in made.rows]  # by name: else a smoke run takes one row a model
    for done in run_all(lines(made, brought, only=every), execution, told.append):
        rows = output.write(done)
    output.draw(rows, done, execution, told.append)
    return output, rows, done, execution


@pytest.mark.long
def test_each_line_is_a_sweep_and_equal_lines_are_one(ran):
    _, rows, done, execution = ran
    assert [row["state"] for row in rows] == ["done", "done", "done", "not run: a thing"]
    assert len({one.sweep for one in done[:3]}) == 2
    assert len(list((execution.workspace / "sweeps").iterdir())) == 2
    assert rows[0]["uf1"] == rows[1]["uf1"] and rows[0]["looks"] == 2


@pytest.mark.long
def test_the_files_hold_ours_beside_the_published(ran):
    output, _, done, _ = ran
    held = pd.read_csv(output.folder / "table.csv")
    assert list(held["published_uf1"].fillna(-1)) == [0.9112, -1, 0.5, 0.1]
    summary = done[0].summary["selection"]
    assert held["uf1"][0] == pytest.approx(summary["nested"]["uf1"])
    assert held["oracle_epoch_uf1"][0] == pytest.approx(summary["oracle_epoch"]["uf1"])
    assert held["uf1_low"][0] <= held["uf1"][0] <= held["uf1_high"][0]
    assert held["parameters"][0] == 111
    shown = (output.folder / "table.md").read_text()
    assert "UF1 published" in shown and "0.9112" in shown and "F1 negative published" in shown
    assert "not yet: not run: a thing." in shown and "95 % intervals are over people" in shown
    latex = (output.folder / "table.tex").read_text()
    assert r"\toprule" in latex and r"Two rows \& a third" in latex and "0.9112" in latex
    web = (output.folder / "report.html").read_text()
    assert "0.9112" in web and web.count("data:image/png") == 8 and "not run: a thing" in web
    people = pd.read_csv(output.folder / "people.csv")
    assert set(people["row"]) == {"a", "the same", "b"} and people["uar"].between(0, 1).all()
    for name in ("bars", "confusion_01", "confusion_03", "faces_01", "faces_03", "given_03"):
        assert (output.folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    for name in ("egat_01", "given_01"):  # only STAG has that graph, and regions are no picture
        assert not (output.folder / f"{name}.png").exists()
    asked = json.loads((output.folder / "asked.json").read_text())
    assert asked["size"]["name"] == "smoke"
    assert asked["table.csv"] == sealed.sha256((output.folder / "table.csv").read_bytes())


@pytest.mark.long
def test_what_is_finished_is_read_and_not_run_again(ran, monkeypatch):
    _, rows, done, execution = ran

    def never(*_):
        raise AssertionError("it was run again")

    monkeypatch.setattr("orchestrator.experiments.run.sweep", never)
    again = list(run_all([one.line for one in done], execution, lambda event: None))[-1]
    assert table.rows(Table(**toml(FILE)), again) == rows


@pytest.mark.long
def test_another_question_has_another_folder(ran):
    output = ran[0]
    changed = Table(**toml(FILE.replace('"recipe.epochs" = 2', '"recipe.epochs" = 4')))
    said = Table(**toml(FILE.replace("Two rows", "Three rows")))
    folder = output.folder
    assert Output("mine/one", said, output.brought, 1).folder == folder
    for other in (
        Output("mine/one", changed, output.brought, 1),
        Output("mine/one", output.table, output.brought, 2),
        Output("mine/one", output.table, output.brought, 1, ("a",)),
        Output("mine/one", output.table, Brought(output.brought.corpora, output.brought.workspace), 1),
    ):
        assert other.folder != folder


def scored(seeds, corpora=("samm",)):
    """A line of which nothing but the scores of its seeds is known."""
    text = FILE.replace('"synthetic"', ", ".join(f'"{name}"' for name in corpora))
    line = lines(Table(**toml(text)), Brought(tuple(Corpus(name=n, root="R") for n in corpora)))[0]
    each = [{"seed": at, "uf1": value, "war": value} for at, value in enumerate(seeds)]
    return Done(line, "a sweep", {"rule": "nested", "selection": {"nested": {"per_seed": each}}})


def test_a_pair_shows_f1_of_its_own_classes_and_folds_their_uf1():
    line = scored([0.5]).line
    score = {
        "uf1": 0.5,
        "per_class": {"negative": {"f1": 0.1}, "anger": {"f1": 0.2}},
        "fold_uf1": {"mean": 0.45, "sd": 0.05, "each": {"g0": 0.4, "g1": 0.5}},
        "parts": {"a to b": {"uf1": 0.3, "f1": {"negative": 0.3}}},
    }
    summary = {"rule": "nested", "selection": {"nested": score}, "feature_set": "f", "seeds": 1, "au": "none",
               "name": "n"}  # fmt: skip
    whole, pair = (
        table.rows(Table(**toml(FILE)), [Done(replace(line, part=part), "a sweep", summary)])[0]
        for part in ("", "a to b")
    )
    assert (whole["f1_anger"], whole["fold_uf1"], whole["fold_uf1_sd"]) == (0.2, "0.4000 0.5000", 0.05)
    assert pair["f1_negative"] == 0.3 and not {"f1_anger", "fold_uf1"} & set(pair)
    printed = {"published_fold_uf1_sd": 0.0502, "published_parameters": 2e6}
    heads, body = page.cells(Table(**toml(FILE)), [whole | printed])
    said = dict(zip(heads, body[0], strict=True))
    assert (said["Std-UF1"], said["Std-UF1 published"]) == ("0.050", "0.0502")
    assert said["parameters published"] == "2,000,000"


@pytest.mark.parametrize("name", ["/tmp/elsewhere/mine.toml", "../mine.toml", "mine.toml"])
def test_the_table_of_a_file_of_ones_own_lies_in_the_workspace(name, tmp_path):
    folder = Output(name, Table(**toml(FILE)), Brought(workspace=tmp_path), 1).folder
    assert folder.parent == tmp_path / "experiments" / "mine"


def test_p_over_seeds_is_the_paired_t_against_the_first_row():
    first, other = scored([0.5, 0.6, 0.7]), scored([0.6, 0.8, 0.7])
    # differences .1, .2, 0: t = .1 / (.1 / sqrt 3) = sqrt 3 with 2 degrees of freedom
    assert table.over_seeds(other, [first, other])["uf1"] == pytest.approx(0.22540, abs=1e-5)
    assert table.over_seeds(first, [first, other]) == {"uf1": None, "war": None}
    one_seed = scored([0.5])
    assert table.over_seeds(one_seed, [first, one_seed])["uf1"] is None


def test_clips_of_each_class_are_counted_in_the_folder_that_is_brought(tmp_path):
    frames = "subject,clip,frames,onset,apex,offset,emotion\n" + "".join(
        f"p,c{at},c{at},1,2,3,{word}\n" for at, word in enumerate(("anger", "others", "happiness"))
    )
    (tmp_path / "manifest.csv").write_text(frames)
    found = untrained.counts(load("stag/table2"), Brought((Corpus(name="name", root=str(tmp_path)),)))
    three = next(row for row in found if row["group"] == "NaME" and row["classes"] == "3")
    assert three["ours"] == "negative 2, positive 1" and three["published_clips"] == 506
    assert three["differs"] == "positive 1 for 15; negative 2 for 329; surprise 0 for 162"
    samm = next(row for row in found if row["group"] == "SAMM" and row["classes"] == "5-rest")
    assert samm["differs"] == "no" and samm["ours_counted_in"].startswith("annotation")


def test_weights_of_frames_are_those_of_equation_4():
    made = untrained.coefficients()
    # alpha_t = 2 t - a - 1 up to the apex a = 8: -7, -5 ... 7; behind it T - 2 t + a + 1 = 11, 9 ... -11
    alpha = [*range(-7, 8, 2), *range(11, -12, -2)]
    assert [row["mesti"] for row in made] == pytest.approx([a / sum(map(abs, alpha)) for a in alpha])
    assert [row["frame"] for row in made if row["apex"]] == [8]


def test_letters_that_latex_reads_are_told_apart():
    assert page.latex("5 % of a_b", ["x"], [["1 ± 2 & 3"]], ["#"]).count(r"\%") == 1
    made = page.latex("5 % of a_b", ["x"], [["1 ± 2 & 3"]], ["#"])
    assert r"a\_b" in made and r"1 $\pm$ 2 \& 3 \\" in made and r"\#" in made


def test_a_curve_is_a_models_scores_by_amount_with_their_intervals_and_chance():
    rows = [
        {"row": name, "amount": amount, "uf1": score, "uf1_low": score - 0.1, "uf1_high": score + 0.1,
         "oracle_epoch_uf1": score + 0.2, "n_classes": 3}
        for name, score in (("a", 0.5), ("b", 0.25)) for amount in (4, 0)
    ]  # fmt: skip
    a, b = (axes for axes in figures.curves(rows, "keyframes", "t").axes if axes.get_visible())
    honest, oracle, chance = a.lines[:3]
    assert list(honest.get_xdata()) == [0, 4] and list(honest.get_ydata()) == [0.5, 0.5]
    assert list(oracle.get_ydata()) == [0.7, 0.7] and chance.get_ydata()[0] == pytest.approx(1 / 3)
    band = a.collections[0].get_paths()[0].vertices
    assert (band[:, 1].min(), band[:, 1].max()) == pytest.approx((0.4, 0.6))
    assert b.get_title() == "b"
