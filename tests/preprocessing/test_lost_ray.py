"""The head of a cluster that was joined counts as dead when nobody listens there any more, and never because
it is slow; what is done is then ended, and where the main thread is held, the command."""

import signal
import socket
import threading
import time

import pytest
from rich.console import Console

from orchestrator.console import handler, progress
from orchestrator.experiments.ahead import Ahead
from orchestrator.search.events import Ends, Note
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.leaving import Leaving
from preprocessing import lost_ray
from preprocessing.lost_ray import RayDied, Watched

QUICK = {"EVERY": 0.01, "EVERY_HEAD": 0.02, "REFUSES": 0.3, "GRACE": 0.1}


class Head:
    """Listens at a port of its own, until it is closed."""

    def __init__(self, port=0, backlog=16):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", port))
        self.socket.listen(backlog)
        self.port = self.socket.getsockname()[1]

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"


class Look:
    """of_head of a head, and what it says."""

    def __init__(self, head):
        self.over, self.said = threading.Event(), None

        def look():
            self.said = lost_ray.of_head(head.address, lambda seconds: not self.over.wait(seconds))

        self.thread = threading.Thread(target=look, daemon=True)
        self.thread.start()

    def after(self, seconds):
        self.thread.join(seconds)
        self.over.set()
        self.thread.join()
        return self.said


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for name, value in QUICK.items():
        monkeypatch.setattr(lost_ray, name, value)


@pytest.fixture
def joined(monkeypatch):
    """A head that is joined, as far as this process knows."""
    head = Head()
    monkeypatch.setattr(lost_ray, "_connected", lambda: True)
    monkeypatch.setattr(lost_ray, "_address", lambda: head.address)
    return head


def dies(head):
    time.sleep(0.2)  # seen to be there
    head.socket.close()
    time.sleep(20)


def test_a_head_that_answers_nobody_or_comes_back_is_alive():
    assert Look(Head(backlog=0)).after(1.0) == ""  # what it does not take fills its queue: connections wait
    head = Head()
    look = Look(head)
    for _ in range(4):
        time.sleep(0.1)
        head.socket.close()
        time.sleep(0.1)
        head = Head(head.port)
    assert look.after(0.1) == ""
    head.socket.close()
    assert Look(head).after(0.6) == ""  # it was not there when the look began


def test_a_head_that_has_ended_ends_the_work_and_what_is_made_of_that_passes_who_waits_too(joined):
    stuck = []

    def told():
        with Watched(stuck.append):
            dies(joined)

    def sweep():
        try:
            told()
        except RayDied as error:
            time.sleep(0.3)  # MLflow is told, say: longer than the grace
            raise RuntimeError(f"{error}; go on with: resume") from error

    with pytest.raises(RuntimeError) as ended, Watched(stuck.append):
        sweep()
    words = f"Ray has died: its head at {joined.address} has taken no connection for 0 s; go on with: resume"
    assert str(ended.value) == words and lost_ray.ended() == ""
    assert lost_ray.died(ended.value) and not lost_ray.died(RuntimeError("x")) and not stuck


def test_who_has_kept_the_interrupt_is_ended_all_the_same(joined):
    went_on = []

    def keeps():
        with pytest.raises(KeyboardInterrupt):
            dies(joined)
        lost_ray.check()
        went_on.append("with folds that are said to have failed")

    with pytest.raises(RayDied), Watched(print):
        keeps()
    assert not went_on


def test_a_main_thread_that_is_held_is_told_of_in_another(joined):
    stuck = threading.Event()

    def held():
        time.sleep(0.2)
        joined.socket.close()
        stuck.wait(5)

    signal.pthread_sigmask(signal.SIG_BLOCK, {lost_ray.WAKES})  # as in a call that does not come back
    try:
        with pytest.raises(RayDied), Watched(print), Watched(lambda what: stuck.set()):
            held()
        assert stuck.is_set()
    finally:
        if lost_ray.WAKES in signal.sigpending():
            signal.sigwait({lost_ray.WAKES})
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {lost_ray.WAKES})


def test_a_ray_that_was_left_is_not_lost(monkeypatch):
    """Its processes end then, and its head may."""
    connected = [True]
    monkeypatch.setattr(lost_ray, "_connected", lambda: connected[0])
    monkeypatch.setattr(lost_ray, "_children", lambda: {1: "raylet"})
    monkeypatch.setattr(lost_ray, "_started", {1})

    def ends(process):  # it has been left when its first process has ended
        connected[0] = False
        return True

    monkeypatch.setattr(lost_ray, "_ended", ends)
    with Watched(print):
        time.sleep(0.3)
        monkeypatch.setattr(lost_ray, "_ended", lambda process: True)
        assert lost_ray.ended() == ""
        connected[0] = True  # another one, whose raylet has ended
        with pytest.raises(KeyboardInterrupt):
            time.sleep(20)
        with pytest.raises(RayDied, match="its process raylet has ended"):
            lost_ray.check()
        lost_ray._looking.what = ""  # so that this test may end


def test_a_sweep_whose_main_thread_is_held_tells_mlflow_and_ends_its_command(tmp_path, monkeypatch, capsys):
    heard = []

    class Outbox:
        def left(self, status):
            heard.append(status)
            raise OSError("MLflow is not there either")

    with pytest.raises(OSError, match="not there either"):
        Leaving(tmp_path / "sweeps" / "x", Outbox()).stuck("Ray has died: its head", heard.append)
    note, failed, ends = heard
    assert note.text.startswith("not finished: Ray has died: its head; finished folds are kept; go on with: ")
    assert (failed, ends) == ("FAILED", Ends())
    monkeypatch.setattr(progress.os, "_exit", heard.append)
    with progress.SweepProgress(Console(width=200)) as shows:
        shows(Note("words", "error"))
        shows(ends)
    assert heard[-1] == 1 and "words" in capsys.readouterr().out


def test_a_command_whose_ray_has_died_says_a_line_and_ends_with_status_1(joined, monkeypatch, capsys):
    left = []
    monkeypatch.setattr("os._exit", left.append)
    with pytest.raises(handler.typer.Exit), handler.errors_are_told(Console(width=300)):
        dies(joined)
    words = capsys.readouterr().out
    assert left == [1] and words.startswith("not finished: Ray has died: its head at ")
    assert "what is finished is kept; the same command goes on" in words and words.count("\n") == 1


def test_a_queue_of_folds_whose_ray_has_died_asks_it_for_nothing(joined, monkeypatch):
    queue, held, took = Ahead([], Execution(), pytest.fail), threading.Event(), []
    monkeypatch.setattr("orchestrator.runners.marks.drain", pytest.fail)
    queue._pool.submit(held.wait, 20)

    def left():
        try:
            dies(joined)
        except KeyboardInterrupt as error:
            begin = time.monotonic()
            queue.__exit__(KeyboardInterrupt, error, None)
            took.append(time.monotonic() - begin)
            raise

    with pytest.raises(RayDied), Watched(print):
        left()
    held.set()
    assert len(took) == 1 and took[0] < 10  # its threads do not end before
