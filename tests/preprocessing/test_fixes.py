"""Repairs touch the named cell of the named row while its value is the bad one, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from preprocessing import fixes

COLUMNS = ["subject", "clip", "onset", "apex", "offset", "emotion", "aus"]
FIX = {
    "subject": "01", "clip": "a", "onset": "10", "column": "offset",
    "bad value": "91", "value": "19", "reason": "typo", "source": "test",
}  # fmt: skip


def frame(*rows: tuple[str, ...]) -> pd.DataFrame:
    # rows are found by key, not by index
    return pd.DataFrame(rows, columns=COLUMNS, index=range(5, 5 + len(rows)))


def test_only_the_row_with_the_key_and_the_bad_value_changes() -> None:
    before = frame(
        ("01", "a", "10", "12", "91", "joy", "4"),
        ("01", "a", "11", "12", "91", "joy", "4"),  # another onset
        ("02", "a", "10", "12", "91", "joy", "4"),  # another person
        ("01", "a", "10", "12", "19", "joy", "4"),  # already right
    )
    copy = before.copy()
    after, lines = fixes.apply(before, "none", fixes=[FIX])
    assert after["offset"].tolist() == ["19", "91", "91", "19"]
    assert after.drop(columns="offset").equals(before.drop(columns="offset"))
    assert before.equals(copy)
    assert [len(line) for line in lines] == [1, 0, 0, 0]
    assert lines[0] == ("offset '91' -> '19': typo (test)",)


def test_the_key_is_the_onset_before_any_repair() -> None:
    onset = FIX | {"column": "onset", "bad value": "10", "value": "12"}
    after, lines = fixes.apply(frame(("01", "a", "10", "15", "91", "joy", "4")), "none", fixes=[onset, FIX])
    assert (after["onset"].iloc[0], after["offset"].iloc[0], len(lines[0])) == ("12", "19", 2)


@pytest.mark.parametrize(
    ("apex", "repaired"), [("9", True), ("20", True), ("10", False), ("19", False), ("", False), ("/", False)]
)
def test_the_rule_for_an_apex_outside(apex: str, repaired: bool) -> None:
    fix = FIX | {"column": "apex", "bad value": fixes.OUTSIDE, "value": ""}
    after, lines = fixes.apply(frame(("01", "a", "10", apex, "19", "joy", "4")), "none", fixes=[fix])
    assert after["apex"].iloc[0] == ("" if repaired else apex)
    assert bool(lines[0]) == repaired


@pytest.mark.parametrize("corpus", ["casme2", "samm", "smic_hs"])
def test_the_shipped_files_are_well_formed(corpus: str) -> None:
    rows = fixes.load(corpus)
    keys = [(r["subject"], r["clip"], r["onset"], r["column"], r["bad value"]) for r in rows]
    assert len(set(keys)) == len(keys)
    assert all(r["value"] != r["bad value"] for r in rows)
    # the grammar keeps alternatives; a repair would pick one
    assert not any(r["column"] == "aus" for r in rows)
    if corpus == "samm":
        assert ("013", "013_1_9", "5658", "offset", "5793") in keys


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subject,clip\n", "the header must be"),
        (",".join(fixes.COLUMNS) + "\n01,a,10,offset,91,19,typo\n", "line 2: 7 values for 8 columns"),
        (
            ",".join(fixes.COLUMNS) + "\n01,a,10,duration,91,19,typo,me\n",
            "column 'duration' cannot be repaired",
        ),
        (",".join(fixes.COLUMNS) + "\n01,a,10,offset,91,19,,me\n", "needs a reason and a source"),
        (",".join(fixes.COLUMNS) + f"\n01,a,10,offset,{fixes.OUTSIDE},19,typo,me\n", "for the apex only"),
    ],
)
def test_a_malformed_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    (tmp_path / "mine.csv").write_text(text)
    monkeypatch.setattr(fixes, "files", lambda package: tmp_path)
    with pytest.raises(fixes.FixError, match=message):
        fixes.load("mine")
