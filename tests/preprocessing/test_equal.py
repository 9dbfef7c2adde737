"""A row of equal.py holds for the tree that was measured, and for no later one."""

import pytest

from preprocessing import closure
from preprocessing.equal import EQUAL


@pytest.mark.parametrize(("module", "measured"), list(EQUAL))
def test_a_row_is_of_the_module_as_it_is(module, measured):
    assert closure.tree(module) == measured, (
        f"{module} was changed: take its row out of preprocessing/equal.py, or, if its numbers are the same "
        f"to the bit, write {closure.tree(module)}"
    )
