"""Known vulnerabilities of the versions in constraints.txt: ``make audit``, by tests/advisories.json alone,
so that CI says the same today and tomorrow.

It fails on a pinned version that an advisory names, unless tests/advisory_exceptions.toml says why it stays
and until when; and on an exception that has run out or that nothing needs. It always says how old its list
is.

    python -m tests.audit                   check
    python -m tests.audit --refresh CLONE   make the list anew, of github.com/pypa/advisory-database
                                            (CC BY 4.0); what was added by hand ("by": "hand") stays
"""

from __future__ import annotations

import argparse
import json
import operator
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
LIST = ROOT / "tests" / "advisories.json"
COMPARED = {">=": operator.ge, "<=": operator.le, "<": operator.lt, "==": operator.eq}
EXCEPTIONS = ROOT / "tests" / "advisory_exceptions.toml"


def pins(text: str) -> dict[str, str]:
    """Canonical name -> version, of lines ``name==version``."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    pairs = (line.split("==") for line in lines if line)
    return {canonicalize_name(name): version for name, version in pairs}


def hits(pinned: dict[str, str], advisories: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Advisories that name a pinned version, with it as "version"."""
    for one in advisories:
        version = pinned.get(one["package"])
        if version and any(_within(Version(version), bounds) for bounds in one["affected"]):
            yield one | {"version": version}


def _within(version: Version, bounds: str) -> bool:
    """Whether it is in a range such as ">=1.0,<1.2". Not as SpecifierSet has it: to that, 1.2rc1 is not below
    1.2."""
    parts = (re.match(r"([<>=]=?)(.+)", bound) for bound in bounds.split(","))
    return all(COMPARED[part[1]](version, Version(part[2])) for part in parts if part)


def faults(
    pinned: dict[str, str], listed: dict[str, Any], exceptions: list[dict[str, Any]], today: date
) -> list[str]:
    """One sentence for everything that must be mended."""
    said, used = [], []
    by_key = {(canonicalize_name(one["package"]), one["id"]): one for one in exceptions}
    for hit in hits(pinned, listed["advisories"]):
        excepted = by_key.get((hit["package"], hit["id"]))
        used.append(excepted)
        what = f"{hit['package']}=={hit['version']}: {hit['id']} ({hit['summary']})"
        if excepted is None:
            said.append(f"{what}; take a version that is not affected, or except it with reason and date")
        elif excepted["until"] < today:
            said.append(f"{what}: its exception ended on {excepted['until']}; look again")
    said += [
        f"exception {one['package']} {one['id']}: no pinned version needs it; take it out"
        for one in exceptions
        if one not in used
    ]
    return said


def condensed(document: dict[str, Any], package: str) -> dict[str, Any] | None:
    """An OSV document as a line of the list; None where it says nothing of the package or was withdrawn."""
    affected = []
    for part in document["affected"]:
        if canonicalize_name(part["package"]["name"]) != package or document.get("withdrawn"):
            continue
        ranges = [one["events"] for one in part.get("ranges", []) if one["type"] == "ECOSYSTEM"]
        for events in ranges:
            affected += _specifiers(events)
        affected += [] if ranges else [f"=={version}" for version in part.get("versions", [])]
    if not affected:
        return None
    text = " ".join((document.get("summary") or document.get("details") or "").split())
    names = [document["id"], *document.get("aliases", [])]
    cve = next((name for name in names if name.startswith("CVE-")), document["id"])
    return {"package": package, "id": cve, "names": names, "affected": affected, "summary": text[:120]}


def _specifiers(events: list[dict[str, str]]) -> Iterator[str]:
    """OSV's events in their order, introduced and then fixed or last_affected, as PEP 440 has it."""
    begin = ""
    for event in events:
        ((kind, version),) = event.items()
        if kind == "introduced":
            begin = ">=0.dev0" if version == "0" else f">={version}"
        else:
            yield f"{begin},{'<=' if kind == 'last_affected' else '<'}{version}"
            begin = ""
    if begin:
        yield begin


def refresh(clone: Path) -> dict[str, Any]:
    """The list from a clone, bare or not, of all packages that are pinned."""

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", clone, *words], capture_output=True, text=True, check=True).stdout

    pinned, made = pins((ROOT / "constraints.txt").read_text()), []
    for path in git("ls-tree", "-r", "--name-only", "HEAD", "vulns").splitlines():
        package = canonicalize_name(path.split("/")[1])
        if package in pinned:
            made.append(condensed(yaml.safe_load(git("show", f"HEAD:{path}")), package))
    commit, when = git("log", "-1", "--format=%H %cs").split()
    by_hand = [one for one in json.loads(LIST.read_text())["advisories"] if one.get("by") == "hand"]
    return {
        "source": "github.com/pypa/advisory-database, CC BY 4.0, condensed",
        "commit": commit,
        "date": when,
        "advisories": [one for one in made if one] + by_hand,
    }


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--refresh", type=Path, metavar="CLONE")
    options.add_argument("--constraints", type=Path, default=ROOT / "constraints.txt")
    asked = options.parse_args()
    if asked.refresh:
        lines = refresh(asked.refresh)
        rows = ",\n".join(f"  {json.dumps(one, ensure_ascii=False)}" for one in lines.pop("advisories"))
        head = json.dumps(lines, indent=1)[:-2]
        LIST.write_text(f'{head},\n "advisories": [\n{rows}\n ]\n}}\n')
    listed = json.loads(LIST.read_text())
    exceptions = tomllib.loads(EXCEPTIONS.read_text())["exception"]
    pinned = pins(asked.constraints.read_text())
    said = faults(pinned, listed, exceptions, date.today())
    age = (date.today() - date.fromisoformat(listed["date"])).days
    print(
        f"{len(pinned)} pinned versions, {len(listed['advisories'])} advisories of {listed['date']} "
        f"({age} days old), {len(exceptions)} exceptions: {len(said)} faults"
    )
    print("\n".join(said))
    return bool(said)


if __name__ == "__main__":
    sys.exit(main())
