"""Looks at the test people: each state of a sweep that was scored is one line in its folder.

A rule is blind within a sweep. Whoever scores the same people again with one more trial, another rule or
another model, and quotes the best number, has chosen on them all the same. So looks are counted, and every
report says how many there were: of the sweep, and of all sweeps of the workspace that tested one of its
people.

looks.jsonl, oldest first, one JSON object a line:
time            UTC, ISO 8601, to the second.
rule            behind the headline.
trials, seeds, folds  what was scored: trials that the rule could choose from, replicates, folds of each.
uf1, uar, war   0..1, means over seeds.
state           digest of the rule, the fold results and the three scores. Equal states are one look, in one
                sweep or in two: who computes nothing and scores the same has seen nothing new.
people          a digest for each person tested, of the person's and the clips' names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator.study.jobs import digest
from preprocessing.places import write_atomically

LOOKS = "looks.jsonl"


def people_of(tested: Iterable[str], clips: Iterable[str]) -> list[str]:
    """A digest for each person with a tested clip. tested, clips: clip ids (corpus/person/name).

    clips  all that the corpora hold, with and without a class or features: the same people are then the same
           under every label scheme and for every model.
    """
    whose: dict[str, list[str]] = {}
    for clip in sorted({*tested, *clips}):
        whose.setdefault(_person(clip), []).append(clip)
    return [digest(whose[who], 8) for who in sorted({_person(clip) for clip in tested})]


def _person(clip: str) -> str:
    return "/".join(clip.split("/")[:2])


def keep(
    folder: Path,
    *,
    rule: str,
    trials: int,
    seeds: int,
    folds: int,
    score: Mapping[str, float],
    jobs: Iterable[str],
    people: Iterable[str],
) -> None:
    """Write a look down, unless the sweep has had it before. The file is there whole with it, or as it was.

    folder: of the sweep, which this process has to itself. score: with uf1, uar and war. jobs: ids of the
    fold results that were scored. Raises OSError.
    """
    numbers = {name: float(score[name]) for name in ("uf1", "uar", "war")}
    look = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "rule": rule,
        "trials": trials,
        "seeds": seeds,
        "folds": folds,
        **numbers,
        "state": digest([rule, sorted(jobs), numbers]),
        "people": list(people),
    }
    lines = _lines(folder / LOOKS)
    if look["state"] in {_read(line).get("state") for line in lines}:
        return
    text = "".join(f"{line}\n" for line in [*lines, json.dumps(look)])
    write_atomically(folder / LOOKS, lambda path: path.write_text(text, encoding="utf-8"))


def read(folder: Path) -> list[dict[str, Any]]:
    """The looks of a sweep, oldest first; {} for a line that does not read. [] where none was written."""
    return [_read(line) for line in _lines(folder / LOOKS)]


def counted(folder: Path) -> dict[str, int]:
    """{"sweep": looks of the sweep in ``folder``, "workspace": of all sweeps beside it that tested one of its
    people, its own among them}. A line that does not read is a look at everybody: damage lowers no count."""
    own = read(folder)
    people = {who for look in own for who in look.get("people", [])}
    seen = set()
    for path in sorted(folder.parent.glob(f"*/{LOOKS}")):
        for number, look in enumerate(read(path.parent)):
            if path.parent == folder or not people.isdisjoint(look.get("people", people)):
                seen.add(look.get("state", f"{path.parent.name}, line {number}"))
    return {"sweep": len(own), "workspace": len(seen)}


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        return []
    return [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]


def _read(line: str) -> dict[str, Any]:
    try:
        look = json.loads(line)
    except ValueError:
        return {}
    return look if isinstance(look, dict) else {}
