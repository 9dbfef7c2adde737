"""What the axes of each kind of input mean: where the components lie, and which of them are vectors on the
face.

Everything that knows more of an input than its size asks here: normalisation (per component), mirroring and
rotation (vectors turn with the face), resizing (pictures only).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of input, as feature sets name it.

    components  axis of the components in an array of clips (n, ...).
    vectors     pairs of components that are (u to the right, v down).
    picture     the last two axes are rows and columns.
    jointly     minmax255 scales all components by one range, so that colours stay.
    """

    components: int
    vectors: tuple[tuple[int, int], ...] = ()
    picture: bool = True
    jointly: bool = False


KINDS: dict[str, Kind] = {
    "roi_flow": Kind(3, ((0, 1),), picture=False),  # (n, T, N, 2)
    "flow_picture": Kind(1, ((0, 1),)),  # (n, 3, H, W): u, v, strain
    "image": Kind(1, jointly=True),  # (n, 3, H, W): RGB
    "frame_pair": Kind(2, jointly=True),  # (n, 2, 3, H, W): onset and apex RGB
    "roi_maps": Kind(3, ((0, 1),)),  # (n, W, 3, 3, H, W): window, region, (u, v, strain)
    "roi_stack": Kind(1, ((0, 1), (3, 4), (6, 7))),  # (n, 9, H, W): region by region (u, v, strain)
}
