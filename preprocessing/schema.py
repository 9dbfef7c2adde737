"""What a clip is, and what a feature-set file holds: the one part of preprocessing that the orchestrator
imports.

Two programs meet here: preprocessing writes Parquet shards with this schema, the orchestrator reads them. A
node that only trains needs neither OpenCV nor MediaPipe, a node that only preprocesses needs no torch.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from preprocessing import sealed
from preprocessing.errors import BadInput
from preprocessing.places import Place, map_places, write_atomically
from preprocessing.reread import twice
from preprocessing.sealed import Damaged

# raise it when a column's name, type, unit or meaning changes: older feature sets are then refused
SCHEMA_VERSION = 3

# Action units as columns of the AU vector (FACS numbers). 21 of them, as FaceSleuth's AU embedding takes; the
# numbers are those that the coding sheets of CASME II, SAMM, MMEW, 4DME and DFME use most. Fixed, so that no
# fold's people define it.
AU_VOCABULARY = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 18, 20, 23, 24, 25, 26, 27, 28)


class CorpusError(BadInput):
    """A corpus cannot be read at all (missing root, no label sheet, a column missing). Names the path and the
    next step."""


class FeatureSetError(BadInput):
    """A feature set cannot be used: wrong schema version, missing or damaged shard."""


@dataclass(frozen=True)
class Clip:
    """One labelled clip as its corpus describes it. Labels are raw: no class is decided here.

    subject   ``corpus/person`` (so that two corpora may both have a person "01").
    name      the clip's name inside its subject; ``corpus/person/name`` is the clip id and must be unique.
    frames    folder of frame images, a video file, or (corpus ststnet_flow) one flow picture.
    onset, apex, offset  frame numbers as they stand in the file names; for a video, 0-based frame indices;
              for a flow picture all None. Inclusive. None where the corpus gives none.
    emotion   the corpus' own word, stripped, lower case. "" when unlabelled.
    aus       the corpus' own action-unit text, as read, repaired only by a row of fixes/; "" when none is
              annotated.
    aus_known False where the corpus annotates no action units for this clip (SMIC-HS, ststnet_flow).
    fps       frames per second, None if unknown.
    apex_source "annotated", or "none" where the corpus gives no apex (then ``apex`` is None).
    trimmed   the frames are a video that stands for the folder of a sheet's clip: if it has exactly as many
              frames as onset..offset, its first frame is the onset; else its frames are counted from 0.
    counted   somebody said which number a video's first frame has, and the numbers are from 0 now.
    split     part of a fixed protocol that the corpus itself assigns (dfme: train, testA, testB), else "".
    repairs   one line per applied row of fixes/<corpus>.csv.
    problem   "" or why the label itself cannot be used (apex outside onset..offset, duplicate id, frames
              without a label): such a clip is carried to the end as a quarantined row, never dropped.
    """

    corpus: str
    subject: str
    name: str
    frames: Path
    emotion: str
    onset: int | None = None
    apex: int | None = None
    offset: int | None = None
    aus: str = ""
    aus_known: bool = False
    fps: float | None = None
    apex_source: str = "none"
    split: str = ""
    trimmed: bool = False
    counted: bool = False
    repairs: tuple[str, ...] = ()
    problem: str = ""

    @property
    def clip_id(self) -> str:
        return f"{self.subject}/{self.name}"


@dataclass(frozen=True)
class FeatureSpec:
    """One feature set: what stands in its column ``x`` and everything that decides the numbers in it.

    name        "roi_flow14", the name that a user types.
    kind        "roi_flow": x is (T, N, 2), u and v of N motion channels over T steps.
                "flow_picture": (3, H, W), u, v and strain. "image": (3, H, W) RGB. "frame_pair": (2, 3, H,
                W), onset and apex RGB. "roi_maps": (W, 3, 3, H, W), window, region, (u, v, strain).
                "roi_stack": (9, H, W), region by region.
    shape       of x, row-major.
    unit        of x, in words.
    channels    names of the motion channels or planes, else ().
    parameters  every choice made in computing x, code version included.
    dtype       of x: "float32", "float16" (large pictures) or "uint8" (pixels); little-endian in the file.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    unit: str
    channels: tuple[str, ...]
    parameters: Mapping[str, Any]
    dtype: str = "float32"

    @property
    def version(self) -> str:
        """Name plus a digest of everything above and of the schema: other parameters or other code are
        another feature set."""
        text = json.dumps([SCHEMA_VERSION, asdict(self)], sort_keys=True)
        return f"{self.name}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"

    def array(self, x: bytes | pa.Buffer) -> NDArray[Any]:
        """One row's column x as an array of ``shape`` and ``dtype``, without a copy. Raises FeatureSetError
        for another length."""
        flat = np.frombuffer(x, np.dtype(self.dtype).newbyteorder("<"))
        if flat.size != math.prod(self.shape):
            raise FeatureSetError(
                f"{self.name} has {math.prod(self.shape)} values a row, a row has {flat.size}; extract it "
                "again"
            )
        return flat.reshape(self.shape)


