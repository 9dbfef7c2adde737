"""Anyone's predictions as a table: a CSV file with one row a clip, of which columns are found by name.

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
from preprocessing.datasets import DATASETS
from preprocessing.datasets.text import above
from preprocessing.errors import BadInput
from preprocessing.regular import regular

NAMES = {  # what columns are called elsewhere, in lower case without blanks, '-' and '_'
    "corpus": ("corpus", "dataset", "database", "db"),
    "subject": ("subject", "subjectid", "sub", "person", "participant", "subj"),
    "clip": ("clip", "clipid", "filename", "file", "video", "sample", "filenameo", "name"),
    "truth": ("truth", "true", "ytrue", "label", "target", "gt", "groundtruth", "actual"),
    "predicted": ("predicted", "prediction", "pred", "ypred", "output", "guess"),
    "seed": ("seed", "run", "repeat"),
}
NEEDED = ("subject", "clip", "truth", "predicted")
SPELLED = {"casmeii": "casme2", "smichs": "smic", "casmeiii": "casme3"}


class LogError(BadInput):
    """A CSV file of predictions that cannot be read as one. Names the file and the next step."""


def read(
    file: Path, columns: Mapping[str, str] | None = None, needed: tuple[str, ...] = NEEDED
) -> pd.DataFrame:
    """The table of a CSV file; comments (#) above its header are passed over. columns: ours -> the file's,
    where the name does not tell. Raises LogError, NoRegularFile, NotPermitted, and OSError."""
    with regular(file).open(encoding="utf-8", errors="replace") as lines:
        comments = above(lines)
    try:
        held = pd.read_csv(file, dtype=str, keep_default_na=False, skipinitialspace=True, skiprows=comments)
    except ValueError as error:
        raise LogError(f"{file} is no CSV file: {error}") from error
    if held.empty:
        raise LogError(f"{file} has no row; give a CSV file with a header and a row a clip")
    found = {re.sub(r"[\s_-]", "", str(name).lower()): name for name in held}
    chosen = {ours: found[name] for ours, names in NAMES.items() for name in reversed(names) if name in found}
    chosen |= dict(columns or {})
    for ours, name in chosen.items():
        if ours not in NAMES or name not in held:
            raise LogError(f"{file}: no column {name!r} for {ours}; it has: {', '.join(map(str, held))}")
    if "subject" not in chosen and "clip" in chosen and held[chosen["clip"]].str.count("/").eq(2).all():
        parts = held[chosen["clip"]].str.split("/", expand=True)
        held = held.assign(_corpus=parts[0], _subject=parts[1])
        chosen |= {"subject": "_subject", "corpus": chosen.get("corpus", "_corpus")}
    if lacks := [ours for ours in needed if ours not in chosen]:
        raise LogError(
            f"{file}: no column is known as {lacks[0]}; it has: {', '.join(map(str, held))}; say which it "
            f"is: --columns {lacks[0]}=NAME"
        )
    made = pd.DataFrame({ours: held[name].map(plain).str.strip() for ours, name in chosen.items()})
    for column in NAMES:
        if column not in made and (column in needed or column in ("corpus", "seed")):
            made[column] = ""
    return keyed(made)


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
