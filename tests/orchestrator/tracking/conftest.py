"""A sweep that no other test has."""

import uuid

import pytest

from orchestrator.study.table import OWN_ANNOTATION
from tests.orchestrator.tracking.test_tracker import SUMMARY


@pytest.fixture
def sweep():
    own = {"au": "annotated", "au_remark": OWN_ANNOTATION}
    return {**SUMMARY, **own, "name": f"sweep-{uuid.uuid4().hex[:8]}", "set": {"recipe.epochs": 3}}
