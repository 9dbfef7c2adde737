"""Comparisons of invented logs: how they are joined, what is said of a difference, what is written."""

import os
import random
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

from orchestrator import compare as command
from orchestrator.common.errors import ConfigError
from orchestrator.results import compared_files, compared_pictures
from orchestrator.results.compared import compared
from orchestrator.results.joining import joined
from orchestrator.results.logs import keyed
from orchestrator.results.report import ReportError
from orchestrator.results.sides import Side, of_log, of_sweep
from orchestrator.results.verdict import number, p_said, verdict
from orchestrator.sweeps.experiment import Corpus
from orchestrator.sweeps.sides import columns_said, sides
from orchestrator.workspace import sealed
from preprocessing.errors import BadInput
from tests.orchestrator.results.pages import PERSON, sweep

WORDS = ("negative", "positive", "surprise")


def side(name, right, people=24, clips=4, seeds=1, corpora=("c",), seed=0):
    """Clips of which a share ``right`` is called right, at random; the same clips for every seed."""
    rng = random.Random(f"{name}{seed}")
    rows = [
        (corpora[who % len(corpora)], f"p{who}", f"x{i}", WORDS[(who + i) % 3], str(run))
        for who in range(people)
        for i in range(clips)
        for run in range(seeds)
    ]
    frame = keyed(pd.DataFrame(rows, columns=["corpus", "subject", "clip", "truth", "seed"]))
    called = [word if rng.random() < right else rng.choice(WORDS) for word in frame["truth"]]
    return Side(name, frame.assign(predicted=called), WORDS)


def gaps(made, score="uf1"):
    return made.differences[made.differences["score"] == score].set_index(["one", "other"])


def write(folder, held, name, rename=lambda frame: frame):
    file = folder / f"{name}.csv"
    rename(held.rows[["corpus", "subject", "clip", "truth", "predicted"]]).to_csv(file, index=False)
    return file


def test_scores_and_differences_by_hand():
    """Two people, one clip of each class each; b errs once: F1 of its classes 1, 2/3 and 4/5."""
    a = side("a", 1, people=2, clips=3)
    wrong = a.rows["predicted"].tolist()
    wrong[wrong.index("positive")] = "surprise"
    b = replace(a, name="b", rows=a.rows.assign(predicted=wrong))
    made = compared([a, b])
    row = gaps(made).loc[("a", "b")]
    assert row["difference"] == pytest.approx(1 - (1 + 2 / 3 + 4 / 5) / 3)
    assert row["p"] == 1  # both swaps of the one person who differs are as extreme
    assert made.scores["war"].tolist() == pytest.approx([1, 5 / 6])
    assert made.scores.loc[1, ["f1_negative", "f1_positive", "f1_surprise"]].tolist() == pytest.approx(
        [1, 2 / 3, 4 / 5]
    )
    assert any("2 people are too few" in note and "0.5" in note for note in made.notes)


def test_only_clips_that_all_have_under_every_seed_count_and_each_shows_its_own():
    a, b = side("a", 0.8, seeds=2), side("b", 0.6)
    a = replace(a, rows=a.rows[~((a.rows["key"] == "c/p0/x0") & (a.rows["seed"] == "1"))], of=100)
    b = replace(b, rows=b.rows[b.rows["key"] != "c/p1/x1"])
    made = compared([a, b])
    assert made.scores[["clips", "tested", "seeds"]].values.tolist() == [[94, 96, 2], [94, 95, 1]]
    alone = [one.rows[one.rows["key"].isin({"c/p0/x0", "c/p1/x1"})] for one in (a, b)]
    assert not any(set(frame["key"]) & set(own["key"]) for frame in joined([a, b]).frames for own in alone)


def test_two_people_of_one_side_who_are_one_of_the_other_are_one():
    a, b = side("a", 0.8), side("b", 0.6)
    a = replace(a, rows=a.rows.assign(person=a.rows["person"].replace("c/p1", "c/p0")))
    assert joined([a, b]).people == joined([b, a]).people == 23


