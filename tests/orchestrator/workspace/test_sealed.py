"""Files with their own digest: a flipped byte never becomes another content, a kill leaves a whole file."""

import json
import os

import pytest

from orchestrator.workspace import sealed

HELD = {"lr": 0.001, "name": "ä", "list": [1, 2, {"a": None}]}


def test_what_is_written_comes_back_and_any_program_reads_it(tmp_path):
    path = tmp_path / "a.json"
    sealed.write_json(path, HELD)
    assert sealed.read_json(path, "x") == HELD and sealed.is_sealed(path)
    assert json.loads(path.read_text()).keys() == {"sha256", *HELD}
    assert sealed.of_json(sealed.as_json(HELD).strip().encode() + b"\n") == HELD
    path.write_text(json.dumps(HELD))  # of an older program
    assert sealed.read_json(path, "x") == HELD and not sealed.is_sealed(path)
    toml = tmp_path / "a.toml"
    sealed.write_toml(toml, "lr = 0.001\n")
    assert sealed.read_toml(toml, "x") == "lr = 0.001\n"


def test_no_flip_and_no_cut_gives_another_content(tmp_path):
    json_file, toml = tmp_path / "a.json", tmp_path / "a.toml"
    sealed.write_json(json_file, HELD)
    sealed.write_toml(toml, "lr = 0.001\nepochs = 30\n")
    for path, read in ((json_file, sealed.read_json), (toml, sealed.read_toml)):
        whole, expected = path.read_bytes(), read(path, "x")
        flips = [
            whole[:i] + bytes([whole[i] ^ bit]) + whole[i + 1 :] for i in range(len(whole)) for bit in (1, 64)
        ]
        damaged = 0
        for data in flips + [whole[:i] for i in range(len(whole))]:
            path.write_bytes(data)
            try:
                found = read(path, "do this")
            except sealed.Damaged:
                damaged += 1
                continue
            # the word sha256 itself was hit, and the content is whole
            kept = {k: v for k, v in found.items() if k in HELD} if path is json_file else found
            assert kept == expected or expected in kept, data
        assert damaged > 2 * len(whole)


@pytest.mark.parametrize("name", ["a.json", "a.toml"])
def test_a_folder_in_its_place_is_damage_and_makes_room(tmp_path, name):
    path = tmp_path / name
    path.mkdir()
    (path / "something").touch()
    read = sealed.read_json if name == "a.json" else sealed.read_toml
    with pytest.raises(sealed.Damaged, match=rf"{path} is damaged \(it is no regular file\); do this"):
        read(path, "do this")
    sealed.write_json(path, HELD) if name == "a.json" else sealed.write_toml(path, "a = 1\n")
    assert path.is_file() and (tmp_path / f"{name}.damaged" / "something").exists()
    path.write_bytes(b"\0")
    assert sealed.set_aside(path).name == f"{name}.2.damaged"


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(sealed.Damaged, match="it is no regular file"):
        sealed.read_json(tmp_path / "a.json", "x")


def test_a_list_of_files_names_the_one_that_is_other_missing_or_new(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    (tmp_path / ".nfs0001").write_text("what was deleted while it was open")
    sealed.list_files(tmp_path)
    (tmp_path / ".nfs0001").rename(tmp_path / ".nfs0002")
    sealed.check_files(tmp_path, "x")
    (tmp_path / "b").write_text("c")
    with pytest.raises(sealed.Damaged, match=f"{tmp_path}/b is damaged"):
        sealed.check_files(tmp_path, "x")
    (tmp_path / "b").unlink()
    with pytest.raises(sealed.Damaged, match=r"/b is damaged \(it is missing"):
        sealed.check_files(tmp_path, "x")
    (tmp_path / "b").write_text("b")
    (tmp_path / "c").write_text("c")
    with pytest.raises(sealed.Damaged, match="does not list c"):
        sealed.check_files(tmp_path, "x")
    sealed.emptied(tmp_path)
    with pytest.raises(sealed.Damaged, match="SHA256SUMS"):
        sealed.check_files(tmp_path, "x")
