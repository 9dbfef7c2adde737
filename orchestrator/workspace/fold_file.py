"""The bytes of one fold result, and how they are read back: exactly, or not at all.

MAGIC, the lengths of what follows as it is here and unpacked (8 bytes each), SHA-256 of both lengths and of
what follows (32 bytes), and that: safetensors, compressed with zstd. Its arrays are those of record.Arrays
and of FoldRecord; "facts" is a JSON text of the rest, and of what it is a result of ("of").

An older program wrote ``.npz`` files, with the probabilities of validation clips and without a checksum but
zip's own CRC; they are read as what would be kept of them today.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import struct
import sys
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from orchestrator.study.jobs import FoldResult
from orchestrator.study.record import Arrays, Clips, FoldRecord

MAGIC = b"MERFOLD1"
_LENGTHS = struct.Struct("<QQ")
HEAD = len(MAGIC) + _LENGTHS.size + hashlib.sha256().digest_size
_ARRAYS = ("epochs", "train_loss", "validation_loss", "validation_counts", "test_probs")
_FACTS = ("job_id", "fold", "seed", "member", "validation", "test", "seconds", "notes")
_IDS = ("validation", "test")  # of the facts, side by side
_OUTPUT = "outputs."  # before the name of each
# What flipped and missing bytes of a zip file and its arrays raise, read from memory. RuntimeError where it
# seems encrypted or of another compression, OSError from bz2, MemoryError from a length.
_ZIP_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, RuntimeError, LookupError, ValueError,
    TypeError, EOFError, OSError, OverflowError, MemoryError,
)  # fmt: skip


class Damaged(ValueError):
    """Bytes that are no fold result, or not as they were written."""


def written(record: FoldRecord, of: Mapping[str, Any]) -> bytes:
    """of: what it is a result of; {} where that is not known."""
    facts = {name: getattr(record, name) for name in _FACTS} | {"of": dict(of)}
    arrays = {name: np.ascontiguousarray(getattr(record, name)) for name in _ARRAYS}
    arrays |= {_OUTPUT + name: np.ascontiguousarray(values) for name, values in record.outputs.items()}
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    plain = save(arrays)
    packed: bytes = pa.compress(plain, codec="zstd", asbytes=True)
    lengths = _LENGTHS.pack(len(packed), len(plain))
    return MAGIC + lengths + hashlib.sha256(lengths + packed).digest() + packed


def part_of(data: bytes, at: int = 0) -> bytes:
    """The bytes of the result that begins at ``at``, verified. Raises Damaged."""
    head = data[at : at + HEAD]
    if len(head) < HEAD or not head.startswith(MAGIC):
        raise Damaged(f"{len(data) - at} bytes that do not begin as a fold result")
    lengths, sha = head[len(MAGIC) : -32], head[-32:]
    packed = data[at + HEAD : at + HEAD + _LENGTHS.unpack(lengths)[0]]
    if hashlib.sha256(lengths + packed).digest() != sha:
        raise Damaged("its SHA-256 is another than when it was written")
    return head + packed


def read(data: bytes, like: Clips | None = None) -> tuple[FoldRecord, dict[str, Any]]:
    """(a result, what it is a result of). Raises Damaged for anything but one whole result.

    like  whose clip ids its own probably are: where they are, both hold the same tuples.
    """
    if len(whole := part_of(data)) != len(data):
        raise Damaged(f"{len(data) - len(whole)} bytes follow the result")
    return opened(whole, like)


def opened(whole: bytes, like: Clips | None = None) -> tuple[FoldRecord, dict[str, Any]]:
    """``read`` of what ``part_of`` has verified."""
    _, plain = _LENGTHS.unpack_from(whole, len(MAGIC))
    try:
        arrays = load(pa.decompress(whole[HEAD:], plain, codec="zstd", asbytes=True))
        facts, known = _facts(arrays.pop("facts").tobytes(), like)
        outputs = {name.removeprefix(_OUTPUT): arrays.pop(name) for name in set(arrays) - set(_ARRAYS)}
        record = _record(facts, arrays, outputs)
        record.plain = known
        return record, facts["of"]
    except (SafetensorError, LookupError, ValueError, TypeError, OSError) as error:
        # as written, but by a program that writes something else
        raise Damaged(f"{type(error).__name__}: {error}") from error


def _facts(text: bytes, like: Clips | None) -> tuple[dict[str, Any], bool]:
    """The facts, and whether their clip ids are known to be plain.

    Nearly all of the text is clip ids. Those that are at hand are compared, which takes a tenth of the time
    that reading them takes.
    """
    if like is None:
        return json.loads(text), False
    ids = {name: getattr(like, name) for name in _IDS}
    if like.plain:
        written = ", ".join(f'"{name}": {_as_written(held)}' for name, held in ids.items()).encode()
        at = text.find(f'"{_IDS[0]}": '.encode())  # only a key can be followed by a colon
        if text.startswith(written, at):
            return json.loads(text[:at] + text[at + len(written) + len(", ") :]) | ids, True
    facts = json.loads(text)
    return facts | {name: held for name, held in ids.items() if tuple(facts[name]) == held}, False


def _as_written(ids: tuple[str, ...]) -> str:
    """As ``written`` has them, where JSON writes each as it is."""
    return '["' + '", "'.join(ids) + '"]' if ids else "[]"


def _record(
    facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], outputs: dict[str, NDArray[Any]]
) -> FoldRecord:
    return FoldRecord(
        job_id=sys.intern(facts["job_id"]),
        fold=sys.intern(facts["fold"]),
        seed=facts["seed"],
        member=facts["member"],
        validation=tuple(facts["validation"]),
        test=tuple(facts["test"]),
        epochs=arrays["epochs"],
        seconds=facts["seconds"],
        notes=tuple(facts["notes"]),
        outputs=outputs,
        held=Arrays(**{name: arrays[name] for name in _ARRAYS if name != "epochs"}),
    )


def read_npz(data: bytes, like: Clips | None = None) -> tuple[FoldRecord, dict[str, Any]]:
    """``read`` of a file of an older program, which may not say what it is a result of ({})."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as held:
            # all CRCs, before any header of an array is believed
            if (wrong := held.testzip()) is not None:
                raise Damaged(f"the CRC of {wrong} is another than when it was written")
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            facts = json.loads(str(held["facts"]))
            arrays = {name: held[name] for name in held.files if name != "facts"}
        of = facts.pop("of", {})
        for name in (*_IDS, "notes"):
            facts[name] = tuple(facts[name])
        if like is not None:
            facts |= {name: getattr(like, name) for name in _IDS if getattr(like, name) == facts[name]}
        outputs = {n.removeprefix(_OUTPUT): arrays.pop(n) for n in list(arrays) if n.startswith(_OUTPUT)}
        return FoldRecord.of(FoldResult(**facts, **arrays, outputs=outputs)), of
    except _ZIP_DAMAGE as error:
        raise Damaged(f"{type(error).__name__}: {error}") from error
