"""The table: one row a spotter and rule, each recognised by the held-out person's own model."""

import json

import pandas as pd
import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.spotting import jobs, loso, megc, table
from orchestrator.spotting.spotters import spotters
from tests.orchestrator.spotting.videos import CLASSES, people, scrambled


def ran(videos, recognise=None, classes=()):
    seen = {one.video: one.seen for one in videos}
    made = [fold for _, fold in jobs.inline(jobs.tasks(videos, ["peaks"], 2, 0), seen)]
    usual = {"peaks": spotters()["peaks"].usual}
    rows = loso.rows(videos, {"peaks": made}, usual, classes=classes, recognise=recognise)
    return {row.rule: row for row in rows}


@pytest.fixture(scope="module")
def videos():
    return people(4, height=0.8)


def truth_of(videos, person, video, found):
    """What a perfect recogniser says."""
    (one,) = (one for one in videos if one.video == video)
    assert one.person == person
    near = [
        min(one.true, key=lambda t: abs(t.onset - each.onset) + (t.kind != "micro") * 999) for each in found
    ]
    return [each.emotion for each in near]


def test_three_rules_and_the_oracle_is_never_below(videos):
    made = ran(videos)
    assert list(made) == list(loso.RULES)
    assert made["oracle"].scores["all f1"].value >= made["nested"].scores["all f1"].value > 0.5
    assert made["oracle"].scores["all f1"].value >= made["usual"].scores["all f1"].value
    assert "strs" not in made["nested"].scores
    assert len(set(made["oracle"].thresholds.values())) == 1


def test_what_was_spotted_is_recognised_and_a_perfect_recogniser_has_the_spotters_f1(videos):
    asked = []

    def recognise(person, video, found):
        asked.append((person, video, tuple((one.onset, one.offset) for one in found)))
        assert all(one.kind == "micro" for one in found)
        return truth_of(videos, person, video, found)

    made = ran(videos, recognise, CLASSES)
    for row in made.values():
        assert row.scores["recognition f1"].value == 1.0 and row.unclassed == 0
        assert row.scores["strs"].value == pytest.approx(row.scores["micro f1"].value)
    every = [(video, at) for _, video, each in asked for at in each]
    assert len(every) == len(set(every))  # an interval is asked for once, whatever the rule
    people_in_turn = [person for person, _, _ in asked]
    assert people_in_turn == sorted(people_in_turn)  # one model is open at a time


def test_an_abstention_is_counted(videos):
    made = ran(videos, lambda person, video, found: ["" for _ in found], CLASSES)["nested"]
    micro = sum(one.kind == "micro" for of in made.found.values() for one in of)
    assert made.unclassed == micro > 0 and made.scores["strs"].value == 0


def test_scrambling_a_person_moves_no_others_test_and_not_her_own_threshold(videos):
    before, after = ran(videos)["nested"], ran(scrambled(videos, "p1"))["nested"]
    assert before.thresholds["p1"] == after.thresholds["p1"]
    assert before.found["p1"] != after.found["p1"]


def test_the_files_say_the_same(videos, tmp_path):
    rows = list(ran(videos).values())
    about = {
        "corpus": "x", "people": 4, "videos": 8, "micro": 32, "macro": 8, "recogniser": "",
        "notes": ["a row"], "first": 1,
    }  # fmt: skip
    table.write(tmp_path / "out", rows, about)
    read = pd.read_csv(tmp_path / "out" / "table.csv").set_index("rule")
    nested = rows[0]
    assert read.loc["nested", "f1"] == pytest.approx(nested.scores["all f1"].value)
    assert read.loc["nested", "f1_low"] <= read.loc["nested", "f1"] <= read.loc["nested", "f1_high"]
    counts = pd.read_csv(tmp_path / "out" / "people.csv").query("rule == 'nested'")
    assert counts["micro_tp"].sum() == nested.held.counts[:, 0, 0].sum() and len(counts) == 4
    spotted = megc.read(tmp_path / "out" / "peaks-nested.csv")
    assert sorted((one.video, one.onset) for one in spotted) == sorted(
        (one.video, one.onset) for found in nested.found.values() for one in found
    )
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert [row["rule"] for row in summary["rows"]] == list(loso.RULES)
    text = (tmp_path / "out" / "table.md").read_text()
    assert "| peaks | oracle |" in text and "- a row" in text
    table.write(tmp_path / "out", rows, about)  # of the same: again
    for other in ({"videos": 9}, {"jobs": "an older program's has none"}):
        with pytest.raises(ConfigError, match=f"other {next(iter(other))}; choose another --name"):
            table.refuse_another(tmp_path / "out", about | other)
