"""What an input is, and what it sees of a clip: aligned frames with their landmarks, one at a time."""

from __future__ import annotations

import typing
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.align import Crop
from preprocessing.flow import Flow
from preprocessing.gaps import REFUSED
from preprocessing.inputs.settings import Settings
from preprocessing.schema import Clip

Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in crop pixels, half open
_AS_IT_IS = Crop(np.eye(2, 3))
NO_PICTURE = np.zeros((0, 0, 3), np.uint8)  # of a frame that is cut out already


class Frame:
    """One frame of a clip after alignment. The pictures are cut out when an input first asks for them.

    number     its frame number.
    landmarks  float32 (68, 2) crop pixels, or None where no input of this extraction needs them.
    """

    def __init__(
        self,
        number: int,
        landmarks: NDArray[Any] | None,
        image: NDArray[Any],
        crop: Crop,
        table: NDArray[Any] | None = None,
    ):
        self.number, self.landmarks = number, landmarks
        self._image, self._crop, self._table = image, crop, table

    @classmethod
    def cut(
        cls, number: int, landmarks: NDArray[Any] | None, grey: NDArray[Any], colour: NDArray[Any]
    ) -> Frame:
        """A frame whose pictures are there already. grey uint8 (256, 256), colour uint8 (256, 256, 3) RGB."""
        frame = cls(number, landmarks, NO_PICTURE, _AS_IT_IS)
        frame.__dict__.update(grey=grey, colour=colour)
        return frame

    def without_picture(self) -> Frame:
        """The same, cut out now, so that the picture that it is cut from can go."""
        frame = Frame(self.number, self.landmarks, NO_PICTURE, self._crop, self._table)
        frame.__dict__["_cut"] = self._cut
        return frame

    @cached_property
    def _cut(self) -> NDArray[Any]:
        return self._crop.image(self._image)

    @cached_property
    def grey(self) -> NDArray[Any]:
        """uint8 (256, 256)."""
        grey = cv2.cvtColor(self._cut, cv2.COLOR_BGR2GRAY)
        return grey if self._table is None else cv2.LUT(grey, self._table)

    @cached_property
    def colour(self) -> NDArray[Any]:
        """uint8 (256, 256, 3) RGB. Equalised in luminance, so that colours stay."""
        if self._table is None:
            return cv2.cvtColor(self._cut, cv2.COLOR_BGR2RGB)
        parts = cv2.cvtColor(self._cut, cv2.COLOR_BGR2YCrCb)
        parts[..., 0] = cv2.LUT(parts[..., 0], self._table)
        return cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB)


class Shared:
    """What several inputs of one clip would each compute: the first to ask pays. Keeps the last few answers,
    not the clip."""

    KEPT = 16

    def __init__(self, flow: Flow | None, clip: Clip, settings: Settings):
        self._flow, self.clip, self.settings = flow, clip, settings
        self._answers: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def once(self, key: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
        """The answer kept under ``key``, else ``compute()``. The key names everything that the answer depends
        on."""
        if key in self._answers:
            self._answers.move_to_end(key)
        else:
            self._answers[key] = compute()
            if len(self._answers) > self.KEPT:
                self._answers.popitem(last=False)
        return self._answers[key]

    def flow(self, first: Frame, second: Frame, box: Box | None = None) -> NDArray[Any]:
        """Flow float32 (H, W, 2) of the crop, or of the part of it inside ``box``, in pixels from ``first``
        to ``second``.

        Raises RuntimeError where no input of this extraction says that it needs flow.
        """
        method = self._flow
        if method is None:
            raise RuntimeError("an input asks for flow and says needs_flow = False; set it to True")
        x0, y0, x1, y1 = box or (0, 0, *first.grey.shape[::-1])
        return self.once(
            ("flow", first.number, second.number, box),
            lambda: method(*(np.ascontiguousarray(frame.grey[y0:y1, x0:x1]) for frame in (first, second))),
        )


class Collector(typing.Protocol):
    """Takes a clip's frames in order, then gives the input. It keeps the frames that it needs and no others.
    The numbers of neighbours differ by more than 1 only where the input says so (Input.gaps)."""

    def see(self, frame: Frame, shared: Shared) -> None: ...
    def result(self, shared: Shared) -> NDArray[Any]: ...


class Input:
    """One kind of input. Subclasses say what they give and how it is collected.

    kind         as in FeatureSpec.
    unit, dtype  of the values: "float32", "float16" or "uint8".
    channels     names of the channels, in order, or ().
    needs_landmarks  of every frame; an input that does without spares the landmark model (the crop needs it
                     once a clip).
    needs_flow   asks for ``Shared.flow``; where no input does, no flow method is made.
    gaps         what a frame that is missing inside the clip means to it: gaps.REFUSED, as for an input that
                 says nothing; gaps.UNSEEN, its collector looks at a few frames and asks for those (KeyFrames
                 refuses one that is missing); gaps.BRIDGED, its collector takes frames whose numbers are
                 further apart.
    settings     names of the Settings that ``shape``, ``collector`` and the collector read: part of the
                 feature set's version. Not among them are flow, apex, equalise and landmarks_every, which
                 the pipeline reads.
    picture_unit unit of what ``from_picture`` reads off a ready flow picture, or "" for an input that cannot
    be read off one.
    """

    kind: str
    unit: str
    dtype: str = "float32"
    channels: tuple[str, ...] = ()
    needs_landmarks: bool = False
    needs_flow: bool = False
    gaps: str = REFUSED
    settings: tuple[str, ...] = ()
    picture_unit: str = ""

    def shape(self, settings: Settings) -> tuple[int, ...]:
        raise NotImplementedError

    def collector(self, clip: Clip, settings: Settings) -> Collector:
        """A new collector. ``clip`` has onset, apex and offset: the pipeline has filled in what the labels
        leave open."""
        raise NotImplementedError

    def picture_shape(self) -> tuple[int, ...]:
        raise NotImplementedError

    def from_picture(self, picture: NDArray[Any]) -> NDArray[Any]:
        """uint8 (28, 28, 3) u, v, strain -> what ``picture_shape`` says."""
        raise NotImplementedError


class KeyFrames:
    """The frames of some numbers, held while the clip goes by. For collectors that look at a few frames
    only."""

    def __init__(self, numbers: tuple[int, ...]):
        self.numbers = numbers
        self._frames: dict[int, Frame] = {}

    def see(self, frame: Frame, shared: Shared) -> None:
        if frame.number in self.numbers:
            self._frames[frame.number] = frame

    def __getitem__(self, number: int) -> Frame:
        """Raises ValueError for a frame that the clip does not have."""
        if number not in self._frames:
            raise ValueError(
                f"frame {number} is needed but is not among the frames read: it is missing, or onset, apex "
                "and offset are wrong"
            )
        return self._frames[number]


def triple(clip: Clip) -> tuple[int, int, int]:
    """(onset, apex, offset) of a clip whose labels are complete. Raises ValueError where one is None."""
    if clip.onset is None or clip.apex is None or clip.offset is None:
        raise ValueError(
            f"{clip.clip_id}: this input needs onset, apex and offset, got {clip.onset}, {clip.apex}, "
            f"{clip.offset}"
        )
    return clip.onset, clip.apex, clip.offset


def resized(picture: NDArray[Any], size: int) -> NDArray[Any]:
    """(H, W, C) -> (C, size, size): by area where it shrinks, linearly where it grows."""
    shrinks = picture.shape[0] > size and picture.shape[1] > size
    small = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.ascontiguousarray(small.reshape(size, size, -1).transpose(2, 0, 1))