# column, type, meaning (stored in the file as field metadata)
_LABELS: tuple[tuple[str, pa.DataType, str], ...] = (
    ("clip_id", pa.string(), "corpus/person/name, unique"),
    ("corpus", pa.string(), ""),
    ("subject", pa.string(), "corpus/person"),
    ("name", pa.string(), ""),
    ("emotion", pa.string(), "the corpus' own word"),
    ("split", pa.string(), "train, testA ... where the corpus fixes one, else empty"),
    ("aus_known", pa.bool_(), "the corpus annotates this clip's action units"),
    ("aus", pa.string(), "the corpus' own action-unit text"),
    ("au_vector", pa.list_(pa.int8()), f"1 active, 0 not, for AU {AU_VOCABULARY}"),
    ("onset", pa.int32(), "frame number"),
    ("apex", pa.int32(), "frame number"),
    ("offset", pa.int32(), "frame number"),
    (
        "apex_source",
        pa.string(),
        "annotated, middle, the name of a spotting method, or none (quarantined before one was chosen)",
    ),
    ("fps", pa.float32(), "frames per second, of the labels or else of the video file"),
    ("duration_s", pa.float32(), "seconds from onset to offset"),
    ("apex_s", pa.float32(), "seconds from onset to apex"),
    ("n_frames", pa.int32(), "frames read"),
    ("height", pa.int32(), "pixels of a raw frame"),
    ("width", pa.int32(), "pixels of a raw frame"),
    ("repairs", pa.string(), "applied rows of fixes/, one a line"),
    ("notes", pa.string(), "what to know of the values, one a line: missing frames bridged, no motion ..."),
    ("status", pa.string(), "ok, or error: the row is quarantined"),
    ("error", pa.string(), "why, if quarantined"),
)


def arrow_schema(spec: FeatureSpec) -> pa.Schema:
    """Columns of a shard of this feature set, with units as field metadata and the whole specification as
    schema metadata."""
    fields = [pa.field(name, kind, metadata={"meaning": meaning}) for name, kind, meaning in _LABELS]
    # Bytes, not a list of numbers: Parquet keeps two levels for every number of a list, which took longer
    # than the optical flow.
    about = {
        "unit": spec.unit,
        "shape": json.dumps(spec.shape),
        "dtype": f"{spec.dtype}, little-endian, row-major",
    }
    fields.append(pa.field("x", pa.large_binary(), metadata=about))
    text = json.dumps(
        {"schema_version": SCHEMA_VERSION, "version": spec.version, **asdict(spec)}, sort_keys=True
    )
    return pa.schema(fields, metadata={"mer_features": text})


def read_spec(schema: pa.Schema, where: Place) -> FeatureSpec:
    """The specification that a shard was written with. Raises FeatureSetError for a foreign file or another
    schema version."""
    text = (schema.metadata or {}).get(b"mer_features")
    if text is None:
        raise FeatureSetError(
            f"{where} is no feature-set shard: it carries no specification; extract the features again"
        )
    held = json.loads(text)
    if held["schema_version"] != SCHEMA_VERSION:
        raise FeatureSetError(
            f"{where} has schema version {held['schema_version']}, this program reads {SCHEMA_VERSION}; "
            "extract the features again "
            "(python -m preprocessing extract), or use the program that wrote it"
        )
    return FeatureSpec(
        held["name"],
        held["kind"],
        tuple(held["shape"]),
        held["unit"],
        tuple(held["channels"]),
        held["parameters"],
        held["dtype"],
    )