def test_a_sweep_and_a_foreign_log_of_the_same_clips_meet_however_ids_are_spelled(tmp_path):
    """The sweep is of the composite; in the log people are numbers and corpora are in capitals."""
    log = side("log", 0.6, people=8, corpora=("casme2", "samm"))
    ids = "megc2019/" + log.rows["corpus"] + "-sub0" + log.rows["subject"].str[1:] + "/" + log.rows["clip"]
    own = pd.DataFrame(
        {"rule": "nested", "seed": 0, "clip_id": ids, "subject": ids.str.rsplit("/", n=1).str[0],
         "truth": log.rows["truth"], "predicted": log.rows["truth"]}
    )  # fmt: skip
    summary = {
        "rule": "nested", "classes": list(WORDS), "model": "stag", "feature_set": "f", "protocol": "loso",
        "au": "annotated", "selection": {"nested": {"coverage": {"negative": {"tested": 32, "of": 40}}}},
    }  # fmt: skip

    def renamed(frame):
        return frame.assign(corpus=frame["corpus"].str.upper(), subject=frame["subject"].str[1:])

    made = compared([of_sweep("mine", summary, own), of_log(write(tmp_path, log, "log", renamed))])
    assert made.scores[["clips", "people"]].values.tolist() == [[32, 8]] * 2
    assert made.scores.loc[0, ["uf1", "of", "rule", "kind"]].tolist() == [1, 40, "nested", "blind"]
    assert set(made.corpora["corpus"]) == {"casme2", "samm"}
    assert any("mine, AUs annotated" in note for note in made.notes)
    with pytest.raises(ReportError, match="mine: unknown rule of this sweep 'nestd'; did you mean 'nested'"):
        of_sweep("mine", summary, own, "nestd")


def test_what_cannot_be_joined_is_refused_with_what_is_wrong():
    a, b = side("a", 0.8), side("b", 0.6)
    other = replace(
        b, rows=b.rows.assign(truth=b.rows["truth"].where(b.rows["key"] != "c/p3/x0", "surprise"))
    )
    elsewhere = replace(b, rows=b.rows.assign(key="d" + b.rows["key"].str[1:]))
    twice = replace(b, rows=pd.concat([b.rows, b.rows[:1]]))
    for unfit, words in (
        ([a], "needs two or more"),
        ([a, replace(b, name="a")], "two of them are called 'a'"),
        ([a, replace(b, classes=("x", "y", "z"))], "same --classes"),
        ([replace(a, rows=a.rows.assign(predicted="1")), b], "a holds the class '1'"),
        ([a, other], "1 clips have another true class in b than before it, such as c/p3/x0: surprise there"),
        ([a, elsewhere], "b has no clip that all before it have"),
        ([a, twice], "b tests clip c/p0/x0 2 times under seed 0, others 1 times"),
        ([replace(one, rows=one.rows.assign(person="all")) for one in (a, b)], "are of one person"),
    ):
        with pytest.raises(ConfigError, match=words):
            compared(unfit)
    with pytest.raises(ConfigError, match="--gain 5"):
        compared([a, b], gain=5)
    with pytest.raises(ConfigError, match="two or more of the same in each"):
        compared([side("a", 0.8, seeds=2), b], over_seeds=True)


def test_a_side_against_itself_differs_by_nothing_and_the_order_turns_signs_alone():
    a = side("a", 0.8, seeds=2)
    row = gaps(compared([a, replace(a, name="again")])).loc[("a", "again")]
    assert (
        row[["difference", "low", "high", "effect"]].tolist() == [0, 0, 0, 0]
        and row["p"] == row["p_holm"] == 1
    )
    assert pd.isna(row["people_for_gain"])
    b = side("b", 0.5)
    one, two = gaps(compared([a, b])).loc[("a", "b")], gaps(compared([b, a])).loc[("b", "a")]
    assert one[["difference", "p", "effect"]].tolist() == pytest.approx(
        [-two["difference"], two["p"], -two["effect"]]
    )
    assert [one["low"], one["high"]] == pytest.approx([-two["high"], -two["low"]], abs=0.01)


