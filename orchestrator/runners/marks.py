"""What a sweep's processes leave for each other in Ray's own table: that the sweep drains, which of its folds
run, what it waits for. No label, no result.

Not an actor: while a task waits for ``ray.get``, Ray gives its CPU away, and then too many run. A sweep
without a name ("") leaves nothing and asks nothing.
"""

from __future__ import annotations

import json

import ray
from ray.experimental.internal_kv import (
    _internal_kv_del,
    _internal_kv_exists,
    _internal_kv_get,
    _internal_kv_list,
    _internal_kv_put,
)


def drain(sweep: str) -> None:
    """From now on no fold of the sweep begins; those that run may end."""
    _internal_kv_put(_key("drains", sweep), b"1")


def drains(sweep: str) -> bool:
    """Whether ``drain`` was called."""
    return bool(sweep) and bool(_internal_kv_exists(_key("drains", sweep)))


def begins(sweep: str) -> bool:
    """Called by a task as it begins: False if the sweep drains. Marked first, asked then: whoever drains and
    reads the marks afterwards knows of every task that goes on."""
    if not sweep:
        return True
    _internal_kv_put(_key("runs", sweep, _own()), b"1")
    if drains(sweep):
        ends(sweep)
        return False
    return True


def ends(sweep: str) -> None:
    """Called by a task that ends, however it ends."""
    if sweep:
        forget(sweep, _own())


def forget(sweep: str, task: str) -> None:
    """A task has ended and could not say so: its process was killed."""
    _internal_kv_del(_key("runs", sweep, task))


def running(sweep: str) -> set[str]:
    """Ids of the sweep's tasks that run. One whose process has died counts until it is tried no more."""
    return _ids("runs", sweep)


def waits(sweep: str, who: str, need: dict[str, float] | None) -> None:
    """What the tasks of a process ask for of which none runs: resource -> amount; None: one runs. who: id of
    one of its tasks."""
    key = _key("waits", sweep, who)
    if need is None:
        _internal_kv_del(key)
    else:
        _internal_kv_put(key, json.dumps(need).encode())


def waited_for(sweep: str) -> dict[str, float] | None:
    """What tasks of the sweep wait for, of one of those processes that said so."""
    for who in sorted(_ids("waits", sweep)):
        if held := _internal_kv_get(_key("waits", sweep, who)):
            return dict(json.loads(held))
    return None


def _own() -> str:
    """Id of the task that this process runs."""
    return str(ray.get_runtime_context().get_task_id())


def _ids(what: str, sweep: str) -> set[str]:
    prefix = _key(what, sweep, "")
    return {key.removeprefix(prefix).decode() for key in _internal_kv_list(prefix)}


def _key(what: str, *names: str) -> bytes:
    return "-".join(["mer", what, *names]).encode()
