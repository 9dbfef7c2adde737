"""Ray's token and folder: closed to others from the first byte. That its ports are too is looked at where a
Ray runs (tests/orchestrator/runners/test_ray.py)."""

import os
import resource
import signal
import stat
import sys
import threading
from pathlib import Path

import pytest

from preprocessing import limits, local_ray
from preprocessing.errors import BadInput


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_no_byte_of_a_new_token_can_be_read_by_others(home, monkeypatch):
    old = os.umask(0)
    seen = []

    def link(whole, path, link=os.link):
        seen.append(mode(Path(whole)))
        link(whole, path)
        seen.append(mode(path))

    monkeypatch.setattr(os, "link", link)
    try:
        local_ray.make_token()
    finally:
        os.umask(old)
    token = home / ".ray" / "auth_token"
    assert seen == [0o600, 0o600]
    assert mode(token) == 0o600 and mode(token.parent) == 0o700
    assert len(token.read_text()) == 64 and os.listdir(token.parent) == ["auth_token"]


def test_a_home_that_cannot_be_written_has_its_token_beside_rays_sessions(home, monkeypatch):
    (home / "file").write_text("")
    monkeypatch.setenv("HOME", str(home / "file"))  # nothing can be made below it, even by root
    monkeypatch.setenv("RAY_TMPDIR", str(home / "t"))
    monkeypatch.setattr(local_ray, "OF_A_SESSION", 0)  # pytest's folders are long
    try:
        local_ray.make_token()
        token = Path(os.environ["RAY_AUTH_TOKEN_PATH"])
    finally:
        os.environ.pop("RAY_AUTH_TOKEN_PATH", None)
    assert token == home / "t" / f"mer-ray-{os.getuid()}" / "auth_token" and mode(token) == 0o600


