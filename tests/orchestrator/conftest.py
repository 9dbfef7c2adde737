"""One MLflow database for all tests: a new SQLite file costs about four seconds."""

import pytest


@pytest.fixture(scope="session")
def mlflow_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/store/mlflow.db"  # the folder does not exist yet
