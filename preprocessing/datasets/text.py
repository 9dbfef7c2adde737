"""Tables in text files: their encoding, their separator and their records."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from preprocessing.datasets.values import ERRORS, MERGED
from preprocessing.regular import regular
from preprocessing.schema import CorpusError

_MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16
_CHINESE = re.compile(rb"(?:[\xa1-\xfe]{2})+")


def read_text(path: Path) -> str:
    """A text file in UTF-8, with or without byte order mark, or in UTF-16 with one, else in GB 18030 where
    all its other bytes are Chinese, else in cp1252. Raises CorpusError, NoRegularFile, NotPermitted."""
    try:
        data = regular(path).read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}") from error
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        if path.suffix.lower() in (".csv", ".tsv", ".txt"):
            raise CorpusError(
                f"{path} is a workbook inside, no CSV; name it {path.stem}.xlsx (or .xls, .ods)"
            )
        raise CorpusError(f"{path} is of a kind that is not read; save it as .xlsx or .csv")
    for encoding in ("utf-16",) if data.startswith(_MARKS) else ("utf-8", _guess(data)):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.lstrip("\ufeff").rstrip("\x1a")
    raise CorpusError(
        f"{path} cannot be read as text: it is no UTF-8, UTF-16 or cp1252; save it as UTF-8 CSV"
    )


def _guess(data: bytes) -> str:
    return "gb18030" if _CHINESE.sub(b"", data).isascii() else "cp1252"


def guessed(path: Path) -> str:
    """What ``check`` says of a text file whose encoding nothing tells, with a word by which one sees whether
    it is the right one; "" of UTF-8 and UTF-16."""
    data = regular(path).read_bytes()
    if data.startswith(_MARKS):
        return ""
    try:
        data.decode()
    except UnicodeDecodeError:
        word = next(word for word in re.split(r"[,;\t\s]", read_text(path)) if not word.isascii())
        said = f"{path.name} is no UTF-8, and is read as {_guess(data)}"
        return f"{said}: if {word[:40]!r} is not what was written, save it as UTF-8"
    return ""


def comments(path: Path) -> list[list[str]]:
    """Cells of the lines that begin with '#'. Raises as ``read_text``."""
    text, separator = cut(path)
    return [line.strip().split(separator) for line in text.splitlines() if is_comment(line)]


def commented(path: Path) -> list[str]:
    """First cells of the lines that begin with '#' and hold as many cells as a row."""
    text, separator = cut(path)
    widths = {len(cells) for _, cells in records(text, separator)}
    return [cells[0] for cells in comments(path) if len(cells) > 1 and len(cells) in widths]


def records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(number of its last line, stripped cells) of each record. A comment's quotes open nothing."""
    lines = enumerate(io.StringIO(text, newline=""), 1)
    begins, at = True, 0

    def fed() -> Iterator[str]:
        nonlocal begins, at
        for at, line in lines:  # noqa: B007
            if begins and _says_nothing(line):
                continue
            begins = False
            yield line

    limit = csv.field_size_limit(1 << 24)  # a cell that is too long is told by name, in table()
    reader = csv.reader(fed(), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        while True:
            begins = True
            cells = next(reader)
            yield at, [cell.strip() for cell in cells]
    except StopIteration:
        return
    except csv.Error as error:
        raise csv.Error(f"line {at}: {error}") from error
    finally:
        csv.field_size_limit(limit)


def above(lines: Iterable[str]) -> int:
    """How many lines at the beginning of a table are comments or empty; no more of them are read."""
    return sum(1 for _ in itertools.takewhile(_says_nothing, lines))


def _says_nothing(line: str) -> bool:
    return is_comment(line.lstrip("\ufeff")) or not line.strip()


def is_comment(line: str) -> bool:
    """A cell of a failed formula, such as #N/A, is none, nor is one that a merged cell covers."""
    return line.lstrip().startswith("#") and not line.lstrip().upper().startswith((MERGED, *ERRORS))


def cut(path: Path) -> tuple[str, str]:
    """(text without Excel's line "sep=;", separator: the one which that line names, or that cuts most records
    into equally many cells, of equals into the most)."""
    text = read_text(path)
    if found := re.match(r'"?sep=(.)"?[ \t]*(?=[\r\n])', text, re.IGNORECASE):
        return text[found.end() :], found[1]
    return text, max(",;\t", key=lambda one: _even(text, one))


def _even(text: str, separator: str) -> tuple[int, int]:
    widths: Counter[int] = Counter()
    with contextlib.suppress(csv.Error):  # whoever reads with this separator tells it
        widths.update(len(cells) for _, cells in records(text, separator))
    return max(((n, width) for width, n in widths.items() if width > 1), default=(0, 0))
