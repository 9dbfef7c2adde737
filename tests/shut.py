"""Files and folders that are shut to the user of a test, who may be root."""

import os
from contextlib import contextmanager

NOBODY = 65534


@contextmanager
def not_permitted(*paths):
    """These paths are shut to this user, who is not root."""
    modes = [path.stat().st_mode for path in paths]
    for path in paths:
        path.chmod(0)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(NOBODY)
        yield
    finally:
        os.seteuid(user)
        for path, mode in zip(paths, modes, strict=True):
            path.chmod(mode)
