"""What a model can be fed with: one file per kind of input, one name per feature set.

An input is told of a clip's aligned frames one after the other (``collector``), so that one decoding serves
every input asked for, and nothing holds a whole clip. A corpus of flow pictures has no frames: some inputs
can be read off the picture.
"""

from __future__ import annotations

from preprocessing.inputs.frame_crops import ApexFrame, OnsetApexFrames
from preprocessing.inputs.motion_image import AffectiveMotionImage, WeightedImage, active, mesti, rank_pooling
from preprocessing.inputs.onset_apex_flow import OnsetApexFlow
from preprocessing.inputs.roi_flow import RoiFlow
from preprocessing.inputs.roi_maps import RoiMaps, RoiStack
from preprocessing.inputs.view import Collector, Frame, Input, Settings, Shared

__all__ = ["INPUTS", "Collector", "Frame", "Input", "Settings", "Shared"]

INPUTS: dict[str, Input] = {
    "roi_flow14": RoiFlow(14),
    "roi_flow18": RoiFlow(18),
    "roi_flow14_iod": RoiFlow(14, by_eye_distance=True),
    "roi_flow18_iod": RoiFlow(18, by_eye_distance=True),
    "roi_flow14_discriminative": RoiFlow(14, discriminative=True),
    "roi_flow18_discriminative": RoiFlow(18, discriminative=True),
    "onset_apex_flow": OnsetApexFlow(),
    "apex_offset_flow": OnsetApexFlow(second_half=True),
    "onset_apex_flow224": OnsetApexFlow(large=True),
    "apex_offset_flow224": OnsetApexFlow(second_half=True, large=True),
    "mesti": WeightedImage(mesti),
    "dynamic_image": WeightedImage(rank_pooling),
    "active_image": WeightedImage(active),
    "affective_motion_image": AffectiveMotionImage(),
    "apex_frame": ApexFrame(),
    "onset_apex_frames": OnsetApexFrames(),
    "roi_maps1": RoiMaps(1),
    "roi_maps2": RoiMaps(2),
    "roi_maps4": RoiMaps(4),
    "roi_stack9": RoiStack(),
}
