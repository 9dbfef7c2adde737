"""The folder of one sweep: what it was asked for, so that it is only ever continued as the same sweep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.config import ConfigError
from preprocessing.schema import write_atomically


@dataclass(frozen=True)
class SweepFolder:
    path: Path

    @classmethod
    def open(cls, path: Path, definition: Mapping[str, Any], *, resume: bool) -> SweepFolder:
        """Claim a new folder, or open an existing one to resume.

        Raises ConfigError when the name is taken and resume was not asked for, when there is nothing to resume, or when the
        definition differs: the message names each differing key with both values.
        """
        file = path / "sweep.json"
        if file.is_file() and not resume:
            raise ConfigError(f"sweep {path.name!r} exists ({path}); continue it with --resume, or choose another --name")
        if resume and not file.is_file():
            raise ConfigError(f"there is no sweep {path.name!r} in {path.parent} to resume; leave --resume out to start it")
        if resume:
            try:
                held = json.loads(file.read_text())
            except json.JSONDecodeError as error:
                raise ConfigError(
                    f"{file} does not read ({error}); choose another --name: finished folds are found there too"
                ) from error
            differ = [f"{k}: was {held.get(k)!r}, now {v!r}" for k, v in definition.items() if held.get(k) != v]
            if differ:
                raise ConfigError(f"sweep {path.name!r} was started differently, so it cannot be resumed: {'; '.join(differ)}")
            return cls(path)
        path.mkdir(parents=True, exist_ok=True)
        write_atomically(file, lambda temporary: temporary.write_text(json.dumps(dict(definition), indent=2) + "\n"))
        return cls(path)
