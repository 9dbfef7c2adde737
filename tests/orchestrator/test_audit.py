"""Audits of invented logs, each with one fault of the real ones."""

import json
import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from orchestrator.audit import app
from orchestrator.results import logs
from orchestrator.results.audit import audited
from orchestrator.results.logs import LogError
from orchestrator.results.sides import of_log

WORDS = ("negative", "positive", "surprise")
OFFICIAL = [
    ("casme2" if who < 4 else "samm", f"sub{who:02}", f"EP{i:02}", WORDS[(who + i) % 3 if i else 0])
    for who in range(8)
    for i in range(who % 4 + 1)
]
WRONG = {("sub01", "EP01"): "negative", ("sub03", "EP02"): "positive", ("sub06", "EP00"): "surprise"}


def rows(change=lambda row: [row]):
    made = [[*row, WRONG.get(row[1:3], row[3])] for row in OFFICIAL]
    return [new for row in made for new in change(row)]


def log_file(folder, held, header="corpus,subject,clip,truth,predicted"):
    file = folder / "log.csv"
    file.write_text("\n".join([header, *(",".join(map(str, row)) for row in held)]) + "\n")
    return file


@pytest.fixture
def official(tmp_path):
    file = tmp_path / "official.csv"
    file.write_text("\n".join(["corpus,subject,clip,truth", *(",".join(row) for row in OFFICIAL)]) + "\n")
    return logs.read(file, needed=("subject", "clip", "truth"))


def codes(made):
    return [finding["code"] for finding in made["findings"]]


def test_a_right_log_has_no_fault_and_its_scores_by_hand(tmp_path, official):
    made = audited(logs.read(log_file(tmp_path, rows())), official)
    truth = [row[3] for row in rows()]
    right = sum(row[3] == row[4] for row in rows())
    assert made["war"]["value"] == pytest.approx(right / len(truth)) and made["clips"] == 20
    assert made["war"]["low"] < made["war"]["value"] <= made["war"]["high"]
    assert (made["people"], set(made["corpora"]), codes(made)) == (8, {"casme2", "samm"}, [])


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda row: [] if row[1:3] == ["sub03", "EP01"] else [row], "missing", "1 clip (casme2/sub03/EP01)"),
        (
            lambda row: [row, [*row[:2], "new", *row[3:]]] if row[1] == "sub00" else [row],
            "beyond",
            "sub00/new",
        ),
        (lambda row: [row, row] if row[1] == "sub04" else [row], "twice", "samm/sub04/EP00"),
        (
            lambda row: [[*row[:3], "surprise", row[4]]] if row[1] == "sub00" else [row],
            "truth_differs",
            "EP00 is surprise in the log and negative in the list",
        ),
    ],
)
def test_each_fault_of_a_log_is_named_with_its_clips(tmp_path, official, change, code, words):
    made = audited(logs.read(log_file(tmp_path, rows(change))), official)
    assert codes(made) == [code] and words in made["findings"][0]["text"]
    if code == "truth_differs":  # scores by the list's truths carry their intervals
        assert re.search(r": UF1 0\.\d{4} \[0\.\d{3}, [01]\.\d{3}\], UAR 0", made["findings"][0]["text"])


def test_how_ids_are_spelled_and_numbers_for_classes_make_no_fault(tmp_path, official):
    other = [
        [row[0].upper(), int(row[1][3:]), f"{row[2]}.avi", *(float(WORDS.index(word)) for word in row[3:])]
        for row in rows()
    ]
    made = audited(logs.read(log_file(tmp_path, other, "Dataset,sub,file-name,y_true,y_pred")), official)
    assert codes(made) == ["numbers"]
    assert made["uf1"] == audited(logs.read(log_file(tmp_path, rows())), official)["uf1"]


@pytest.mark.parametrize("kind", ["tab", "semicolon", "utf-16", "sep=", "pandas' index", "workbook"])
def test_a_log_is_the_same_in_any_kind_of_table(tmp_path, official, kind):
    usual = log_file(tmp_path, rows())
    frame = pd.read_csv(usual)
    file = tmp_path / ("other.xlsx" if kind == "workbook" else "other.csv")
    if kind == "workbook":
        frame.to_excel(file, index=False)
    else:
        separator = {"tab": "\t", "semicolon": ";", "sep=": ";"}.get(kind, ",")
        text = frame.to_csv(index=kind == "pandas' index", sep=separator)
        encoding = "utf-16" if kind == "utf-16" else "utf-8"
        file.write_text(f"sep={separator}\n" * (kind == "sep=") + text, encoding=encoding)
    assert logs.read(file).equals(logs.read(usual))


def test_a_clip_without_a_prediction_is_named_and_no_class_of_its_own(tmp_path, official):
    # pandas writes NaN as an empty cell: it was a fourth class, which lowered UF1 by a quarter
    lost = {("sub03", "EP01"): "", ("sub05", "EP00"): "NaN", ("sub07", "EP00"): "#REF!"}
    held = [[*row[:4], lost.get(tuple(row[1:3]), row[4])] for row in rows()]
    for list_, more in ((None, []), (official, ["missing"])):
        made = audited(logs.read(log_file(tmp_path, held)), list_)
        fewer = audited(
            logs.read(log_file(tmp_path, [row for row in held if row[4] not in lost.values()])), list_
        )
        assert codes(made) == ["empty", *more] and codes(fewer) == more
        assert {key: made[key] for key in made if key != "findings"} == {
            key: fewer[key] for key in fewer if key != "findings"
        }
    assert (
        "3 rows without a truth or a prediction, of 3 clips (casme2/sub03/EP01" in made["findings"][0]["text"]
    )
    side = of_log(log_file(tmp_path, held))
    assert len(side.rows) == 17 and "log.csv has 3 of 20 rows without a truth" in side.notes[0]
    with pytest.raises(LogError, match="no row has both a truth and a prediction"):
        audited(logs.read(log_file(tmp_path, [[*row[:4], ""] for row in held])), None)


