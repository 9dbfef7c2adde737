"""Anyone's predictions as a table: a file with one row a clip, of which columns are found by name. What
counts as a table, and which separators, encodings and workbooks are read: preprocessing/datasets/tables.py.

Table   strings: corpus ("" where nobody says), subject, clip, truth, predicted, seed; and person and key,
        which are the same however a corpus, a person or a clip is spelled: 'SAMM', '6' is 'samm', '006'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from preprocessing import datasets
from preprocessing.cells import plain
from preprocessing.datasets import DATASETS, tables
from preprocessing.datasets.values import blank, whole, wrong
from preprocessing.errors import BadInput
from preprocessing.schema import CorpusError

NAMES = {  # what columns are called elsewhere, in lower case without blanks, '-' and '_'
    "corpus": ("corpus", "dataset", "database", "db"),
    "subject": ("subject", "subjectid", "sub", "person", "participant", "subj"),
    "clip": ("clip", "clipid", "filename", "file", "video", "sample", "filenameo", "name"),
    "truth": (
        "truth", "true", "ytrue", "label", "target", "gt", "groundtruth", "actual", "truelabel", "trueclass",
    ),
    "predicted": (
        "predicted", "prediction", "pred", "ypred", "output", "guess", "predictedlabel", "predictedclass",
        "predlabel", "yhat",
    ),
    "seed": ("seed", "run", "repeat"),
}  # fmt: skip
NEEDED = ("subject", "clip", "truth", "predicted")
SPELLED = {"casmeii": "casme2", "smichs": "smic", "casmeiii": "casme3"}


class LogError(BadInput):
    """A file of predictions that cannot be read as one. Names the file and the next step."""


def read(
    file: Path, columns: Mapping[str, str] | None = None, needed: tuple[str, ...] = NEEDED
) -> pd.DataFrame:
    """The table of a file. columns: ours -> the file's, where the name does not tell. A truth or a prediction
    that the file leaves empty (NaN, -, None) or in error (#REF!) is "". Raises LogError, NoRegularFile,
    NotPermitted."""
    try:
        (_, header), *lines = tables.rows(file) or [(1, [])]
    except CorpusError as error:
        raise LogError(str(error)) from error
    if not lines:
        raise LogError(f"{file} has no row; give a CSV file with a header and a row a clip")
    said = ", ".join(header)
    if longer := next((number for number, cells in lines if len(cells) > len(header)), 0):
        raise LogError(f"{file} line {longer} has more values than the header has columns: {said}")
    found = {re.sub(r"[\s_-]", "", name.lower()): name for name in header}
    chosen = {ours: found[name] for ours, names in NAMES.items() for name in reversed(names) if name in found}
    chosen |= dict(columns or {})
    for ours, name in chosen.items():
        if ours not in NAMES or header.count(name) != 1:
            many = "more than one" if name in header else "no"
            raise LogError(f"{file}: {many} column {name!r} for {ours}; it has: {said}")
    cells = [row + [""] * (len(header) - len(row)) for _, row in lines]
    held = {
        ours: [whole(plain(row[header.index(name)]).strip()) for row in cells]
        for ours, name in chosen.items()
    }
    if "subject" not in held and "clip" in held and all(name.count("/") == 2 for name in held["clip"]):
        parts = [name.split("/") for name in held["clip"]]
        held = {"corpus": [part[0] for part in parts]} | held | {"subject": [part[1] for part in parts]}
    if lacks := [ours for ours in needed if ours not in held]:
        raise LogError(
            f"{file}: no column is known as {lacks[0]}; it has: {said}; say which it is: "
            f"--columns {lacks[0]}=NAME"
        )
    for ours in {"truth", "predicted"} & held.keys():
        held[ours] = ["" if wrong(word) else blank(word) for word in held[ours]]
    made = pd.DataFrame(held)
    for column in NAMES:
        if column not in made and (column in needed or column in ("corpus", "seed")):
            made[column] = ""
    return keyed(made)


def answered(rows: pd.DataFrame) -> pd.Series:
    """Whether a row has both a truth and a prediction."""
    return rows["truth"].ne("") & rows["predicted"].ne("")


def official(corpus: str) -> Path:
    """The list of a corpus' clips and their true classes, which stands beside its adapter. Raises LogError
    where it has none."""
    folder = Path(datasets.__file__).parent
    have = sorted(path.stem for path in folder.glob("*.csv"))
    if corpus not in have:
        raise LogError(
            f"no official list of {corpus!r} is public; lists: {', '.join(have)}; give yours by --truth CSV"
        )
    return folder / f"{corpus}.csv"


def of_sweep(predictions: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Likewise of a sweep's predictions under a rule."""
    own = predictions[predictions["rule"] == rule]
    rows = []
    for clip in own["clip_id"]:
        corpus, person, name = clip.split("/", 2)
        if corpus in DATASETS and DATASETS[corpus].COMPOSITE:
            corpus, _, person = person.partition("-")
        rows.append((corpus, person, name))
    made = pd.DataFrame(rows, columns=["corpus", "subject", "clip"], index=own.index)
    made = keyed(made.assign(truth=own["truth"], predicted=own["predicted"], seed=own["seed"].astype(str)))
    return made.assign(person=own["subject"])  # ids that are joined by --same-person are one


def keyed(made: pd.DataFrame) -> pd.DataFrame:
    """With person and key."""
    corpus = made["corpus"].map(_corpus)
    who = corpus + "/" + made["subject"].map(_person)
    return made.assign(corpus=corpus, person=who, key=who + "/" + made["clip"].map(_clip))


def _corpus(name: str) -> str:
    plainly = re.sub(r"[^a-z0-9]", "", name.lower())
    return SPELLED.get(plainly, plainly)


def _person(name: str) -> str:
    """'sub01', 's1', '001', '1' -> '1'."""
    number = re.fullmatch(r"(?:sub|s|spno)?[\s._-]*0*(\d+)", name.lower())
    return number[1] if number else name.lower()


def _clip(name: str) -> str:
    """Without folder and ending; SMIC's s1_ne_01 is s01_ne_01."""
    short = re.sub(r"\.(png|jpe?g|avi|mp4)$", "", name.lower().rsplit("/", 1)[-1]).strip()
    return re.sub(r"^s(\d)_", r"s0\1_", short)
