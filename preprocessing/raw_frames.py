"""Raw frames from a pipe -> a folder of PNG files, which read_clip gives back to the bit.

The format is FFmpeg's rawvideo (``ffmpeg -i FILE -f rawvideo -pix_fmt bgr24 -``): frame after frame without
any header, rows from the top, one byte a sample, no padding.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from preprocessing.errors import BadInput

CHANNELS = {"bgr24": 3, "rgb24": 3, "gray8": 1}
MOST_FRAMES = 20_000  # 100 s at 200 fps; longer than any clip
MOST_BYTES = 16 << 30  # of all frames
LARGEST_SIDE = 16384


class RawFramesError(BadInput):
    """Bytes that are not the raw frames that were said to come. Names the frame or the option."""


def size_of(text: str) -> tuple[int, int]:
    """(width, height) of "640x480". Raises RawFramesError."""
    found = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 0 < max(width, height) <= LARGEST_SIDE:
        raise RawFramesError(
            f"--size {text!r}: raw frames say nothing of their size; give WIDTHxHEIGHT, at most "
            f"{LARGEST_SIDE} a side, for example 640x480"
        )
    return width, height


def kept(stream: BinaryIO, folder: Path, size: tuple[int, int], pixels: str) -> int:
    """Write all frames of a stream as 00000.png, 00001.png ... Returns how many.

    size: (width, height); pixels: a key of CHANNELS. Holds one frame at a time. Raises RawFramesError for
    other pixels, a stream that holds no frame, ends inside one, or holds more than MOST_FRAMES or MOST_BYTES;
    OSError where the disk is full.
    """
    if pixels not in CHANNELS:
        raise RawFramesError(f"--pixels {pixels!r}: raw frames are {', '.join(CHANNELS)}")
    (width, height), channels, count = size, CHANNELS[pixels], 0
    length = width * height * channels
    while data := stream.read(length):
        if len(data) < length:
            raise RawFramesError(
                f"standard input ends in frame {count}, after {len(data)} of its {length} bytes ({width}x"
                f"{height} {pixels}): it was cut off, or --size or --pixels is another"
            )
        if count == MOST_FRAMES or (count + 1) * length > MOST_BYTES:
            raise RawFramesError(
                f"standard input holds more than {count} frames of {width}x{height}; a clip has at most "
                f"{MOST_FRAMES} and {MOST_BYTES >> 30} GiB: send the part with the expression"
            )
        frame = np.frombuffer(data, np.uint8).reshape(height, width, channels)
        if pixels == "rgb24":
            frame = frame[..., ::-1]
        done, made = cv2.imencode(".png", frame, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        if not done:
            raise RawFramesError(f"frame {count} of standard input cannot be kept as PNG")
        (folder / f"{count:05d}.png").write_bytes(made.tobytes())
        count += 1
    if not count:
        raise RawFramesError("standard input holds no frame; pipe raw frames to it: see --size")
    return count
