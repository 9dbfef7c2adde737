"""Looks are counted: a new state once, the same never again, over all sweeps that tested the same people."""

import json
import os

import pytest

from orchestrator.workspace import looks

CLIPS = ["c/p1/a", "c/p1/b", "c/p2/a", "c/p3/a"]


def look(folder, uf1=0.5, jobs=("1", "2"), people=("p",), rule="nested"):
    folder.mkdir(parents=True, exist_ok=True)
    score = {"uf1": uf1, "uar": 0.25, "war": 0.75, "sd": {}}
    looks.keep(folder, rule=rule, trials=2, seeds=1, folds=4, score=score, jobs=jobs, people=people)


def test_a_state_is_written_once_with_what_was_scored(tmp_path):
    look(tmp_path)
    look(tmp_path, jobs=("2", "1"))  # a resumed sweep that computed nothing
    (only,) = looks.read(tmp_path)
    expected = {"rule": "nested", "trials": 2, "seeds": 1, "folds": 4, "uf1": 0.5, "uar": 0.25, "war": 0.75}
    assert only.items() >= expected.items() and only["time"].endswith("+00:00")
    look(tmp_path, jobs=("1", "2", "3"))  # one more fold, and by chance the same score
    look(tmp_path, uf1=0.6)  # the same folds, scored otherwise
    look(tmp_path, rule="last_epoch")
    assert [one["rule"] for one in looks.read(tmp_path)] == ["nested"] * 3 + ["last_epoch"]
    assert looks.counted(tmp_path)["sweep"] == 4


def test_a_kill_while_it_is_written_leaves_the_looks_before_it(tmp_path, monkeypatch):
    look(tmp_path)
    before = (tmp_path / looks.LOOKS).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            look(tmp_path, uf1=0.6)
    assert (tmp_path / looks.LOOKS).read_bytes() == before and len(list(tmp_path.iterdir())) == 1
    look(tmp_path, uf1=0.6)
    assert [one["uf1"] for one in looks.read(tmp_path)] == [0.5, 0.6]


def test_all_sweeps_that_tested_one_of_the_people_count_and_equal_states_are_one_look(tmp_path):
    one, again, rule, other = (tmp_path / name for name in ("one", "again", "rule", "other"))
    look(one, people=["p", "q"])
    look(again, people=["p", "q"])  # another name for the same folds
    look(rule, rule="pooled_validation", people=["q"])
    look(other, jobs=("9",), people=["r"])
    assert looks.counted(one) == {"sweep": 1, "workspace": 2}
    assert looks.counted(other) == {"sweep": 1, "workspace": 1}
    assert looks.counted(tmp_path / "none") == {"sweep": 0, "workspace": 0}


@pytest.mark.parametrize("damage", ['{"rule": "nes', "[]", "\xff\xfe"])
def test_damage_lowers_no_count(tmp_path, damage):
    look(tmp_path / "one")
    look(tmp_path / "two", jobs=("9",), people=["r"])
    path = tmp_path / "two" / looks.LOOKS
    path.write_text(damage + "\n", encoding="latin-1")
    assert looks.counted(tmp_path / "one") == {"sweep": 1, "workspace": 2}
    look(tmp_path / "two", jobs=("9",), people=["r"])
    assert looks.counted(tmp_path / "two")["sweep"] == 2
    assert json.loads(path.read_text(errors="replace").splitlines()[1])["folds"] == 4


def test_a_person_is_the_same_whichever_clips_have_a_class():
    every = looks.people_of(CLIPS, CLIPS)
    assert len(set(every)) == 3
    assert looks.people_of(["c/p1/b", "c/p3/a"], CLIPS) == [every[0], every[2]]
    assert looks.people_of(CLIPS, [*CLIPS[::-1], "c/p4/a"]) == every
    assert looks.people_of(CLIPS, [*CLIPS, "c/p2/b"])[1] != every[1]
