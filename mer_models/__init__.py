"""2. Tensor -> logits. One paper, one file; imports torch and nothing else of ours."""

from typing import Any

from mer_models.efficientnet_b0 import EfficientNetB0
from mer_models.facesleuth import FaceSleuth
from mer_models.full_face_flow import FullFaceFlow
from mer_models.mdmo import MDMO
from mer_models.meganet import MEGANet
from mer_models.micro_attention import MicroAttention
from mer_models.off_apexnet import OFFApexNet
from mer_models.resnet18 import ResNet18
from mer_models.resnet50 import ResNet50
from mer_models.rgb_baseline import RGBBaseline
from mer_models.roi_cnn import ROICNN
from mer_models.roi_graph import ROIGraph
from mer_models.roi_hybrid import ROIHybrid
from mer_models.roi_temporal import ROITemporal
from mer_models.stag import STAG
from mer_models.ststnet import STSTNet
from mer_models.vgg19 import VGG19

# Name -> nn.Module class with these attributes:
# paper         whom to cite, up to 40 characters that end with the year ("undated" where none is known)
# n_parameters  at 3 classes with default arguments; with the 21 AUs where uses_aus, with 14 regions where it reads roi_flow
# kinds         of input that it reads; features: its feature sets, the first is the default
# uses_aus      whether forward takes action units
MODELS: dict[str, Any] = {
    "efficientnet_b0": EfficientNetB0,
    "facesleuth": FaceSleuth,
    "full_face_flow": FullFaceFlow,
    "mdmo": MDMO,
    "meganet": MEGANet,
    "micro_attention": MicroAttention,
    "off_apexnet": OFFApexNet,
    "resnet18": ResNet18,
    "resnet50": ResNet50,
    "rgb_baseline": RGBBaseline,
    "roi_cnn": ROICNN,
    "roi_graph": ROIGraph,
    "roi_hybrid": ROIHybrid,
    "roi_temporal": ROITemporal,
    "stag": STAG,
    "ststnet": STSTNet,
    "vgg19": VGG19,
}
