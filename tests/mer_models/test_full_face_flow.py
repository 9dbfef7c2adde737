"""Full-face flow: the contract."""

from tests.mer_models.contract import ModelContract


class TestFullFaceFlow(ModelContract):
    name = "full_face_flow"
    shape = (3, 64, 64)
    parameters = 4_122_291
    published_parameters = 4_000_000
    quick = {"width": 8, "hidden_dim": 64}  # noqa: RUF012
