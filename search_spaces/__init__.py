"""3. What may vary. One module per model: ``PUBLISHED`` (flat configuration keys -> value), ``space(trial)``
and ``ABLATIONS``.

Imports nothing of ours outside this package and no library: a trial is any object with Optuna's ``suggest_*``
methods.
"""

from search_spaces import (
    efficientnet_b0,
    facesleuth,
    full_face_flow,
    mdmo,
    meganet,
    micro_attention,
    off_apexnet,
    resnet18,
    resnet50,
    rgb_baseline,
    roi_cnn,
    roi_graph,
    roi_hybrid,
    roi_temporal,
    stag,
    ststnet,
    vgg19,
)

SPACES = {
    "efficientnet_b0": efficientnet_b0,
    "facesleuth": facesleuth,
    "full_face_flow": full_face_flow,
    "mdmo": mdmo,
    "meganet": meganet,
    "micro_attention": micro_attention,
    "off_apexnet": off_apexnet,
    "resnet18": resnet18,
    "resnet50": resnet50,
    "rgb_baseline": rgb_baseline,
    "roi_cnn": roi_cnn,
    "roi_graph": roi_graph,
    "roi_hybrid": roi_hybrid,
    "roi_temporal": roi_temporal,
    "stag": stag,
    "ststnet": ststnet,
    "vgg19": vgg19,
}
