"""Clips for the tests of protocols; what outsiders' tests need too stands in orchestrator/testing."""

from collections import Counter

from orchestrator.testing.protocols import corpus, made, people, shuffled, times_tested

__all__ = ["classes", "corpus", "made", "people", "shuffled", "times_tested"]


def classes(clips, ids):
    """Class index -> number of these clips."""
    label_of = dict(zip(clips.ids, clips.labels, strict=True))
    return Counter(label_of[clip] for clip in ids)
