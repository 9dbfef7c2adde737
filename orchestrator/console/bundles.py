"""What the commands share that use a finished model: where its bundle lies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.common.errors import ConfigError
from orchestrator.sweeps.execution import Execution
from orchestrator.workspace.sweep_folder import folder_of
from preprocessing.regular import shut

Model = Annotated[
    str, typer.Argument(help="a bundle (folder or zip), a finished sweep's name, or models:/...")
]
AllowCode = Annotated[
    bool, typer.Option("--allow-code", help="run the code that the bundle of a plugin's model brings")
]


@contextmanager
def bundle_of(model: str, workspace: Path, tracking_uri: str) -> Iterator[tuple[Path, bool]]:
    """(where the bundle is, whether it is of this user's own sweep). Raises ConfigError."""
    if model.startswith("models:/"):
        from orchestrator.tracking.errors import TrackingError
        from orchestrator.tracking.logged_model import downloaded

        uri = Execution(workspace=workspace, tracking_uri=tracking_uri).tracking
        try:
            with downloaded(model, uri) as folder:
                yield folder, False
        except TrackingError as error:
            raise ConfigError(f"{model} cannot be fetched: {error}") from error
    elif shut(Path(model)) or Path(model).exists():  # whoever reads it tells that it is shut
        yield Path(model), False
    else:
        yield folder_of(model, workspace) / "model", True
