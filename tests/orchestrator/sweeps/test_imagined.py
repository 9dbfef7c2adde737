"""What no feature can mend is refused before the first one is made."""

import pytest

from orchestrator import Execution, run
from orchestrator.protocols.fold import ProtocolError
from preprocessing import extract


@pytest.mark.parametrize("people", [1, 2])
def test_too_few_people_are_refused_before_anything_is_extracted(people, asked, tmp_path, monkeypatch):
    def never(*_, **__):
        raise AssertionError("features were extracted for a sweep that cannot be")

    monkeypatch.setattr(extract, "prepared", never)
    named = [f"casme2-sub{number:02d}" for number in range(people)]
    with pytest.raises(ProtocolError):
        run(asked.but(subjects=tuple(named)), Execution(workspace=tmp_path, runner="inline"))
