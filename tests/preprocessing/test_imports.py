"""No two files of the package need each other, not even inside a function: each can be read on its own."""

from pathlib import Path

from preprocessing import closure

PACKAGE = Path(closure.__file__).parent


def test_no_two_files_import_each_other():
    names = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py"
    ]
    needs = {name: set(closure.modules([name])) - {name} for name in names}
    circles = sorted((a, b) for a in names for b in needs[a] if a < b and a in needs[b])
    assert len(names) > 50 and not circles
