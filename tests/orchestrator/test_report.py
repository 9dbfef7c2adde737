"""The files and the table of a report: figures join the truth by clip id, survive a second run, and name what
is missing."""

import csv
import json
import shutil

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from orchestrator import report as command
from orchestrator.common.errors import ConfigError
from orchestrator.common.names import safe_name
from orchestrator.results import pictures, report
from orchestrator.results.coverage import coverage
from orchestrator.results.headline import headline
from orchestrator.results.rows import summary_row
from orchestrator.results.trials import trial_rows, trials_table
from orchestrator.search.events import Outcome
from orchestrator.selection import metrics
from orchestrator.selection.rules import RULES
from orchestrator.study.study import Study
from orchestrator.study.table import OWN_ANNOTATION
from orchestrator.workspace import looks, sealed
from tests.orchestrator.selection.records_by_hand import record
from tests.orchestrator.selection.test_rules import two_trials
from tests.orchestrator.tracking.test_tracker import CLASSES, SUMMARY, scores_of

cli = CliRunner()
SCORE = {"uf1": 0.5, "uar": 0.5, "war": 0.5}


@pytest.fixture
def app():
    import typer

    made = typer.Typer()
    made.command()(command.main)
    return made


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("workspace")
    scores = scores_of(two_trials())
    files = report.write(workspace / "sweeps" / "demo", SUMMARY, scores)
    return workspace, scores, files


def test_every_file_promised_is_there_and_the_json_is_the_contract(written):
    workspace, scores, files = written
    folder = workspace / "sweeps" / "demo"
    assert sorted(f.name for f in files) == sorted(f.name for f in folder.iterdir())
    for file in files:
        if file.suffix == ".png":
            assert file.read_bytes().startswith(b"\x89PNG"), file
    held = json.loads((folder / "summary.json").read_text())
    summary = report.read(folder)[0]
    assert held.keys() - summary.keys() == {"sha256", "files"}  # which are about the files
    assert {k: v for k, v in summary.items() if k != "selection"} == SUMMARY
    assert list(summary["selection"]) == list(scores)
    assert {"uf1", "uar", "war", "per_class", "confusion"} <= set(summary["selection"]["nested"])
    assert "predictions" not in summary["selection"]["nested"]


def test_ids_that_a_spreadsheet_would_run_are_text_in_every_file_and_read_back_as_they_are(tmp_path):
    odd = [
        "=1+1",
        "@a",
        "-2+3+cmd|' /C calc'!A0",
        "\ttab",
        "\rline",
        'q",\n"',
        "'=1",
        "-5",
        "'it's",
        "NA",
        "1e3",
    ]
    report.write(tmp_path, SUMMARY, scores_of(two_trials()))
    predictions = report.read(tmp_path)[1]
    odd = [odd[row % len(odd)] for row in range(len(predictions))]
    predictions = predictions.assign(clip_id=odd, subject=odd)
    report.write_csv(tmp_path / "predictions.csv", predictions.to_dict("records"))
    held = sealed.read_json(tmp_path / "summary.json", "")
    held["files"]["predictions.csv"] = sealed.sha256((tmp_path / "predictions.csv").read_bytes())
    sealed.write_json(tmp_path / "summary.json", held)
    back = report.read(tmp_path)[1]
    assert back["clip_id"].tolist() == odd and back["subject"].tolist() == odd
    assert {str(kind) for kind in back.filter(regex="^p_").dtypes} == {"float64"}
    report.render(tmp_path)
    for file in ("predictions.csv", "loso_results.csv"):
        with open(tmp_path / file, newline="") as handle:
            cells = [cell for row in csv.reader(handle) for cell in row]
        assert "'=1+1" in cells and "'@a" in cells
        assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r"))], file