@pytest.mark.parametrize(
    ("difference", "low", "high", "p", "words", "never"),
    [
        (0.1, 0.02, 0.2, 0.01, "a would likely beat b with new people too: UF1 +.100", "not shown"),
        (-0.1, -0.2, -0.02, 0.01, "b would likely beat a", "not shown"),
        (0.1, 0.005, 0.2, 0.079, "It is not shown that a and b would differ", "likely beat"),
        (0.1, 0.005, 0.2, 0.079, "interval leaves out 0, but the test, which decides", "likely beat"),
        (0.1, -0.01, 0.2, 0.04, "a may beat b with new people, on weak evidence", "likely beat"),
        (0.1, -0.1, 0.3, 0.3, "It is not shown", "leaves out"),
        (0.0, 0.0, 0.0, 1.0, "score the same on 9 clips: difference 0, p = 1", "beat"),
        (0.1, 0.02, 0.2, 0.0504, "p = .0504", "likely beat"),
    ],
)
def test_the_sentence_claims_no_more_than_test_and_interval_together(difference, low, high, p, words, never):
    row = {"one": "a", "other": "b", "score": "uf1", "people": 7}
    row |= {"difference": difference, "low": low, "high": high, "p_holm": p}
    said = verdict(row, 9, 2)
    assert words in said and never not in said and said.endswith(".") and said.count(". ") == 0


def test_numbers_are_written_as_papers_do():
    assert [number(value) for value in (0.0878, -0.0001, -0.12, 1.0)] == ["+.088", ".000", "-.120", "+1.000"]
    assert [p_said(p) for p in (0.0794, 0.0004, 0.05049, 1.0)] == ["= .079", "< .001", "= .0505", "= 1"]


def test_holm_stouffer_seeds_and_ranks_are_there_where_they_mean_something():
    many = [side(name, right, corpora=tuple("cdefg"), people=30, seeds=3) for name, right in
            (("a", 0.9), ("b", 0.5), ("d", 0.5))]  # fmt: skip
    made = compared(many, over_seeds=True)
    assert (made.differences["p_holm"] >= made.differences["p"]).all()
    assert (gaps(made)["p_holm"] > gaps(made)["p"]).any() and "Holm's p" in made.sentences[0]
    assert len(made.corpora) == 3 * 6 * 5 and gaps(made)["p_stouffer"].between(0, 1).all()
    assert gaps(made)["p_wilcoxon_over_seeds"].min() >= 0.25  # of 3 seeds
    assert made.ranks.mean["a"] == 1 and made.ranks.critical == pytest.approx(
        2.343 * (3 * 4 / 30) ** 0.5, abs=1e-3
    )
    assert made.scores["uf1_sd_seeds"].gt(0).all() and made.scores["uf1_se_people"].gt(0).all()
    alone = compared([side("a", 0.9), side("b", 0.5)])
    assert alone.ranks is None and not len(alone.corpora) and "p_stouffer" not in alone.differences
    assert "p_t_over_seeds" not in alone.differences and ", p < .001" in alone.sentences[0]


def test_chance_stands_beside_each_score():
    made = compared([side("a", 0.9), side("guess", 0)]).scores.set_index("side")
    assert made.loc["a", "p_chance_uf1"] < 0.001 and made.loc["guess", "p_chance_uf1"] > 0.05
    assert made["chance_uf1"].between(0.2, 0.45).all()


@pytest.fixture
def run(tmp_path):
    def call(*words):
        arguments = [*map(str, words), "--workspace", str(tmp_path / "w")]
        return CliRunner().invoke(command.app, arguments, terminal_width=200, env={"COLUMNS": "200"})

    return call


def test_two_logs_in_one_command_and_all_that_it_writes(run, tmp_path):
    a = write(tmp_path, side("a", 0.9), "a")
    b = write(tmp_path, side("b", 0.5), "b", lambda frame: frame.rename(columns={"truth": "annotated"}))
    assert "--columns truth=NAME" in run(a, b).output
    done = run(a, b, "--columns", f"{b}:truth=annotated", "--gain", ".1", "--name", "mine")
    assert done.exit_code == 0, done.output
    assert "a would likely beat b with new people too" in done.output and "people for +.10" in done.output
    folder = tmp_path / "w" / "compared" / "mine"
    assert {file.name for file in folder.iterdir()} == {
        "scores.csv",
        "differences.csv",
        "matrix.md",
        "matrix.png",
        "report.html",
    }
    text = (folder / "matrix.md").read_text()
    held = gaps(compared([of_log(a), of_log(b, {"truth": "annotated"})], gain=0.1)).loc[("a", "b")]
    stored = pd.read_csv(folder / "differences.csv").set_index("score").loc["uf1"]
    assert stored[["difference", "p", "people_for_gain"]].tolist() == pytest.approx(
        held[["difference", "p", "people_for_gain"]].tolist()
    )
    page = (folder / "report.html").read_text()
    assert "would likely beat" in page and number(held["difference"]) in page and "data:image/png" in page
    assert "would likely beat" in text and f"| a |  | {number(held['difference'])}" in text


