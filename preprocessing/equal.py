"""Code that was changed and gives the same numbers, to the bit, where the older code gave any: so that
features that are there keep their names (versions.py).

A row says: this module, with this syntax tree (closure.tree), counts as the older tree; "" is a new module
that counts for nothing. A row holds for its tree alone: whoever changes the module again takes its row out,
or measures that the numbers are the same again and writes the new tree into it. What the older code refused
and the newer does not is tried again, whatever the name says (plan.py).
"""

from __future__ import annotations

# ruff: noqa: E501
# fmt: off
EQUAL: dict[tuple[str, str], str] = {
    ("preprocessing.apex", "ad48937f6c026413ba9264986e7d915a1b78de18c055f939456f779e2b0815eb"): (
        "0668fb4d2575a4613dbf7178ae9b2e9fa0e3f9479948c9cf74a2ca8f40419220"
    ),
    ("preprocessing.decode", "d228c71e079dbb4a1f9c55c6467ac25a700d26b9bb45775a8e307d6574a4f220"): (
        "f1f5913c5a6566f87a212b17ee29ca5c68a1513a0d424d73c9fb0bda0080544e"
    ),
    ("preprocessing.frames", "76080c94832cec9da676620a6d64e4591caa98c75ff453f18c74bef3a110b2b4"): (
        "451fc80dda70da363f2c9010e8aa618f6f1dfec7b85c0f61fe2aa6fb343b569e"
    ),
    ("preprocessing.inputs.frame_crops", "96db3c71ac717fc5466576bd6b38be926b2d43c4b5d998b8a5b058ff90337048"): (
        "fded05bb073ff7db6aea04b6c9c5419dedf79f8e96610c700acd0c1e77297bf9"
    ),
    ("preprocessing.inputs.motion_image", "a244f6d05b03d56ce1ba493d3c7de6bb67291c5defb2f00540a35c30549b7caa"): (
        "ab5d4c514c6aca74fdcabe096701f700e2e1ca1e0b8cf28365e8a294346a3602"
    ),
    ("preprocessing.inputs.onset_apex_flow", "25b8a54590717760ec25ab7160408ee4745049b7980b6be94d394bc16ce11e4f"): (
        "74670d34338a08cfb451738a3a648b573b9ce3e13265efa246a01959954540eb"
    ),
    ("preprocessing.inputs.roi_flow", "bc8ad0dfc035c5ed9f25b4dd16a2a8904fdc5ff8263876b4d75efd9305f356c1"): (
        "33579d032245af34aa1dc0860b002a6dc3a7811fa5e3158ccaa210122b5972b2"
    ),
    ("preprocessing.inputs.roi_maps", "9f56a722a4b2526959284c9d0314f5efaa144923988558e713adcb7d2325ddbb"): (
        "4de7ab1cc0d217675c082b37f7e4f94ed222e947de4b7e78e38cd60d960db55f"
    ),
    ("preprocessing.inputs.view", "54fecc14320b77a147dd3fde762f015190ff5bea8d37da17ca4c7b97a3d59476"): (
        "01d6dcb31a7a8ff72237e27f54299932fc3d68fddb8d31f5cfdd6ba6b0cb4869"
    ),
    ("preprocessing.landmarks", "f98bd1ac3168ceac0484bbc84845fbc4d9763cb5bbb38fbbc0549cc845108b3d"): (
        "fd4592e73cb1b87c96bd70dc830ec5bf2f22d25417d279a7e29db3e476e69714"
    ),
    ("preprocessing.pipeline", "f481fe3ef6b7408a1a0981c4dbc128dfe0a0fe07c7cdae0a76e570984903a218"): (
        "8b5a7c44150994146763d75bb401a466cc696b5d76754008660b3ff91ea6445e"
    ),
    ("preprocessing.gaps", "07b2eecc215683aae363d8a01621d45044ddc2014adfea0f01610e191970e869"): (
        ""
    ),
}
# fmt: on
