"""mlflow.json in every state: what it was, or named with the way out; a resumed sweep writes it anew."""

import contextlib
import json
import random

import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.tracking.outbox import Outbox
from orchestrator.tracking.record import RECORD, read_record, write_record
from orchestrator.workspace.store import FoldStore

RECORDED = {
    "id": "0123",
    "about": {"name": "s", "model": "stag", "corpus": "c", "classes": ["neg", "pos"], "au": "none"},
    "trials": {"0": {"state": "complete", "config": {"recipe": {"lr": 1e-3}}, "jobs": ["00aa", "00bb"]}},
    "others": {"1": {"recipe": {"lr": 1e-2}}},
    "folds": "",
    "ended": "finished",
    "model": False,
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sweeps" / "s").mkdir(parents=True)
    write_record(tmp_path / "sweeps" / "s", RECORDED)
    return tmp_path / "sweeps" / "s"


def states(text):
    yield from ("", "{", "null", "[]", "{}", "\xff\x00", text[: len(text) // 2])
    yield text.replace("0.001", "0.002")  # another configuration
    yield text.replace("00aa", "00ab")
    held = json.loads(text)
    for key in held:
        if key not in ("id", "others", "model", "sha256"):  # which older programs did not write
            yield json.dumps({name: value for name, value in held.items() if name not in (key, "sha256")})
        for wrong in (None, 3, [], {"0": []}):
            if not ((key == "sha256" and wrong is None) or (key == "about" and wrong == {"0": []})):
                yield json.dumps(held | {key: wrong})


def test_what_was_written_is_read(folder):
    assert read_record(folder) == RECORDED


def test_what_an_older_program_wrote_is_read_and_has_no_id(folder):
    older = {key: value for key, value in RECORDED.items() if key not in ("id", "others", "model")}
    (folder / RECORD).write_text(json.dumps(older))
    assert read_record(folder) == older | {"id": "", "others": {}, "model": True}


def test_every_damage_is_named_and_never_read_as_something_else(folder):
    text = (folder / RECORD).read_text()
    for state in states(text):
        (folder / RECORD).write_bytes(state.encode("latin-1"))
        with pytest.raises(ConfigError, match=r"mlflow\.json does not read .*orchestrator\.resume"):
            read_record(folder)
    draw = random.Random(0)
    for _ in range(300):
        torn = bytearray(text.encode())
        torn[draw.randrange(len(torn))] ^= 1 << draw.randrange(8)
        (folder / RECORD).write_bytes(bytes(torn))
        with contextlib.suppress(ConfigError):
            assert read_record(folder) == RECORDED  # white space
    (folder / RECORD).unlink()
    with pytest.raises(ConfigError):
        read_record(folder)
    (folder / RECORD).mkdir()
    with pytest.raises(ConfigError):
        read_record(folder)


def test_a_resumed_sweep_writes_a_damaged_one_anew_and_says_that_its_run_is_a_new_one(folder, monkeypatch):
    monkeypatch.setattr(Outbox, "flush", lambda *_, **__: None)
    (folder / RECORD).write_text("{")
    said = []
    outbox = Outbox.start(
        "x://", RECORDED["about"], folder, FoldStore(folder), (lambda note: said.append(note))
    )
    outbox.settle()
    assert read_record(folder)["about"] == RECORDED["about"] and "gets a new run" in said[0].text
    before = read_record(folder)["id"]
    Outbox.start("x://", RECORDED["about"], folder, FoldStore(folder), said.append)
    assert read_record(folder)["id"] == before and len(said) == 1
