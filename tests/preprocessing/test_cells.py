"""Cells of CSV files: no text is a formula, every text comes back, numbers stay numbers."""

import ast
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from preprocessing.cells import escaped, plain

ROOT = Path(__file__).parents[2]
STARTS = "=+-@\t\r\n＝＋－＠"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        '=HYPERLINK("http://x")',
        "-2+3+cmd|' /C calc'!A0",
        "＝1",
    ],
)
def test_what_owasp_names_is_text(text):
    assert escaped(text) == f"'{text}"


@pytest.mark.parametrize(
    "value", [-0.5, -3, None, True, "-0.5", "+7", "-1e-05", "", "a-b", "p01", "it's", "'q'"]
)
def test_numbers_and_plain_words_are_themselves(value):
    assert escaped(value) is value


@given(st.text(alphabet=st.sampled_from(STARTS + "' a1.e")) | st.text())
@example("'=1")
@example(" '=1")
def test_every_text_comes_back_and_none_begins_a_formula(text):
    cell = escaped(text)
    assert plain(cell) == text
    if cell.lstrip(" ").startswith(tuple(STARTS)):
        float(cell)  # of a number alone may it begin so


def test_every_writer_of_csv_escapes_its_cells():
    """render/ writes a manifest of words of our own."""
    wrong = []
    for path in [p for room in ("preprocessing", "orchestrator") for p in (ROOT / room).rglob("*.py")]:
        text = path.read_text()
        called = {ast.unparse(node.func) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)}
        writes = any(name.endswith((".to_csv", "csv.writer", "csv.DictWriter")) for name in called)
        if writes and "escaped" not in called and "render" not in path.parts:
            wrong.append(str(path.relative_to(ROOT)))
    assert not wrong, f"escape text with preprocessing/cells.py in {wrong}"