def write_shard(
    path: Place, rows: Sequence[Mapping[str, Any]], spec: FeatureSpec, stats: Mapping[str, Any]
) -> None:
    """Write one shard and, last, its ``.json`` done marker with counts and the shard's size and SHA-256.
    Raises OSError (disk full ...)."""
    schema = arrow_schema(spec)
    labels = pa.Table.from_pylist(
        [{k: v for k, v in row.items() if k != "x"} for row in rows], schema=schema.remove(len(schema) - 1)
    )
    dtype = np.dtype(spec.dtype).newbyteorder("<")
    x = pa.array(
        [None if row["x"] is None else np.asarray(row["x"], dtype).tobytes() for row in rows],
        pa.large_binary(),
    )
    table = labels.append_column(schema.field("x"), x).replace_schema_metadata(schema.metadata)
    # Flow and pixels hardly shrink, and nobody asks for statistics of x. Row groups of about a megabyte: the
    # writer's buffers grow with them, and fresh memory is what costs most.
    rows_in_group = max(1, (1 << 20) // (math.prod(spec.shape) * np.dtype(spec.dtype).itemsize))
    options: dict[str, Any] = {
        "compression": {field.name: "none" if field.name == "x" else "snappy" for field in schema},
        "use_dictionary": _DICTIONARY, "write_statistics": False, "row_group_size": rows_in_group,
    }  # fmt: skip
    facts = dict[str, Any](stats, rows=len(rows))

    def write(temporary: Path) -> None:
        pq.write_table(table, temporary, **options)
        facts.update(bytes=temporary.stat().st_size, sha256=sealed.sha256(temporary))

    write_atomically(path, write)
    # The marker is not flushed: one that a power cut takes away is a shard made again.
    sealed.write(path.with_suffix(".json"), facts, flush=False)


NOTES, INDEX, QUARANTINE = "notes", "index.json", "quarantine.csv"
# of no use, and slow, for the values of x
_DICTIONARY = [name for name, _, _ in _LABELS if name != "au_vector"]


def shard_done(path: Place) -> dict[str, Any] | None:
    """The shard's marker if the shard is there as that says, to the byte. What is damaged is set aside and
    named in the log, so that it is made again; half a shard, without a marker, is never taken as done.

    Raises OSError where the place cannot be reached or the damaged file not be renamed.
    """
    try:
        return sealed.verified(path)[1]
    except FileNotFoundError:
        return None
    except Damaged as error:
        sealed.both_aside(path, error)
        return None


def _read_shard(path: Place) -> tuple[FeatureSpec, pa.Table]:
    try:
        held, _ = sealed.verified(path)
    except FileNotFoundError as error:
        raise FeatureSetError(
            f"{path} is missing ({error}); run the same command again, it extracts only what is missing"
        ) from error
    except Damaged as error:
        raise FeatureSetError(
            f"{error}; {sealed.both_aside(path, error)}; run the same command again, it makes it anew"
        ) from error
    table = twice(pq.read_table)(
        held if isinstance(held, Path) else pa.BufferReader(pa.py_buffer(held)), memory_map=True
    )
    spec = read_spec(table.schema, path)
    if NOTES not in table.column_names:  # a shard of an older program, which wrote none
        schema = arrow_schema(spec)
        blank = pa.array([""] * len(table), pa.string())
        table = table.add_column(schema.get_field_index(NOTES), schema.field(NOTES), blank)
    return spec, table


def read_index(folder: Place) -> dict[str, Any]:
    """index.json of one corpus folder: "shards" (names, from the folder), "clips", "quarantined",
    "quarantine_sha256". Raises FileNotFoundError, Damaged, OSError."""
    return sealed.read(folder / INDEX)


def read_shards(folder: Place) -> tuple[FeatureSpec, pa.Table]:
    """All shards of one corpus folder as one table, memory-mapped where they are files; the checksum of every
    file is verified first.

    Raises FeatureSetError if a file is missing or damaged, which is then set aside: the next extraction makes
    it again. Raises OSError if the place cannot be reached.
    """
    index = folder / INDEX
    try:
        paths = [folder / name for name in read_index(folder)["shards"]]
    except FileNotFoundError as error:
        raise FeatureSetError(
            f"{folder} holds no finished feature set (no index.json); run the extraction again, it does only "
            "what is missing"
        ) from error
    except Damaged as error:
        aside = sealed.set_aside(index, error)
        raise FeatureSetError(
            f"{error}; set aside as {aside.name}; run the same command again, it writes the index again"
        ) from error
    if not paths:
        raise FeatureSetError(f"{index} lists no shard; the corpus is empty")
    held = map_places(_read_shard, paths)
    spec = held[0][0]
    for path, (other, _) in zip(paths, held, strict=True):
        if other != spec:
            raise FeatureSetError(
                f"{path} was made with other parameters than its neighbours; remove {folder} and extract "
                "again"
            )
    return spec, pa.concat_tables([table for _, table in held])
