"""A clip that ends its process is tried three times and then quarantined by name; one whose process lives is
not counted."""

import csv
import os
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

from preprocessing import extract, sealed
from preprocessing import tries as module
from preprocessing.distribute import with_ray
from preprocessing.inputs import INPUTS
from preprocessing.plugins import read
from preprocessing.schema import Clip, CorpusError
from preprocessing.tries import TRIES, Tries
from tests.fake_corpora import fake_ststnet_flow, noise, write_image

PLUGIN = """
import os
from preprocessing.inputs.frame_crops import ApexFrame
class Deadly(ApexFrame):
    picture_unit = "0..255"
    def picture_shape(self):
        return (3, 8, 8)
    def from_picture(self, picture):
        if picture.max() == 0:
            os.abort()
        return picture.transpose(2, 0, 1)
INPUTS = {"deadly": Deadly()}
"""
SCRIPT = """
import pickle, sys
from preprocessing import extract
from preprocessing.plugins import install
plan = pickle.load(open(sys.argv[1], "rb"))
install(plan.plugins)
extract.run(plan, max_failed=1)
"""


@pytest.fixture
def deadly(tmp_path, monkeypatch):
    """A plan of three ready pictures of one person; the second ends the process that reads it."""
    monkeypatch.setattr(INPUTS, "_modules", dict(INPUTS._modules))
    monkeypatch.setattr("preprocessing.plugins._OWNERS", {})
    root = fake_ststnet_flow(tmp_path / "corpus")
    for n, path in enumerate(sorted(root.rglob("*.png"))):
        write_image(
            path, np.zeros((8, 8, 3), np.uint8) if n == 1 else noise(np.random.default_rng(n), (8, 8))
        )
    plugin = tmp_path / f"{tmp_path.name}_input.py"  # a plugin is installed once in a process
    plugin.write_text(PLUGIN)
    return extract.plan("ststnet_flow", root, ["deadly"], tmp_path / "out", plugins=[read(plugin)])


@pytest.fixture(scope="module")
def local_ray():
    import ray

    ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


def quarantined(plan):
    with (plan.folders["deadly"] / "quarantine.csv").open() as lines:
        return {row["clip_id"]: row["error"] for row in csv.DictReader(lines)}


def test_after_three_ended_processes_the_clip_is_quarantined_and_the_rest_is_made(deadly, tmp_path):
    (tmp_path / "plan").write_bytes(pickle.dumps(deadly))
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "plan")]
    ends = [subprocess.run(command, capture_output=True, text=True) for _ in range(TRIES + 1)]
    assert [one.returncode for one in ends] == [-6] * TRIES + [0], ends[-1].stderr
    ((name, why),) = quarantined(deadly).items()
    assert "ended the process that read it 3 times" in why and name
    assert not list((tmp_path / "out").rglob("*.tries"))
    assert not deadly.missing()
    for marker in (tmp_path / "out").rglob(re.search(r"delete each (\S+) below features", why)[1]):
        marker.unlink()
    assert len(deadly.missing()) == 1


@pytest.mark.timeout(300)
@pytest.mark.long
def test_workers_of_ray_data_are_started_again_three_times_and_no_more(deadly, local_ray):
    done = extract.run(deadly, with_ray(1), max_failed=1)
    assert done.quarantined == 1 and "3 times" in next(iter(quarantined(deadly).values()))


@pytest.fixture
def clip(tmp_path):
    return Clip("c", "c/1", "a", tmp_path / "a", "joy")


def _raise_if(wanted, error):
    if wanted:
        raise error


def test_an_exception_and_an_interrupt_count_as_no_try(tmp_path, clip):
    for error in (KeyboardInterrupt, ValueError):
        tries = Tries(tmp_path / "x.parquet")
        with pytest.raises(error), tries.trying(clip):
            _raise_if(sealed.read(tries.path)["c/1/a"][0][1] == os.getpid(), error)
        assert not tries.path.exists()
    with tries.trying(clip):
        pass
    tries.over()
    assert not tries.path.exists()


def test_processes_that_live_and_fresh_tries_elsewhere_are_not_counted(tmp_path, clip):
    here, gone = module.socket.gethostname(), 2**22 - 7
    parent = os.getppid()
    for begun, refused in (
        ([[here, gone, 0]] * 3, True),
        ([[here, gone, 0]] * 2 + [[here, parent, 0]] * 5, False),
        ([["elsewhere", 1, 0]] * 3, True),
        ([["elsewhere", 1, int(module.time.time())]] * 3, False),
    ):
        sealed.write(tmp_path / "x.tries", {"c/1/a": begun})
        assert bool(Tries(tmp_path / "x.parquet").refusal(clip)) == refused


@pytest.mark.parametrize("text", [b"", b"null", b"[]", b"{}", b"\xff", b'{"c/1/a": 3}'])
def test_a_damaged_list_of_tries_is_set_aside(tmp_path, clip, text):
    (tmp_path / "x.tries").write_bytes(text)
    assert Tries(tmp_path / "x.parquet").refusal(clip) == ""
    assert (tmp_path / "x.tries.damaged").read_bytes() == text


def test_what_a_worker_raises_is_told_in_its_own_words(deadly, local_ray):
    path = next(clip.frames for shard in deadly.shards for clip in shard)
    write_image(path, noise(np.random.default_rng(99), (8, 8)))
    with pytest.raises(CorpusError, match=r"^files of clips .* have changed since"):
        extract.run(deadly, with_ray(1), max_failed=1)
