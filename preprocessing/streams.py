"""As containers.py, of containers that are made to be sent piece by piece: WMV (ASF), FLV, TS.

ASF  its data says how long it is, unless it was sent or its recorder stopped; it is made of packets of one
     length.
FLV  tags, one after the other, each with its length; how long all last stands in the first, if anywhere.
TS   packets of one length, and nothing says how many: a cut between two is not seen.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

_ASF, _DATA, _FILE = (
    bytes.fromhex(one)
    for one in (
        "3026b2758e66cf11a6d900aa0062ce6c",
        "3626b2758e66cf11a6d900aa0062ce6c",
        "a1dcab8c47a9cf118ee400c00c205365",
    )
)
_DATA_HEAD = 50  # bytes; so long is data to which nothing was added at the end
_PACKETS = ((188, 0), (192, 4), (204, 0))  # of TS: length, and where in it its sync byte is
_HEAD = 1 << 16  # bytes of a file in which its header is


class _Asf(NamedTuple):
    """Where its data begins and ends, None where it does not say it; bytes of a packet, 0 if not known."""

    begin: int
    end: int | None
    packet: int


def missing_bytes(file: BinaryIO, total: int) -> int:
    """As containers.missing_bytes; 0 for what is none of these."""
    if asf := _asf(file):
        return max(0, (_last_packet(file, asf, total) if asf.end is None else asf.end) - total)
    if _head(file, 3) == b"FLV":
        return _missing_of_flv(file, total)
    packet = _packet_of_ts(file)
    return -total % packet if packet else 0


def says_its_length(file: BinaryIO) -> bool:
    """As containers.says_its_length; False for what is none of these."""
    if asf := _asf(file):
        return asf.end is not None
    head = _head(file, _HEAD)
    at = head.find(b"\x08duration\x00") + 10
    return head[:3] == b"FLV" and at >= 10 and struct.unpack(">d", head[at : at + 8].ljust(8, b"\0"))[0] > 0


def _head(file: BinaryIO, length: int) -> bytes:
    file.seek(0)
    return file.read(length)


def _asf(file: BinaryIO) -> _Asf | None:
    """None for what is no ASF."""
    head = _head(file, _HEAD)
    if not head.startswith(_ASF):
        return None
    begin = int.from_bytes(head[16:24], "little")
    # behind the name of its properties: length, number, size, date, packets, two durations, preroll, flags
    at = head.find(_FILE) + 16
    flags, least, most = struct.unpack("<3I", head[at + 72 : at + 84].ljust(12, b"\0"))
    file.seek(begin)
    data = file.read(24)
    size = int.from_bytes(data[16:], "little")
    told = data[:16] == _DATA and size > _DATA_HEAD and not flags & 1
    return _Asf(begin, begin + size if told else None, least if at >= 16 and least == most else 0)


def _last_packet(file: BinaryIO, asf: _Asf, total: int) -> int:
    """Where it ends. A packet begins with a mark of error correction; an index may be behind the last."""
    at = asf.begin + _DATA_HEAD
    while asf.packet and at < total:
        file.seek(at)
        if file.read(1)[0] & 0xF0 != 0x80:
            break
        at += asf.packet
    return at


def _missing_of_flv(file: BinaryIO, total: int) -> int:
    """Of its last tag: kind, length (3 bytes), time and more (7), content; then the length of it (4)."""
    at = int.from_bytes(_head(file, 9)[5:], "big") + 4
    while at + 11 <= total:
        file.seek(at)
        head = file.read(4)
        if head[0] & 0x1F not in (8, 9, 18):  # sound, picture, data
            return 0
        at += 11 + int.from_bytes(head[1:], "big")
        if at > total:
            return at - total
        at += 4
    return 0


def _packet_of_ts(file: BinaryIO) -> int:
    """Bytes of a packet; 0 for what is no TS."""
    head = _head(file, 8 * 204)
    for length, sync in _PACKETS:
        marks = head[sync::length]
        if len(marks) > 4 and set(marks) == {0x47}:
            return length
    return 0