def test_files_with_corpora_and_ranks_are_whole(tmp_path):
    many = [
        side(name, right, corpora=tuple("cdefg"), people=30) for name, right in (("a$x$", 0.9), ("b|", 0.5))
    ]
    files = compared_files.write(tmp_path, compared(many))
    assert [file.name for file in files] == [
        "scores.csv", "differences.csv", "corpora.csv", "matrix.md", "matrix.png", "ranks.png",
        "report.html",
    ]  # fmt: skip
    assert "b\\|" in (tmp_path / "matrix.md").read_text()
    for file in files:
        if file.suffix == ".png":
            assert file.read_bytes().startswith(b"\x89PNG")


def test_bars_join_the_longest_runs_that_are_not_told_apart():
    assert compared_pictures._alike([1.0, 1.5, 2.5, 4.0], 1.5) == [(0, 2), (2, 3)]
    assert compared_pictures._alike([1.0, 3.0], 1.5) == []


def test_bad_input_is_one_line_and_status_2(run, tmp_path):
    a = write(tmp_path, side("a", 0.9), "a")
    for words, said in (
        ((a, "nowhere"), "unknown sweep, comparison, experiment or CSV file 'nowhere'"),
        ((a, f"{a}@nested"), "a log has no rules"),
        ((a, a), "two of them are called 'a'"),
        ((a, a, "--over", "people"), "only 'seeds'"),
        ((a, a, "--columns", "who=x"), "write OURS=THEIRS"),
        ((a, a, "--columns", "gone.csv:truth=x"), "gone.csv: is none of what is compared"),
        ((f"log:{a}",), "needs two or more"),
        ((a, "stag", "--", "--trials", "1"), "write models as one word"),
        (("stag", "meganet"), "to train models, write stag,meganet"),
        (("stagg",), "did you mean 'stag'"),
    ):
        done = run(*words)
        assert done.exit_code == 2 and said in " ".join(done.output.split()), (words, done.output)


def test_rows_of_an_experiment_are_sides_each_sweep_once_and_a_part_has_its_own_clips(tmp_path, monkeypatch):
    held = tmp_path / "experiments" / "stag" / "table6" / "v1-x"
    held.mkdir(parents=True)
    rows = [
        "group,row,part,sweep",
        "A,one,,s",
        "A,the same,,s",
        "B,pair,a to b,s",
        "B,split,testA,s",
        "B,not yet,,",
    ]
    (held / "table.csv").write_text("\n".join(rows) + "\n")
    sweep(tmp_path / "sweeps" / "s", [])
    monkeypatch.setattr(
        "orchestrator.sweeps.kept.held",
        lambda folder: (SimpleNamespace(corpora=[Corpus(name="dfme", root="R")]), None),
    )
    splits = {f"{PERSON}/0": "testA", f"{PERSON}/1": "train", "c/p1/1": "testA"}
    monkeypatch.setattr(
        "orchestrator.sweeps.sides.read",
        lambda corpus, root: [SimpleNamespace(clip_id=clip, split=split) for clip, split in splits.items()],
    )
    one, pair, split = sides(["stag/table6"], tmp_path, {})
    assert (one.name, pair.name, split.name) == ("A one", "B pair", "B split")
    assert len(one.rows) == 4 and not len(pair.rows)
    assert sorted(split.rows["clip_id"]) == sorted([f"{PERSON}/0", "c/p1/1"]) and split.of is None
    for text in ("", "group,row\nA,one\n", 'a,"b\n'):  # what is no table of ours any more
        (held / "table.csv").write_text(text)
        with pytest.raises(BadInput, match=r"table\.csv is damaged .*orchestrator\.experiment stag/table6"):
            sides(["stag/table6"], tmp_path, {})
    (held / "table.csv").write_text("\n".join(rows) + "\n")
    with pytest.raises(ConfigError, match="B pair has no clip that could be compared"):
        joined([one, pair])
    sealed.write_json(held / "asked.json", {"table.csv": sealed.sha256((held / "table.csv").read_bytes())})
    assert len(sides(["stag/table6"], tmp_path, {})) == 3
    (held / "table.csv").write_text("\n".join(rows).replace("A,one", "A,two") + "\n")
    with pytest.raises(BadInput, match=r"table\.csv is damaged \(its SHA-256 is not the one in asked\.json"):
        sides(["stag/table6"], tmp_path, {})
    (held / "asked.json").unlink()
    (held.parent / "v2-x").mkdir()
    (held.parent / "v2-x" / "table.csv").write_text("\n".join(rows[:2]) + "\n")
    with pytest.raises(
        ConfigError, match=r"asked for in 2 ways; name one of stag/table6/v1-x, stag/table6/v2-x"
    ):
        sides(["stag/table6"], tmp_path, {})
    assert [side.name for side in sides(["stag/table6/v2-x@nested"], tmp_path, {})] == ["A one@nested"]
    (tmp_path / "sweeps" / "s" / "looks.jsonl").write_text("a line that does not read\n")
    (one,) = sides(["stag/table6/v2-x"], tmp_path, {})
    (note,) = [text for text in compared([one, replace(one, name="b")]).notes if "looks.jsonl" in text]
    assert note.endswith("is damaged: 1 of its looks cannot be read; they are counted all the same.")
    for word in ("stag/tabel6", "experiment:stag/tabel6"):
        with pytest.raises(ConfigError, match="did you mean 'stag/table6'"):
            sides([word], tmp_path, {})