def test_predictions_that_are_named_otherwise_than_truths_are_told(tmp_path, official):
    held = [[*row[:4], WORDS.index(row[4])] for row in rows()]
    made = audited(logs.read(log_file(tmp_path, held)), None)
    assert "no_class_shared" in codes(made)
    assert (
        "(0, 1, 2) is a true class of any clip (negative, positive, surprise)" in made["findings"][0]["text"]
    )


def by(rule, held):
    """A score made in a wrong way, by hand."""
    frame = pd.DataFrame(held, columns=["corpus", "subject", "clip", "truth", "predicted"])
    hit = frame["truth"] == frame["predicted"]
    if rule == "swapped":
        return hit.groupby(frame["predicted"]).mean().mean()
    if rule == "micro":
        return hit.mean()
    people = hit.groupby([frame["subject"], frame["truth"]]).mean().groupby("subject")
    return people.mean().mean() if rule == "shown" else people.sum().mean() / 3


@pytest.mark.parametrize(
    ("rule", "code"),
    [("swapped", "swapped"), ("micro", "micro"), ("shown", "folds_averaged"), ("all", "folds_averaged")],
)
def test_a_number_that_a_wrong_rule_gives_is_said_with_the_rule(tmp_path, official, rule, code):
    printed = f"{by(rule, rows()):.4f}"
    made = audited(logs.read(log_file(tmp_path, rows())), official, {"uar": printed})
    assert codes(made) == [code] and printed in made["findings"][0]["text"]


@pytest.mark.parametrize("form", ["{:.4f}", "{:.2f}", "percent"])
def test_a_right_number_is_right_in_any_form_and_one_of_no_rule_is_said_to_be(tmp_path, official, form):
    log = logs.read(log_file(tmp_path, rows()))
    value = audited(log, official)["uf1"]["value"]
    printed = f"{100 * value:.2f}" if form == "percent" else form.format(value)
    assert audited(log, official, {"uf1": printed})["published"]["uf1"]["rule"] == "pooled"
    made = audited(log, official, {"uf1": "0.1234"})
    assert codes(made) == ["not_reproducible"] and made["published"]["uf1"]["rule"] is None
    with pytest.raises(LogError, match="no number"):
        audited(log, official, {"uf1": "high"})


def test_an_absent_class_that_is_dropped(tmp_path):
    held = [["c", f"p{i}", "x", *words] for i, words in enumerate([("a", "a"), ("a", "z"), ("b", "b")])]
    made = audited(logs.read(log_file(tmp_path, held)), None, {"uar": "0.75"})
    assert codes(made) == ["absent", "absent_dropped"]
    twice = [[who, *more] for _, who, *more in [*held, held[0]]]
    made = audited(logs.read(log_file(tmp_path, twice, "subject,clip,truth,predicted")), None)
    assert "1 clip (p0/x) predicted more than once" in made["findings"][0]["text"]


def test_the_command_writes_what_it_says_and_refuses_what_it_cannot_read(tmp_path):
    truth = tmp_path / "official.csv"
    truth.write_text("\n".join(["corpus,subject,clip,truth", *(",".join(row) for row in OFFICIAL)]) + "\n")
    file, out = log_file(tmp_path, rows()[1:]), tmp_path / "out.json"
    run = lambda *words: CliRunner().invoke(app, list(map(str, words)))  # noqa: E731
    done = run(file, "--truth", truth, "--json", out)
    held = json.loads(out.read_text())
    assert done.exit_code == 0 and "missing: 1 clip" in done.output
    assert set(held["uf1"]) == {"value", "low", "high"} and codes(held) == ["missing"]
    assert {"uar", "war", "corpora", "clips", "people"} <= set(held)
    for words, said in (
        ((file, "--corpus", "casme2"), "give yours by --truth CSV"),
        ((file, "--published", "f1=.7"), "write NAME=VALUE"),
        ((file, "--columns", "truth=nowhere"), "no column 'nowhere'"),
        ((tmp_path / "none.csv",), "none.csv"),
        ((file, "--corpus", "megc2019", "--truth", truth), "give one"),
    ):
        done = run(*words)
        assert done.exit_code == 2 and said in " ".join(done.output.split()), done.output
    for header, held, said in (
        ("subject,clip,truth,truth,predicted", rows(), "more than one column 'truth'"),
        ("subject,clip,truth,predicted", rows(), "line 2 has more values than the header has columns"),
    ):
        assert said in " ".join(run(log_file(tmp_path, held, header)).output.split())
    truth.write_text(truth.read_text().replace("sub02,EP00,negative", "sub02,EP00,"))
    assert "1 clip (casme2/sub02/EP00) of the list have no true class" in " ".join(
        run(log_file(tmp_path, rows()), "--truth", truth).output.split()
    )
    log_file(tmp_path, [["a", "b"]], "who,what")
    assert "--columns subject=NAME" in " ".join(run(file).output.split())


def test_the_official_list_is_as_its_published_counts_say():
    from preprocessing.datasets import megc2019

    held = logs.read(logs.official("megc2019"), needed=("subject", "clip", "truth"))
    assert held["truth"].value_counts().to_dict() == megc2019.PUBLISHED["emotions"]
    assert held["person"].nunique() == 68 and held["key"].is_unique
    for name, part in held.groupby("corpus"):
        assert part["truth"].value_counts().to_dict() == megc2019.PUBLISHED["parts"][name]["emotions"]