def test_a_name_between_dollars_is_no_formula_to_a_picture(tmp_path):
    """Matplotlib raised at the end of a sweep, after all training."""
    odd = r"$\foo$"
    for figure in (
        pictures.confusion([[1, 0], [0, 1]], [odd, "b\x1b[31m"], odd),
        pictures.subjects([(odd, 1, 0.5, None)], "nested", "oracle_epoch", odd),
    ):
        figure.savefig(tmp_path / "one.png")


@pytest.mark.filterwarnings("error")  # that the axes have collapsed, say
@pytest.mark.parametrize("people", [1, 3, 80, 81, 600])
def test_a_picture_has_room_for_its_axes_whatever_the_people_and_the_names(people, tmp_path):
    rows = [(f"dfme/sub{i:04d}" + "x" * 200 * (i == 0), 12, i % 13 / 12, 1.0) for i in range(people)]
    of_people = pictures.subjects(rows, "nested", "oracle_epoch", "t" * 300)
    of_classes = pictures.confusion([[1, 0], [0, 1]], ["é" * 300, "b"], "t " * 100)
    for figure in (of_people, of_classes):
        figure.savefig(tmp_path / "one.png")
        width, height = figure.get_size_inches() * figure.dpi
        assert max(width, height) < 3000
        axes = figure.axes[0].get_window_extent()
        assert axes.width > 200 and axes.height > 100


def test_the_csv_files_agree_with_the_scores(written):
    workspace, scores, _ = written
    folder = workspace / "sweeps" / "demo"
    rows = pd.read_csv(folder / "predictions.csv")
    summary = pd.read_csv(folder / "summary.csv").set_index("rule")
    people = pd.read_csv(folder / "loso_results.csv")
    for rule, score in scores.items():
        own = rows[rows["rule"] == rule].sample(frac=1, random_state=0)  # in any order
        truth, called = ([CLASSES.index(word) for word in own[column]] for column in ("truth", "predicted"))
        assert metrics.uf1(truth, called, 2) == pytest.approx(score["uf1"])
        assert summary.loc[rule, "uf1"] == pytest.approx(score["uf1"])
        assert summary.loc[rule, "f1_pos"] == pytest.approx(score["per_class"]["pos"]["f1"])
        assert summary.loc[rule, "kind"] == RULES[rule].kind
        part = people[people["rule"] == rule]
        assert part["correct"].sum() / part["clips"].sum() == pytest.approx(score["war"])
    a = people[(people["rule"] == "nested") & (people["subject"] == "a/0")].iloc[0]
    assert (a["clips"], a["correct"], a["accuracy"], a["uar"]) == (1, 0, 0.0, 0.0)
    for rule, score in scores.items():
        each = people.loc[people["rule"] == rule, "uar"]
        assert each.mean() == pytest.approx(score["uar_per_person"]["mean"])
        assert each.std(ddof=0) == pytest.approx(score["uar_per_person"]["sd"])
        for name in ("fold_uf1", "recall_per_person"):
            held = score[name] if name == "fold_uf1" else score[name]["pos"]
            column = name if name == "fold_uf1" else f"{name}_pos"
            assert summary.loc[rule, [column, f"{column}_sd"]].tolist() == pytest.approx(
                [held["mean"], held["sd"]]
            )
        assert summary.loc[rule, "uar_per_person"] == pytest.approx(each.mean())
        assert summary.loc[rule, "uar_per_person_sd"] == pytest.approx(each.std(ddof=0))
    assert list(rows.columns[-2:]) == ["p_neg", "p_pos"]


def test_the_command_prints_the_table_and_makes_the_files_anew(written, app, tmp_path):
    workspace = tmp_path / "copy"
    shutil.copytree(written[0], workspace)
    folder = workspace / "sweeps" / "demo"
    before = (folder / "loso_results.csv").read_text()
    for name in ("loso_results.csv", "summary.csv", "subjects.png"):
        (folder / name).unlink()
    done = cli.invoke(app, ["demo", "--workspace", str(workspace)])
    assert done.exit_code == 0, done.output
    assert (folder / "loso_results.csv").read_text() == before
    assert (folder / "subjects.png").is_file()
    for rule, score in written[1].items():
        line = next(line for line in done.output.splitlines() if line.startswith(rule))
        assert f"{score['uf1']:.3f}" in line


