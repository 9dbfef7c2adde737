"""A fold that hangs is ended: in Python by an exception, in C with its process."""

import itertools
import os
import signal
import subprocess
import sys

import pytest

from orchestrator.runners.limit import FoldTooSlow, time_limit
from tests.waiting import LIMIT, until

HOUR = 3600.0


def alarm() -> float:
    """Seconds until this process' alarm; 0 = it is off."""
    return signal.getitimer(signal.ITIMER_REAL)[0]


def watchdogs(before: set[str]) -> set[str]:
    """Threads of this process that were not there before, those of C too."""
    return set(os.listdir("/proc/self/task")) - before


def test_a_loop_without_end_is_left_and_the_next_fold_is_not_disturbed():
    with pytest.raises(FoldTooSlow, match=r"limit of 0.2 s; raise it with --fold-limit"), time_limit(0.2):
        sum(1 for _ in itertools.repeat(1))
    assert alarm() == 0
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(HOUR):
        assert 0 < alarm() <= HOUR
    assert alarm() == 0 and signal.getsignal(signal.SIGALRM) is before


def test_no_limit_sets_no_alarm():
    before, handler = set(os.listdir("/proc/self/task")), signal.getsignal(signal.SIGALRM)
    with time_limit(0):
        assert signal.getsignal(signal.SIGALRM) is handler and not watchdogs(before)


def test_a_hang_that_holds_the_interpreter_ends_with_its_process():
    """One call into C that never comes back to Python: no exception can reach it, as in this sum."""
    code = (
        "import itertools; from orchestrator.runners import limit\n"
        "limit.GRACE = 0.5\n"
        "with limit.time_limit(0.5):\n    sum(itertools.repeat(1, 10**12))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT)
    assert ended.returncode == 1
    assert "Timeout" in ended.stderr and "line 4 in <module>" in ended.stderr


def test_a_process_whose_fold_was_in_time_lives_on():
    """What would end it is a thread of C that waits, and that is gone with the fold."""
    before = set(os.listdir("/proc/self/task"))
    with time_limit(HOUR):
        (watchdog,) = watchdogs(before)
    until(lambda: watchdog not in watchdogs(before), "the watchdog's end", limit=60)
