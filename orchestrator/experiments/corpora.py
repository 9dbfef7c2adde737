"""Which corpora a row is run on: those of the paper where somebody has them, else others in their place, else
none, and then the row says what to bring."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.experiments.file import Row, Table
from orchestrator.experiments.sizes import WHOLE, Size
from orchestrator.protocols import protocol
from orchestrator.search.events import Listener, Preparing
from orchestrator.study import labels
from orchestrator.sweeps.experiment import Corpus
from preprocessing.extract import synthetic_root
from preprocessing.render import render_corpus
from preprocessing.render.worse import worsened

PAIRS = ("cross_corpus", "cross_corpus_all")  # protocols of two corpora or more
SECOND = "manifest"  # the adapter that reads the second rendered corpus; its clips need a name of their own


@dataclass(frozen=True)
class Brought:
    """What the command line brings. corpora: with their folders, that of ``synthetic`` may be "".
    size: of the rendered corpora, and of all that is run on any."""

    corpora: tuple[Corpus, ...] = ()
    workspace: Path = Path("workspace")
    size: Size = WHOLE
    told: Listener | None = field(default=None, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.corpora)

    def rendered(self, *, second: bool = False) -> Path:
        """Folder of a synthetic corpus in the workspace, rendered if it is not there."""
        if self.size is WHOLE and not second:
            return synthetic_root("synthetic", self.workspace)
        config = self.size.other if second else self.size.corpus
        name = f"synthetic-{hashlib.sha256(repr(config).encode()).hexdigest()[:8]}"
        root = self.workspace / "corpora" / name

        def said(done: int, of: int) -> None:
            if self.told:
                self.told(Preparing("rendering", done, of, ""))

        render_corpus(root, config, progress=said)
        return root

    def synthetic(self, axis: str = "", amount: float = 0) -> Corpus:
        """The synthetic corpus, worse along an axis where one is given. Rendered when it is asked for."""
        own = next((one for one in self.corpora if one.name == "synthetic"), None)
        if not axis:
            if own is not None and own.root:
                return own
            return Corpus(name="synthetic", root="" if self.size is WHOLE else str(self.rendered()))
        root = Path(own.root) if own is not None and own.root else self.rendered()
        target = self.workspace / "corpora" / f"{root.name}-{axis}-{amount:g}"
        return Corpus(name="synthetic", root=str(worsened(root, target, axis, amount)))


@dataclass(frozen=True)
class Chosen:
    """corpora: what the row runs on; () where it cannot, then ``why`` says what to bring. instead: whether
    they stand in the place of the paper's. changed: fields of the Experiment that differ for that."""

    corpora: tuple[Corpus, ...] = ()
    why: str = ""
    instead: bool = False
    changed: tuple[tuple[str, Any], ...] = ()
    part: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        return dict(self.changed)


def chosen(table: Table, row: Row, brought: Brought, axis: str = "", amount: float = 0) -> Chosen:
    """Corpora of a row. Where a corpus is given that some row of the table is about, rows about others are
    absent; where none is, all rows run on what is given."""
    named = table.corpora(row)
    if axis:
        if named != ("synthetic",):
            return Chosen(why=f"only the synthetic corpus can be made worse, not {', '.join(named)}")
        return Chosen((brought.synthetic(axis, amount),))
    lacking = [name for name in named if name not in brought.names and name != "synthetic"]
    if not lacking:
        have = {one.name: one for one in brought.corpora}
        found = [brought.synthetic() if name == "synthetic" else have[name] for name in named]
        return Chosen(tuple(found), part=row.part)
    about = {name for one in table.rows for name in table.corpora(one)} - {"synthetic"}
    if not brought.corpora or about & set(brought.names):
        options = " ".join(f"--corpus {name} --root FOLDER" for name in named if name != "synthetic")
        return Chosen(why=f"bring {', '.join(lacking)}: {options}, or --corpus synthetic")
    return _instead(table, row, brought)


def without_split(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What changes of a row's fields on a corpus that fixes no split: a group of people is tested once."""
    fixed = protocol(fields.get("protocol", "loso"))[0] is protocol("fixed_split")[0]
    return {"protocol": "group_holdout"} if fixed else {}


def _instead(table: Table, row: Row, brought: Brought) -> Chosen:
    named, fields = table.corpora(row), table.of(row)
    found = [brought.synthetic() if one.name == "synthetic" else one for one in brought.corpora]
    pairs = fields.get("protocol") in PAIRS
    if pairs and len(found) < 2:
        if found[0].name != "synthetic":
            return Chosen(why=f"a pair of corpora is asked for; bring another beside {found[0].name}")
        found.append(Corpus(name=SECOND, root=str(brought.rendered(second=True))))
    changed: dict[str, Any] = {}
    scheme = fields.get("classes", "3")
    if any("," not in scheme and scheme not in labels.schemes(one.name) for one in found):
        changed["classes"] = scheme.partition("-")[0]  # "5-rest" is a reading of one corpus' sheet
        for one in found:
            if changed["classes"] not in labels.schemes(one.name):
                return Chosen(why=f"{one.name} has no label scheme {scheme!r}")
    changed |= without_split(fields)
    part = ""
    if pairs:
        source, _, target = row.part.partition(" to ")
        place = {name: found[at].name for at, name in enumerate(named)}
        part = f"{place[source]} to {place[target]}"
    return Chosen(tuple(found), instead=True, changed=tuple(changed.items()), part=part)
