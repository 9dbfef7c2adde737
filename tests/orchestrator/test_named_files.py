"""Files that a user names: a pipe in a file's place is told at once, by whoever would read it."""

import os
import signal
from pathlib import Path

import pytest

from orchestrator.console.asked import experiment_fields
from orchestrator.console.bundles import bundle_of
from orchestrator.inference.bundle_files import read_files
from orchestrator.results import logs
from orchestrator.spotting import megc
from orchestrator.sweeps.experiment import toml
from orchestrator.sweeps.sides import sides
from orchestrator.tracking.address import ready
from preprocessing import people, plugins
from preprocessing.datasets.manifest import COLUMNS
from preprocessing.datasets.manifest import read as manifest
from preprocessing.datasets.sheet import find
from preprocessing.datasets.text import guessed, read_text
from preprocessing.datasets.workbook import hidden_rows, tables
from preprocessing.errors import BadInput
from preprocessing.inputs import Settings
from preprocessing.spotting.run import _chunk
from tests.shut import not_permitted

HEADER = ",".join(COLUMNS)
READERS = {
    "audit": logs.read,
    "compare": lambda path: sides([f"log:{path}"], path.parent, {}),
    "compare, by its name": lambda path: sides([str(path)], path.parent, {}),
    "--experiment": toml,
    "--same-person": people.read,
    "--subjects": lambda path: experiment_fields({"subjects": str(path)}),
    "--plugin": lambda path: plugins.read(path.rename(path.with_name("mine.py"))),
    "--plugin, a folder": lambda path: plugins.read(path.parent),
    "--landmarker": lambda path: Settings(landmarker=str(path)),
    "labels": read_text,
    "check of labels": guessed,
    "a sheet": lambda path: tables(find([path.parent], ["a.csv"])[0]),
    "hidden rows": lambda path: hidden_rows(path.rename(path.with_suffix(".xlsx"))),
    "manifest": lambda path: list(manifest(path, "manifest")),
    "manifest in its folder": lambda path: list(
        manifest(path.rename(path.with_name("manifest.csv")).parent, "manifest")
    ),
    "MEGC": megc.read,
    "--tracking-uri": lambda path: ready(f"sqlite:///{path}"),
}


@pytest.fixture
def folder(tmp_path):
    """With a pipe; whoever waits for it is woken."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("MODEL = 1\n")
    os.mkfifo(tmp_path / "mine" / "a.csv")
    os.link(tmp_path / "mine" / "a.csv", tmp_path / "mine" / "b.py")

    def waits(*_):
        raise AssertionError("it waits for the pipe")  # no OSError, which readers tell

    before = signal.signal(signal.SIGALRM, waits)
    signal.alarm(5)
    yield tmp_path / "mine"
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("what", READERS)
def test_a_pipe_is_no_file(folder, what):
    with pytest.raises(BadInput, match="is a named pipe; only regular files are read"):
        READERS[what](folder / "a.csv")


@pytest.fixture
def named(open_folder):
    """A file, once more as a plugin's, in a folder where everybody may rename it."""
    (open_folder / "mine").mkdir()
    (open_folder / "mine" / "__init__.py").write_text("MODEL = 1\n")
    (open_folder / "mine" / "a.csv").write_text("p01,p02\n")
    os.link(open_folder / "mine" / "a.csv", open_folder / "mine" / "b.py")
    (open_folder / "mine").chmod(0o777)
    return open_folder / "mine" / "a.csv"


def bundle(path):
    with bundle_of(str(path), path.parent, "") as (where, _):
        read_files(where)


@pytest.mark.parametrize("what", [*READERS, "a bundle"])
def test_a_file_that_is_shut_is_told_with_the_next_step(named, what):
    shut = named.with_name("b.py")  # the same file, by the name that no reader changes
    with not_permitted(shut), pytest.raises(BadInput, match=r"may not be read by this user: chmod u\+r /"):
        (READERS | {"a bundle": bundle})[what](named)


@pytest.mark.parametrize("read", [logs.read, bundle, plugins.read])
def test_a_folder_above_that_is_shut_is_told(named, read):
    with (
        not_permitted(named.parent),
        pytest.raises(BadInput, match=r"/mine may not be entered: chmod u\+x /"),
    ):
        read(named)


def test_a_pipe_among_kept_curves_is_no_chunk_of_them(folder):
    os.link(folder / "a.csv", folder / "000000.npy")
    os.link(folder / "a.csv", folder / "000000.rows")
    assert _chunk(folder / "000000.rows") is None


def test_a_device_is_none_either():
    with pytest.raises(BadInput, match="/dev/zero is a device; only regular files are read: put what it"):
        logs.read(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("read", "table"),
    [
        (lambda path: logs.read(path).to_csv(), "subject,clip,truth,predicted\n1,a,joy,joy\n"),
        (people.read, 'id,same as\n"#3",p01\np02,p01\n'),
        (megc.read, "vid,pred_onset,pred_offset,type\nv1,3,9,me\n"),
        (lambda path: [clip.name for clip in manifest(path, "manifest")], f"{HEADER}\n1,a,f,1,3,5,joy,,\n"),
    ],
)
def test_a_comment_above_a_table_is_passed_over_whoever_reads_it(tmp_path, read, table):
    (tmp_path / "a.csv").write_text(table)
    (tmp_path / "b.csv").write_text(f'\ufeff# coded by A, B and "C\n\n#\n{table}')
    assert read(tmp_path / "b.csv") == read(tmp_path / "a.csv") and read(tmp_path / "a.csv")
