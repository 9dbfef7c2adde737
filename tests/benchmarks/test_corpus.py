"""The corpus that the benchmark of ``check`` and the plan invents."""

from benchmarks.corpus import invented
from preprocessing.findings import inspect


def test_every_clip_of_it_can_be_used_and_no_two_are_equal(tmp_path):
    invented(tmp_path, 3, 12, 2)
    found = inspect("manifest", tmp_path)
    assert (found.usable, len(found.clips), found.refused) == (12, 12, "")
    assert set(found.lengths.values()) == {2} and len({clip.subject for clip in found.clips}) == 3
