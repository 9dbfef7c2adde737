"""What a video file states of itself, read off its container without decoding: bytes that it lacks, and how
many frames it shows.

Read are AVI (RIFF, OpenDML), MP4 and MOV (boxes), MKV and WebM (EBML), and by streams.py WMV (ASF), FLV and
TS, by what is in the file, whatever its name. Of others nothing is known, and FFmpeg decides.

A recorder that was stopped, and one that writes into a pipe, have not written how long the file is. Then it
is cut where its last part is not whole; where that is whole too, nothing tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from preprocessing import streams

MOST_FRAMES = 1 << 24  # 23 hours at 200 a second: of more the tables of an MP4 are not read
MOST_BYTES = 16 * MOST_FRAMES  # of a table: a box that says to be larger is not read into memory
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")  # what an MP4 or MOV begins with
_MOVI, _OF_FRAMES = b"LISTmovi", (b"mdat", b"moov", b"moof")
_OPEN = (0, 0xFFFFFFFF)  # of an AVI: lengths that were to be written at its end
_HEAD = 8  # bytes of a box before its content
# containers that FFmpeg reads their length of, and that are not looked into here: IVF, RealMedia, WTV
_TOLD = (b"DKIF", b".RMF", b"\xb7\xd8\x00\x20")
_EBML, _SEGMENT = 0x1A45DFA3, 0x18538067

Box = tuple[bytes, int, int]  # kind; where its content begins and ends


def missing_bytes(file: BinaryIO, total: int) -> int:
    """How many bytes of the frames, or of what says where these are, lie behind the end of a file of
    ``total`` bytes, at least: AVI: LIST movi; MP4, MOV: boxes mdat, moov, moof; MKV, WebM: Segment; others:
    streams.py. Without a length: of its last frame, cluster, fragment.

    FFmpeg shows what is left of the last frame with grey for the rest. An AVI's index is not needed and may
    be missing.
    """
    kind = kind_of(file)
    if kind == "avi":
        ends = (end for name, _, end in _chunks(file, 12, total) if name == _MOVI or _is_frame(name))
    elif kind == "mp4":
        parts = [(name, end) for name, _, end in _boxes(file, 0, total) if name in _OF_FRAMES]
        if parts and parts[-1][0] == b"moof":
            return max(_HEAD, parts[-1][1] - total)  # the frames of the last fragment
        ends = (end for _, end in parts)
    elif kind == "mkv":
        return _missing_of_ebml(file, total)
    else:
        return streams.missing_bytes(file, total)
    return next((end - total for end in ends if end > total), 0)


def says_its_length(file: BinaryIO, total: int) -> bool:
    """Whether a container says how long it is, so that a cut at any byte of its frames is noticed."""
    kind = kind_of(file)
    if kind == "avi":
        return any(name == _MOVI for name, *_ in _chunks(file, 12, total))
    if kind == "mp4":  # fragments follow each other without an end, but for an index behind the last one
        kinds = {name for name, *_ in _boxes(file, 0, total)}
        return b"moof" not in kinds or b"mfra" in kinds
    if kind == "mkv":
        return any(name == _SEGMENT and end is not None for name, _, end in _elements(file, 0, total))
    file.seek(0)
    return file.read(4) in _TOLD or streams.says_its_length(file)


def frames_shown(file: BinaryIO, total: int, counted: int) -> int | None:
    """Frames that a whole video gives; None where its container does not say.

    counted: as its header counts them. An AVI counts those that the camera dropped, which are empty; an MP4
    those that its edit list leaves out, as a phone's trimming does.
    """
    kind = kind_of(file)
    if kind == "avi" and says_its_length(file, total):
        return counted - empty_frames(file, total)
    if kind == "mp4" and not in_fragments(file, total):
        return _shown_of_mp4(file, total, counted)
    return None


def sizes_tell(file: BinaryIO, total: int) -> bool:
    """Whether a file of which no bytes are missing is whole, whatever else it says of how long it lasts: its
    sound may be longer, and an AVI whose length nobody wrote counts frames that never were."""
    kind = kind_of(file)
    if kind == "avi":
        return not says_its_length(file, total)
    return kind == "mkv" or (kind == "mp4" and in_fragments(file, total))


def in_fragments(file: BinaryIO, total: int) -> bool:
    """Whether an MP4 is written piece by piece, as by browsers: no table of it counts its frames."""
    return any(name == b"moof" for name, *_ in _boxes(file, 0, total))


def empty_frames(file: BinaryIO, total: int) -> int:
    """Of an AVI, the frames without a byte: the camera was too slow, and a player shows the one before. They
    are no frames for FFmpeg, but take their time."""
    return sum(begin == end and name[2:] in (b"dc", b"db") for name, begin, end in _in_movi(file, total))


def _in_movi(file: BinaryIO, total: int) -> Iterator[Box]:
    for name, begin, end in _chunks(file, 12, total):
        if name == _MOVI:
            yield from _chunks(file, begin, min(end, total))
        elif _is_frame(name):
            yield name, begin, end


def _is_frame(name: bytes) -> bool:
    """Of a chunk: picture or sound."""
    return name[:2].isdigit() and name[2:] in (b"dc", b"db", b"wb")


def kind_of(file: BinaryIO) -> str:
    """ "avi", "mp4" (MOV as well), "mkv" (WebM as well), or "" for any other."""
    file.seek(0)
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"AVI ":
        return "avi"
    if head[4:8] in _BOXES:
        return "mp4"
    return "mkv" if int.from_bytes(head[:4], "big") == _EBML else ""


def _chunks(file: BinaryIO, at: int, until: int) -> Iterator[Box]:
    """Of an AVI. A list is called LIST and its own name; those of frames ("rec "), of a length that nobody
    wrote, and what follows the first RIFF of a long AVI, are gone into. Ends at what is no chunk."""
    while at + 8 <= until:
        file.seek(at)
        head = file.read(12)
        size = int.from_bytes(head[4:8], "little")
        name, begin, end = head[:4], at + 8, at + 8 + size
        if not name.isalnum():
            return
        is_list = name == b"LIST"
        if name == b"RIFF" or (is_list and (head[8:] == b"rec " or size in _OPEN)):
            at = begin + 4
            continue
        yield (name + head[8:], begin + 4, end) if is_list else (name, begin, end)
        at = end + end % 2


def _boxes(file: BinaryIO, at: int, until: int) -> Iterator[Box]:
    """Of an MP4. Ends at one that reaches to the end of the file, as its size 0 says, or at junk."""
    while at + 8 <= until:
        file.seek(at)
        head = file.read(16)
        size, header = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(head[8:16], "big"), 16
        if size < header:
            return
        yield head[4:8], at + header, at + size
        at += size


def _missing_of_ebml(file: BinaryIO, total: int) -> int:
    """From where the elements of its Segment end, or are none any more, up to where it says that it ends. Of
    one that does not say it, of its last element."""
    elements = _elements(file, 0, total)
    inside, end = next(((begin, end) for name, begin, end in elements if name == _SEGMENT), (0, None))
    if end is None:
        ends = [until for _, _, until in _elements(file, inside, total) if until is not None]
        return max(0, ends[-1] - total) if ends else 0
    there = inside
    for _, _, until in _elements(file, inside, min(end, total)):
        if until is None:  # a part without a length: whatever follows is of it
            return max(0, end - total)
        there = until
    return end - min(there, total)


def _elements(file: BinaryIO, at: int, until: int) -> Iterator[tuple[int, int, int | None]]:
    """(name, where its content begins, where it ends) of EBML; None where its length is unknown, and what is
    in it follows. Ends at what is no element."""
    while at < until:
        file.seek(at)
        head = file.read(12)
        name_length = 9 - head[0].bit_length()
        if name_length > 4 or len(head) <= name_length:
            return
        first = head[name_length]
        length = 9 - first.bit_length()
        begin = at + name_length + length
        if length > 8 or begin > until:
            return
        value = int.from_bytes(head[name_length : name_length + length], "big") & ((1 << 7 * length) - 1)
        unknown = value == (1 << 7 * length) - 1
        yield int.from_bytes(head[:name_length], "big"), begin, None if unknown else begin + value
        at = begin if unknown else begin + value


def _shown_of_mp4(file: BinaryIO, total: int, counted: int) -> int:
    """``counted`` where no edit list leaves frames out, or where its tables do not fit together."""
    movie = next(_found(file, 0, total, b"moov"), (0, 0))
    tracks = list(_found(file, *movie, b"trak"))
    videos = [one for one in tracks if _content(file, *one, b"mdia", b"hdlr")[8:12] == b"vide"]
    if not videos or counted > MOST_FRAMES:
        return counted
    edits = _content(file, *videos[0], b"edts", b"elst")
    clock, media = (
        _clock(_content(file, *movie, b"mvhd")),
        _clock(_content(file, *videos[0], b"mdia", b"mdhd")),
    )
    tables = (b"mdia", b"minf", b"stbl")
    steps = _each(_content(file, *videos[0], *tables, b"stts"), counted)
    if not edits or steps is None or not clock:
        return counted
    later = _each(_content(file, *videos[0], *tables, b"ctts"), counted)
    times = np.cumsum(steps) - steps + (0 if later is None else later)
    return sum(
        int(((times >= start) & (times < start + length * media / clock)).sum())
        for length, start in _edits(edits)
        if start >= 0  # else nothing is shown so long
    )


def _found(file: BinaryIO, at: int, until: int, kind: bytes) -> Iterator[tuple[int, int]]:
    return ((begin, end) for name, begin, end in _boxes(file, at, until) if name == kind)


def _content(file: BinaryIO, at: int, until: int, *path: bytes) -> bytes:
    """Of the first box of that path; b"" where there is none."""
    for kind in path:
        at, until = next(_found(file, at, until, kind), (0, 0))
    file.seek(at)
    return file.read(min(until - at, MOST_BYTES))


def _clock(header: bytes) -> int:
    """Ticks a second, of an mvhd or mdhd."""
    at = 20 if header[:1] == b"\1" else 12
    return int.from_bytes(header[at : at + 4], "big")


def _each(table: bytes, counted: int) -> NDArray[np.int64] | None:
    """The number of each frame, of a table that holds (how many, number); None where it is not of so many."""
    runs = np.frombuffer(table[8 : 8 + (len(table) - 8) // 8 * 8], ">i4").reshape(-1, 2).astype(np.int64)
    if (runs[:, 0] < 0).any() or runs[:, 0].sum() != counted:
        return None
    return np.repeat(runs[:, 1], runs[:, 0])


def _edits(table: bytes) -> list[tuple[int, int]]:
    """(length, first time) of each edit, in ticks of the movie and of the track."""
    long = table[:1] == b"\1"
    entry = np.dtype(
        [("length", ">u8" if long else ">u4"), ("start", ">i8" if long else ">i4"), ("rate", ">u4")]
    )
    held = np.frombuffer(table[8 : 8 + (len(table) - 8) // entry.itemsize * entry.itemsize], entry)
    return [(int(one["length"]), int(one["start"])) for one in held]
