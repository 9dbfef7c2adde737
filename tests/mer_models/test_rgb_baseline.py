"""RGB baseline: the contract."""

from tests.mer_models.contract import ModelContract


class TestRGBBaseline(ModelContract):
    name = "rgb_baseline"
    shape = (3, 64, 64)
    parameters = 1_965_859
    published_parameters = 2_000_000
    quick = {"width": 8, "hidden_dim": 64}  # noqa: RUF012