def test_a_word_that_is_two_things_is_refused_and_a_prefix_says_which(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, side("a", 0.9), "a")
    Path("stag").write_text(Path("a.csv").read_text())
    (tmp_path / "w" / "sweeps" / "a.csv").mkdir(parents=True)
    (tmp_path / "w" / "comparisons" / "stag" / "rows").mkdir(parents=True)
    for words, said in (
        (("a.csv", "stag"), "'a.csv' is a sweep and a log: write sweep:a.csv or log:a.csv"),
        (("log:a.csv", "stag"), "'stag' is a comparison and a log"),
        (("stag",), "'stag' is a model and a comparison and a log: to compare what is made write"),
        (("comparison:stag", "log:a.csv"), "no row of comparison 'stag' has finished"),
    ):
        done = run(*words)
        assert done.exit_code == 2 and said in " ".join(done.output.split()), (words, done.output)
    held = sides(["log:a.csv", "log:stag"], tmp_path / "w", {})
    assert [one.name for one in held] == ["a", "stag"]


@pytest.mark.parametrize(
    "words", [("stag", "--", "--trials", "1"), ("stag", "--name", "x"), ("stag,meganet",)]
)
def test_models_are_trained_as_before(run, monkeypatch, words):
    asked = []
    monkeypatch.setattr(command, "_train", lambda *given: asked.append(given[1:4]) or 0)
    assert run(*words).exit_code == 0
    assert asked == [(words[0], "x" if "x" in words else "comparison", False)]


def test_columns_are_for_all_files_or_for_one():
    assert columns_said(["truth=gt,seed=run", "b.csv:truth=label"]) == {
        "": {"truth": "gt", "seed": "run"}, "b.csv": {"truth": "label"},
    }  # fmt: skip


@pytest.mark.skipif("MER_PUBLISHED_LOGS" not in os.environ, reason="others' predictions are not ours to copy")
def test_ststnets_published_predictions_against_capsulenets():
    """MER_PUBLISHED_LOGS: a folder with ststnet_matlab.csv and capsulenet.csv."""
    folder = Path(os.environ["MER_PUBLISHED_LOGS"])
    made = compared([of_log(folder / f"{name}.csv") for name in ("ststnet_matlab", "capsulenet")])
    assert "It is not shown" in made.sentences[0]
    assert "UF1 +.088 [+.005, +.177], p = .079, 68 people, 435 clips." in made.sentences[0]
    assert made.scores["tested"].tolist() == [442, 435]
