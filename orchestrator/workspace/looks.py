"""Looks at the test people: each state of a sweep that was scored is one line in its folder.

A rule is blind within a sweep. Whoever scores the same people again with one more trial, another rule or
another model, and quotes the best number, has chosen on them all the same. So looks are counted, and every
report says how many there were: of the sweep, and of all sweeps of the workspace that tested one of its
people.

looks.jsonl, oldest first, one JSON object a line, with its own digest (sealed.py):
time            UTC, ISO 8601, to the second.
rule            behind the headline.
trials, seeds, folds  what was scored: trials that the rule could choose from, replicates, folds of each.
uf1, uar, war   0..1, means over seeds; interval: score -> [low, high], 95 % over people, {} of one person.
state           digest of the rule, the fold results and the three scores. Equal states are one look, in one
                sweep or in two: who computes nothing and scores the same has seen nothing new.
people          a digest for each person tested, of the person's and the clips' names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator.study.jobs import digest
from orchestrator.workspace import sealed

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
    score: Mapping[str, Any],
    jobs: Iterable[str],
    people: Iterable[str],
) -> None:
    """Write a look down, unless the sweep has had it before. The file is there whole with it, or as it was.

    folder: of the sweep, which this process has to itself. score: with uf1, uar, war and interval. jobs: ids
    of the fold results that were scored. Raises OSError.
    """
    numbers = {name: float(score[name]) for name in ("uf1", "uar", "war")}
    look = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "rule": rule,
        "trials": trials,
        "seeds": seeds,
        "folds": folds,
        **numbers,
        "interval": score.get("interval", {}),
        "state": digest([rule, sorted(jobs), numbers]),
        "people": list(people),
    }
    lines = _lines(folder / LOOKS)
    if look["state"] in {_read(line).get("state") for line in lines}:
        return
    text = "".join(f"{line}\n" for line in [*lines, sealed.as_json(look).strip()])
    sealed.write(folder / LOOKS, lambda path: path.write_text(text, encoding="utf-8"))


def read(folder: Path) -> list[dict[str, Any]]:
    """The looks of a sweep, oldest first; {} for a line that does not read. [] where none was written."""
    return [_read(line) for line in _lines(folder / LOOKS)]


def counted(folder: Path, at_least: int = 0) -> dict[str, int]:
    """{"sweep": looks of the sweep in ``folder``, "workspace": of all sweeps beside it that tested one of its
    people, its own among them}.

    at_least  looks of the sweep that its summary has counted. A look that is lost, or a line that does not
              read, is a look at everybody: damage lowers no count.
    """
    own = read(folder)
    own += [{}] * (at_least - len(own))
    people = {who for look in own for who in look.get("people", [])}
    everybody = not all("people" in look for look in own)
    seen = set()
    for other in sorted(path for path in folder.parent.iterdir() if path.is_dir()):
        for number, look in enumerate(own if other == folder else read(other) or _gone(other)):
            if other == folder or everybody or not people.isdisjoint(look.get("people", people)):
                seen.add(look.get("state", f"{other.name}, line {number}"))
    return {"sweep": len(own), "workspace": len(seen)}


def lost(folder: Path, at_least: int) -> str:
    """What to say where the sweep's looks are fewer than its summary has counted, or do not read; "" else."""
    own = read(folder)
    bad = max(at_least, len(own)) - sum(map(bool, own))
    if not bad:
        return ""
    return f"{folder / LOOKS} is damaged: {bad} of its looks cannot be read; they are counted all the same"


def _gone(folder: Path) -> list[dict[str, Any]]:
    """One look at everybody for a sweep that has counted looks and has none."""
    summary = folder / "summary.json"
    return [{}] if summary.is_file() and b'"looks": {' in summary.read_bytes() else []


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    if not path.is_file():
        return ["a folder, say"]
    text = path.read_text(encoding="utf-8", errors="replace")
    return [line for line in text.splitlines() if line.strip()] or ["nothing: it was never written empty"]


def _read(line: str) -> dict[str, Any]:
    try:
        return sealed.of_json(line.encode() + b"\n")
    except ValueError:
        return {}
