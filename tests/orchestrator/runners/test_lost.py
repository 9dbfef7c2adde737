"""The head of a cluster that was joined counts as dead when nobody listens there any more, and never because
it is slow; the sweep is then told, and where its main thread is held, ended."""

import socket
import threading
import time

import pytest
from rich.console import Console

from orchestrator.console import progress
from orchestrator.runners import lost
from orchestrator.search.events import Ends, Note
from orchestrator.sweeps.leaving import Leaving

QUICK = {"EVERY_HEAD": 0.02, "REFUSES": 0.3, "GRACE": 0.1}


class Head:
    """Listens at a port of its own, until it is closed."""

    def __init__(self, port=0, backlog=16):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", port))
        self.socket.listen(backlog)
        self.port = self.socket.getsockname()[1]


class Watch:
    """of_head of a head, and what it has said."""

    def __init__(self, head, coming_out=False):
        self.said, self.over = [], threading.Event()

        def gone(what):
            self.said.append(("lost", what))
            if coming_out:
                self.over.set()

        words = (f"127.0.0.1:{head.port}", self.over, gone, lambda what: self.said.append(("stuck", what)))
        self.thread = threading.Thread(target=lost.of_head, args=words, daemon=True)
        self.thread.start()

    def after(self, seconds):
        self.thread.join(seconds)
        self.over.set()
        self.thread.join()
        return [name for name, _ in self.said]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for name, value in QUICK.items():
        monkeypatch.setattr(lost, name, value)


@pytest.mark.parametrize("coming_out", [False, True])
def test_a_head_that_has_ended_is_told_and_then_that_the_main_thread_is_held(coming_out):
    head = Head()
    watch = Watch(head, coming_out)
    time.sleep(0.1)
    head.socket.close()
    assert watch.after(20) == (["lost"] if coming_out else ["lost", "stuck"])
    assert all(what == f"its head at 127.0.0.1:{head.port} has taken no connection for 0 s" for _, what in
               watch.said)  # fmt: skip


def test_a_head_that_answers_nobody_or_comes_back_is_alive():
    busy = Head(backlog=0)
    watch = Watch(busy)  # what it does not take fills its queue: connections wait
    assert watch.after(1.0) == []
    head = Head()
    watch = Watch(head)
    for _ in range(4):
        time.sleep(0.1)
        head.socket.close()
        time.sleep(0.1)
        head = Head(head.port)
    assert watch.after(0.1) == []
    head.socket.close()
    assert Watch(head).after(0.6) == []  # it was not there when the watch began


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
