"""What the shell allows its processes (ulimit, a scheduler's job), against what Ray takes. Under less it
tries to start for a minute, and ends in words of its own.

Measured on two CPUs: Ray, idle, has 163 threads, 24 of each worker; it starts under 61 GiB of address space,
most of which nobody uses, and not under 30.
"""

from __future__ import annotations

import os
import resource

from preprocessing.errors import BadInput

ADDRESS_SPACE = 32 * 2**30  # bytes
THREADS, OF_A_WORKER = 115, 25
INLINE = "or, for few folds, train in this process: --runner inline (extract: --workers 0)"


def refused(cpus: int) -> None:
    """Raises BadInput where Ray, with a worker a CPU, cannot start."""
    space, threads = (_soft(which) for which in (resource.RLIMIT_AS, resource.RLIMIT_NPROC))
    if space is not None and space < ADDRESS_SPACE:
        raise BadInput(
            f"Ray does not start under a limit of {space / 2**30:.1f} GiB of address space, most of which it "
            f"reserves and never uses: ulimit -v unlimited, in a job without such a limit; {INLINE}"
        )
    least = THREADS + OF_A_WORKER * cpus
    if threads is not None and os.getuid() and threads - (held := _held()) < least:
        raise BadInput(
            f"Ray takes about {least} threads here, and this user has {held} of at most {threads}: raise "
            f"ulimit -u; {INLINE}"
        )


def told() -> str:
    """The limits that there are, in words; "" if there are none."""
    names = {"-v": resource.RLIMIT_AS, "-u": resource.RLIMIT_NPROC, "-n": resource.RLIMIT_NOFILE}
    there = [f"ulimit {option} is {soft}" for option, which in names.items() if (soft := _soft(which))]
    return ", ".join(there)


def _soft(which: int) -> int | None:
    soft = resource.getrlimit(which)[0]
    return None if soft == resource.RLIM_INFINITY else soft


def _held() -> int:
    """Threads of this user, which the kernel counts."""
    me, count = os.getuid(), 0
    for name in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else ()):
        try:
            if os.stat(f"/proc/{name}").st_uid == me:
                count += len(os.listdir(f"/proc/{name}/task"))
        except (FileNotFoundError, ProcessLookupError):  # it has ended
            continue
    return count
