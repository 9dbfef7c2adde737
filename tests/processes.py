"""Processes of this machine that a test started, directly or not: other runs of the same tests are left
alone."""

from pathlib import Path


def descendants(pid: int) -> dict[int, str]:
    """Process id -> command line of every process below ``pid``."""
    parent, command = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            command[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
    below: dict[int, str] = {}
    for one in parent:
        above = one
        while above in parent and above != pid:
            above = parent[above]
        if above == pid and one != pid and one in command:
            below[one] = command[one]
    return below