def test_the_table_says_what_its_numbers_are_about(written):
    summary = report.with_scores(SUMMARY | {"extraction": {"equalise": True}}, written[1])
    summary["selection"]["nested"]["absent"] = ["neg"]
    console = Console(width=100)
    with console.capture() as printed:
        console.print(report.table(summary))
    text = " ".join(printed.get().split())
    for words in (
        "stag on c",
        "AUs: none",
        "2 classes",
        "loso",
        "4 clips of 2 subjects",
        "No clip of class neg: it counts as 0",
        "(roi_flow14-1 equalise=True)",
        "nested, UAR a person: 0.500 ± 0.500 over people",
    ):
        assert words in text, words
    assert "oracle_epoch oracle test person" in text


def printed(table):
    console = Console(width=130)
    with console.capture() as held:
        console.print(table)
    return " ".join(held.get().split())


def test_coverage_stands_beside_every_score(written):
    """One of three neg clips has no features; c/1 is tested twice, as between corpora, and counts once."""
    rows = [{"clip_id": f"c/{i}", "truth": truth} for i, truth in enumerate([0, 1, 0, 1])]
    made = coverage([*rows, rows[1]], CLASSES, {"neg": 3, "pos": 2})
    assert made == {"neg": {"tested": 2, "of": 3}, "pos": {"tested": 2, "of": 2}}
    scores = {rule: score | {"coverage": made} for rule, score in written[1].items()}
    summary = report.with_scores(SUMMARY | {"rule": "nested"}, scores)
    assert "Tested: 4 of 5 clips (neg 2 of 3, pos 2 of 2)." in printed(report.table(summary))
    assert ", on 4 of 5 clips" in headline(summary)
    row = summary_row("nested", summary["selection"]["nested"], "blind")
    assert (row["tested_neg"], row["of_neg"], row["tested_pos"], row["of_pos"]) == (2, 3, 2, 2)
    scores["oracle_trial"] = scores["oracle_trial"] | {
        "coverage": coverage(rows[:1], CLASSES, {"neg": 3, "pos": 2})
    }
    text = printed(report.table(report.with_scores(SUMMARY, scores)))
    assert "(neg 1 of 3, pos 0 of 2) under oracle_trial." in text


@pytest.mark.parametrize(
    ("patience", "inner_folds", "sees"),
    [(2, 4, "own validation"), (3, 4, "nothing chosen"), (0, 4, "nothing chosen"), (2, 0, "nothing chosen")],
)
def test_what_patience_may_end_is_not_called_nothing_chosen(written, patience, inner_folds, sees):
    recipe = {"recipe": {"epochs": 3, "patience": patience}}
    asked = SUMMARY | {"inner_folds": inner_folds, "configuration": {"0": recipe}}
    assert f"last_epoch blind {sees}" in printed(report.table(report.with_scores(asked, written[1])))


def test_a_trials_row_says_what_ran_and_where_patience_ended_it(written):
    study = Study("ststnet", "loso", 2, 1, {"recipe.epochs": 3, "model.dropout": 0.25})
    drawn = {"recipe.epochs": 300, "recipe.lr": 0.002}
    results = tuple(record(who, [[0]] * n, [[0, 1]] * n, [0, 1]) for who, n in (("a", 3), ("b", 2), ("d", 1)))
    (row,) = trial_rows([Outcome(0, drawn, study.config(drawn), results)], {}, study, "none", 3)
    assert row["settings"] == {"recipe.epochs": 3, "recipe.lr": 0.002, "model.dropout": 0.25}
    text = printed(trials_table([row]))
    assert "epochs=3, lr=0.002, dropout=0.25" in text and "300" not in text
    assert (row["ended_early"], row["last_epochs"]) == (2, [1, 2])
    summary = report.with_scores(SUMMARY | {"trials": [row]}, written[1])
    assert "Patience ended 2 of 3 folds at epochs 1 to 2" in printed(report.table(summary))