def test_a_user_without_home_and_name_has_the_token_beside_rays_sessions(home, monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as of a user whom nobody knows
    monkeypatch.setattr(local_ray, "OF_A_SESSION", 0)
    monkeypatch.setenv("RAY_TMPDIR", str(home / "t"))
    monkeypatch.chdir(home)
    try:
        local_ray.make_token()
        assert Path(os.environ["RAY_AUTH_TOKEN_PATH"]).parent.parent == home / "t"
    finally:
        os.environ.pop("RAY_AUTH_TOKEN_PATH", None)
    assert os.listdir(home) == ["t"]


def test_limits_under_which_ray_does_not_start_are_told_at_once(monkeypatch):
    soft = {resource.RLIMIT_AS: -1, resource.RLIMIT_NPROC: -1, resource.RLIMIT_NOFILE: 256}
    monkeypatch.setattr(resource, "getrlimit", lambda which: (soft[which], -1))
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    monkeypatch.setattr(limits, "_held", lambda: 40)
    limits.refused(2)
    soft[resource.RLIMIT_NPROC] = 204
    with pytest.raises(BadInput, match="165 threads here, and this user has 40 of at most 204: raise"):
        limits.refused(2)
    limits.refused(1)
    soft[resource.RLIMIT_AS] = 4 * 2**30
    with pytest.raises(BadInput, match=r"limit of 4\.0 GiB of address space.*ulimit -v unlimited"):
        limits.refused(1)
    assert limits.told() == f"ulimit -v is {4 * 2**30}, ulimit -u is 204, ulimit -n is 256"


def test_a_ray_that_does_not_come_up_is_one_line_and_a_fault_stays_one():
    late = "did not start .The current node timed out"
    with pytest.raises(BadInput, match=late), local_ray._start_is_told():
        raise Exception("The current node timed out during startup.")
    with pytest.raises(ValueError, match="a fault"), local_ray._start_is_told():
        raise ValueError("a fault")


def test_two_sweeps_that_start_together_have_one_token(home):
    seen = []

    def start():
        local_ray.make_token()
        seen.append(local_ray.token_file().read_text())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1 and len(seen[0]) == 64


@pytest.mark.parametrize("wide", [0o644, 0o604, 0o620, 0o666])
def test_a_token_that_others_could_read_or_write_is_closed_and_told(home, caplog, wide):
    token = home / ".ray" / "auth_token"
    token.parent.mkdir()
    token.write_text("mine")
    token.chmod(wide)
    local_ray.make_token()
    assert mode(token) == 0o600 and token.read_text() == "mine"
    assert f"({wide:04o})" in caplog.text and "delete it" in caplog.text
    caplog.clear()
    local_ray.make_token()
    assert not caplog.text


@pytest.mark.parametrize(("wide", "shut"), [(0o777, 0o755), (0o770, 0o750), (0o1777, 0o1777)])
def test_nobody_else_puts_a_token_into_its_folder(home, caplog, wide, shut):
    folder = home / ".ray"
    folder.mkdir()
    folder.chmod(wide)
    local_ray.make_token()
    assert mode(folder) == shut and mode(folder / "auth_token") == 0o600
    assert ("put a token of theirs" in caplog.text) == (wide != shut)


def test_no_token_is_made_where_ray_reads_none(home, monkeypatch):
    for name, value in (
        ("RAY_AUTH_MODE", "disabled"),
        ("RAY_AUTH_TOKEN", "t"),
        ("RAY_AUTH_TOKEN_PATH", "/x"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            local_ray.make_token()
    assert os.listdir(home) == []


def test_rays_folder_is_this_users_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_TMPDIR", "/tmp/" + tmp_path.name[:8] + str(os.getpid()))
    folder = local_ray.private_folder()
    try:
        assert mode(folder) == 0o700
        folder.chmod(0o777)
        assert local_ray.private_folder() == folder and mode(folder) == 0o700
        folder.rmdir()
        folder.symlink_to(tmp_path)  # planted by somebody who guessed the name
        with pytest.raises(BadInput, match=r"not a folder of this user.*RAY_TMPDIR"):
            local_ray.private_folder()
        folder.unlink()
        folder.mkdir()
        monkeypatch.setattr(os, "getuid", lambda: int(folder.name.split("-")[-1]) + 1)
        folder.rename(folder.with_name(f"mer-ray-{os.getuid()}"))
        with pytest.raises(BadInput, match="not a folder of this user"):
            local_ray.private_folder()
    finally:
        for one in folder.parent.iterdir():
            one.unlink() if one.is_symlink() else one.rmdir()
        folder.parent.rmdir()


def test_a_folder_whose_sockets_would_have_too_long_names_is_told_first(monkeypatch, tmp_path):
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / ("x" * 80)))
    with pytest.raises(BadInput, match="too long a path for Ray's sockets, 39 characters at most"):
        local_ray.private_folder()
    assert not (tmp_path / ("x" * 80)).exists()


@pytest.mark.parametrize(("asked", "packs"), [(None, False), ("0", False), ("1", True)])
def test_under_uv_run_the_current_folder_is_packed_only_for_who_asks(asked, packs, monkeypatch):
    from ray._private import ray_constants, worker
    from ray._private.runtime_env import uv_runtime_env_hook as uv

    monkeypatch.setattr(ray_constants, "RAY_ENABLE_UV_RUN_RUNTIME_ENV", True)  # as Ray read it when imported
    monkeypatch.setattr(uv, "_get_uv_run_cmdline", lambda: ["uv", "run", "python"])
    monkeypatch.setattr(uv, "hook", lambda given: {"working_dir": "."})
    monkeypatch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", asked or "")
    if asked is None:
        monkeypatch.delenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV")
    local_ray.without_uv()
    assert (worker._maybe_modify_runtime_env({}, False) == {"working_dir": "."}) is packs


def test_ray_leaves_sigterm_to_a_command_that_has_taken_it():
    from ray._private import utils

    def ours(*_):
        raise KeyboardInterrupt

    theirs, before = utils.set_sigterm_handler, signal.signal(signal.SIGTERM, ours)
    try:
        with local_ray.sigterm_stays():
            utils.set_sigterm_handler(lambda *_: None)
        assert signal.getsignal(signal.SIGTERM) is ours and utils.set_sigterm_handler is theirs
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a notebook: Ray ends its processes itself
        with local_ray.sigterm_stays():
            assert utils.set_sigterm_handler is theirs
    finally:
        signal.signal(signal.SIGTERM, before)


def test_workers_look_in_the_current_folder_only_where_this_process_does_so_first(monkeypatch):
    for path, sent in (
        (["/here", "/lib"], True),
        (["/lib", "/here"], False),
        (["/lib"], False),
        (["", "/lib"], True),
    ):
        monkeypatch.setattr(sys, "path", path)
        folders = local_ray.job()._py_driver_sys_path
        folders.extend(["/here"])
        assert folders == ["/here"] * sent


def test_a_ray_takes_no_more_cpus_than_this_process_may_use():
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert local_ray.room()[0] == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_what_the_command_says_itself_ray_does_not_print_too(monkeypatch):
    from ray._private import worker

    shown = []
    monkeypatch.setattr(worker, "print_to_stdstream", lambda data, ignore_prefix: shown.append(data["lines"]))
    local_ray._only_what_is_not_told_already()
    ended = ["Task MapWorker.submit failed. Error: The actor is dead because it was killed by `ray.kill`."]
    for lines in (ended, ["Raylet is terminated. ..."], ["a node has died"]):
        worker.print_to_stdstream({"lines": lines, "pid": "raylet", "is_err": False}, ignore_prefix=False)
    assert shown == [["a node has died"]]
