"""Looking at a workspace from another terminal."""

import json
import os
import time

import pytest
from typer.testing import CliRunner

from orchestrator import list as list_
from orchestrator import status
from orchestrator.common.errors import ConfigError
from orchestrator.search.events import FoldEnded, Outcome, SearchBegins, TrialEnded, Waits
from orchestrator.sweeps.beat import PROGRESS, Beat, read
from orchestrator.workspace import sealed
from orchestrator.workspace.listed import COMPLETE, EARLY, RUNS, listed
from orchestrator.workspace.sweep_folder import LOCK, SweepFolder, folder_of, runs

ASKED = {"model": "stag", "corpus": "casme2"}


def sweep(workspace, name):
    folder = workspace / "sweeps" / name
    return SweepFolder.open(folder, ASKED, resume=False)


def ended(trial, done, reused=False):
    return FoldEnded(trial, None, reused, done, 4, 0.5, "complete" if done == 4 else "running")


def test_where_no_sweep_is_the_folder_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"unknown sweep 'one': .*sweeps holds none; is --workspace"):
        folder_of("one", tmp_path)
    with sweep(tmp_path, "one") as held:
        assert folder_of("one", tmp_path) == held.path
        with pytest.raises(ConfigError, match="unknown sweep 'on'; did you mean 'one'"):
            folder_of("on", tmp_path)


def test_a_sweep_is_running_as_long_as_its_process_holds_it(tmp_path):
    with sweep(tmp_path, "one") as held:
        assert runs(held.path) and listed(held.path).state == RUNS
    assert not runs(held.path) and listed(held.path).state == EARLY
    for more, said in (({}, "0.750"), ({"interval": {"uf1": [0.5, 0.875]}}, "0.750 [0.500, 0.875]")):
        selection = {"nested": {"uf1": 0.75, **more}}
        sealed.write_json(held.path / "summary.json", ASKED | {"rule": "nested", "selection": selection})
        one = listed(held.path)
        assert (one.state, one.score, one.model, one.corpus) == (COMPLETE, said, "stag", "casme2")
        for command, words in ((list_, []), (status, ["one"])):
            told = CliRunner().invoke(command.app, [*words, "--workspace", str(tmp_path)])
            assert f"{said}" in told.output and told.exit_code == 0, told.output


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir])
def test_a_lock_that_is_no_file_is_waited_for_by_nobody(tmp_path, put):
    with sweep(tmp_path, "one") as held:
        pass
    (held.path / LOCK).unlink()
    put(held.path / LOCK)
    assert not runs(held.path) and listed(held.path).state == EARLY
    with SweepFolder.open(held.path, ASKED, resume=True):
        assert runs(held.path) and (held.path / f"{LOCK}.damaged").exists()


def test_what_a_running_sweep_has_done_and_waits_for_is_told_elsewhere(tmp_path):
    with sweep(tmp_path, "one") as held:
        beat = Beat(held.path)
        beat(SearchBegins(trials=2, folds=4))
        for done in range(1, 4):
            beat(ended(0, done, reused=done == 1))
        beat(TrialEnded(Outcome(0, {}, {}, state="stopped")))  # its fourth fold is saved
        beat(Waits("waiting, no fold runs: one asks for 1 CPU"))
        got = read(held.path)
        assert (got["done"], got["of"]) == (3, 7) and got["left_s"] >= 0 and time.time() - got["time"] < 60
        told = CliRunner().invoke(status.app, ["one", "--workspace", str(tmp_path)])
        assert told.exit_code == 0, told.output
        assert "running, stag on casme2" in told.output and "folds 3/7" in told.output
        assert "one asks for 1 CPU" in told.output
    told = CliRunner().invoke(list_.app, ["--workspace", str(tmp_path)])
    assert told.exit_code == 0 and "one" in told.output and "ended early" in told.output
    told = CliRunner().invoke(status.app, ["one", "--workspace", str(tmp_path)])
    assert "orchestrator.resume one --workspace" in told.output


def test_a_torn_file_is_no_progress(tmp_path):
    (tmp_path / PROGRESS).write_text('{"done": 3')
    assert read(tmp_path) == {}
    (tmp_path / PROGRESS).write_text(json.dumps([1]))
    assert read(tmp_path) == {}
    Beat(tmp_path)(SearchBegins(trials=2, folds=4))
    written = (tmp_path / PROGRESS).read_text()
    (tmp_path / PROGRESS).write_text(written.replace('"of": 8', '"of": 9'))
    assert '"of": 8' in written and read(tmp_path) == {}
    (tmp_path / PROGRESS).unlink()
    (tmp_path / PROGRESS).mkdir()
    assert read(tmp_path) == {}


@pytest.mark.parametrize("text", ['{"rule": "nes', "{}"])
def test_a_damaged_file_of_a_sweep_is_named_where_it_is_listed(tmp_path, text):
    with sweep(tmp_path, "one") as held:
        (held.path / "summary.json").write_text(text)
    for command in (["list"], ["status", "one"]):
        app = {"list": list_, "status": status}[command[0]].app
        told = CliRunner().invoke(app, [*command[1:], "--workspace", str(tmp_path)])
        assert told.exit_code == 0 and "summary.json is" in told.output and "ended early" in told.output