def test_the_report_counts_looks_anew(written, app, tmp_path):
    """A sweep that tested the same people after this one has ended raises its count."""
    workspace = tmp_path / "copy"
    shutil.copytree(written[0], workspace)
    about = {"trials": 1, "seeds": 1, "folds": 2, "people": ["p"], "score": SCORE}
    looks.keep(workspace / "sweeps" / "demo", rule="nested", jobs=["1"], **about)
    (workspace / "sweeps" / "later").mkdir()
    for jobs in (["2"], ["3"]):
        looks.keep(workspace / "sweeps" / "later", rule="nested", jobs=jobs, **about)
    done = cli.invoke(app, ["demo", "--workspace", str(workspace)])
    words = "ooks at these people: 1 by this sweep, 3 in this workspace"
    assert f"L{words}." in " ".join(done.output.split())
    counted = SUMMARY | {"rule": "nested", "looks": {"sweep": 1, "workspace": 3}}
    assert headline(report.with_scores(counted, written[1])).endswith(f"; l{words}")


FALLBACK = "not predicted: in 1 of 2 folds fewer than 2 training people have annotated AUs"


@pytest.mark.parametrize(
    ("aus", "remark"),
    [
        ({"au": "annotated", "au_remark": OWN_ANNOTATION}, OWN_ANNOTATION),
        ({"au": "annotated"}, OWN_ANNOTATION),  # a sweep of an older version
        ({"au": "none", "au_remark": FALLBACK}, FALLBACK),
    ],
)
def test_no_score_stands_without_what_the_action_units_behind_it_were(written, tmp_path, aus, remark):
    """An annotation of the tested clip is an input that a new video does not have."""
    part = {"uf1": 0.5, "uar": 0.5, "war": 0.5, "n_clips": 4, "absent": []}
    scores = {rule: score | {"parts": {"one": part}} for rule, score in written[1].items()}
    summary = report.with_scores(SUMMARY | aus | {"rule": "nested"}, scores)
    said = f"AUs {aus['au']} ({remark})"
    assert said in headline(summary)
    # the head of every picture, and the table's caption
    assert said.replace("AUs ", "AUs: ", 1) in report.title(summary)
    report.write(tmp_path, SUMMARY | aus, scores)
    for name in ("summary.csv", "loso_results.csv", "parts.csv"):
        rows = pd.read_csv(tmp_path / name, keep_default_na=False)
        assert set(rows["au"]) == {aus["au"]} and set(rows["au_remark"]) == {remark}, name


def test_a_missing_or_unfinished_or_damaged_sweep_is_named(written, app, tmp_path):
    workspace = tmp_path / "copy"
    shutil.copytree(written[0], workspace)
    run = lambda name: cli.invoke(app, [name, "--workspace", str(workspace)])  # noqa: E731
    assert "did you mean 'demo'" in run("dem").output
    assert run("dem").exit_code == 2
    (workspace / "sweeps" / "half").mkdir()
    assert "the sweep has not finished" in " ".join(run("half").output.split())
    (workspace / "sweeps" / "demo" / "summary.json").write_text('{"model": ')
    assert "is damaged" in " ".join(run("demo").output.split())


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "", "a b", "x" * 101, "naïve", "a\n", "-x"])
def test_a_name_that_is_no_plain_folder_name_is_refused(name):
    with pytest.raises(ConfigError, match="name"):
        safe_name(name)


def test_plain_names_pass():
    for name in ("stag-synthetic-au_none-20260101", "a", "v1.2_x", "_x"):
        assert safe_name(name) == name
