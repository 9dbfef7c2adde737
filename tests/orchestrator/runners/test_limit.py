"""A fold that hangs is ended: in Python by an exception, in C with its process."""

import itertools
import subprocess
import sys
import time

import pytest

from orchestrator.runners.limit import FoldTooSlow, time_limit


def test_a_loop_without_end_is_left_and_the_next_fold_is_not_disturbed():
    begin = time.monotonic()
    with pytest.raises(FoldTooSlow, match=r"limit of 0.2 s; raise it with --fold-limit"), time_limit(0.2):
        sum(1 for _ in itertools.repeat(1))
    assert time.monotonic() - begin < 2
    with time_limit(0.2):
        pass
    time.sleep(0.3)  # the alarm is off


def test_no_limit_sets_no_alarm():
    with time_limit(0):
        time.sleep(0.01)


def test_a_hang_that_holds_the_interpreter_ends_with_its_process():
    """One call into C that never comes back to Python: no exception can reach it, as in this sum."""
    code = (
        "import itertools; from orchestrator.runners import limit\n"
        "limit.GRACE = 0.5\n"
        "with limit.time_limit(0.5):\n    sum(itertools.repeat(1, 10**12))\n"
    )
    begin = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1 and time.monotonic() - begin < 15
    assert "Timeout" in ended.stderr and "line 4 in <module>" in ended.stderr


def test_a_process_whose_fold_was_in_time_lives_on():
    code = (
        "import time; from orchestrator.runners import limit\n"
        "limit.GRACE = 0.1\n"
        "with limit.time_limit(0.1):\n    pass\n"
        "time.sleep(0.5)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60).returncode == 0
