"""The audit of pinned versions finds what is planted, takes an exception for its time only, and passes
today's pins."""

import json
import re
import subprocess
import sys
import tomllib
from datetime import date

import pytest

from tests import audit

DAY = date(2026, 11, 27)
LISTED = {
    "advisories": [
        {"package": "some-lib", "id": "CVE-1", "affected": [">=0.dev0,<1.2", "==1.4.1"], "summary": "bad"},
        {"package": "other", "id": "CVE-2", "affected": [">=2"], "summary": "worse"},
    ]
}


@pytest.mark.parametrize(
    ("version", "named"),
    [("1.1", True), ("1.2", False), ("1.2rc1", True), ("1.4.1", True), ("0.0.1a1", True), ("1.4", False)],
)
def test_a_version_is_named_by_its_range(version, named):
    said = audit.faults(audit.pins(f"Some_Lib=={version}  # why\n"), LISTED, [], DAY)
    assert bool(said) is named
    if named:
        assert f"some-lib=={version}: CVE-1" in said[0]


def test_an_exception_holds_until_its_day_and_must_be_needed():
    kept = {"package": "Some.Lib", "id": "CVE-1", "until": DAY, "reason": "no way out"}
    vulnerable = {"some-lib": "1.0"}
    assert audit.faults(vulnerable, LISTED, [kept], DAY) == []
    assert "ended on 2026-11-27" in audit.faults(vulnerable, LISTED, [kept], date(2026, 11, 28))[0]
    assert "take it out" in audit.faults({"some-lib": "1.3"}, LISTED, [kept], DAY)[0]
    assert len(audit.faults(vulnerable | {"other": "3"}, LISTED, [kept], DAY)) == 1


def test_osv_events_are_ranges():
    events = [{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "2.0"}, {"last_affected": "2.3"}]
    assert list(audit._specifiers(events)) == [">=0.dev0,<1.0", ">=2.0,<=2.3"]
    assert list(audit._specifiers([{"introduced": "3"}])) == [">=3"]
    package = {"package": {"name": "Some_Lib"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    document = {"id": "PYSEC-1", "aliases": ["CVE-9"], "affected": [package], "details": "a\n b"}
    made = audit.condensed(document, "some-lib")
    assert made["id"] == "CVE-9" and made["summary"] == "a b" and len(made["affected"]) == 2
    assert audit.condensed(document | {"withdrawn": "2024-01-01"}, "some-lib") is None


def test_make_audit_fails_on_a_planted_pin_and_says_how_old_its_list_is(tmp_path):
    planted = (audit.ROOT / "constraints.txt").read_text().replace("requests==", "requests==2.30.0 #")
    (tmp_path / "constraints.txt").write_text(planted)
    command = [sys.executable, "-m", "tests.audit", "--constraints", str(tmp_path / "constraints.txt")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=audit.ROOT)
    assert done.returncode == 1 and "requests==2.30.0: CVE-2023-32681" in done.stdout
    assert f"advisories of {json.loads(audit.LIST.read_text())['date']}" in done.stdout
    assert re.search(r"^make .*\baudit\b", (audit.ROOT / ".ci" / "run").read_text(), re.M)


def test_what_is_pinned_passes_and_every_exception_has_a_reason():
    exceptions = tomllib.loads(audit.EXCEPTIONS.read_text())["exception"]
    assert all(len(one["reason"]) > 40 for one in exceptions)
    pinned, listed = (
        audit.pins((audit.ROOT / "constraints.txt").read_text()),
        json.loads(audit.LIST.read_text()),
    )
    assert audit.faults(pinned, listed, exceptions, date.min) == []
