"""The cluster files and their tutorial: valid for Ray, closed, without secrets, of the lock's versions, with
commands that exist."""

import re
import shlex
import subprocess
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import typer
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

from orchestrator.workspace.store import FoldStore
from tests.cluster.compare import apart, differences
from tests.cluster.config import edited
from tests.orchestrator.selection.records_by_hand import record

ROOT = Path(__file__).parent.parent
FILES = ("cluster.yaml", "cluster.onprem.yaml")
TEXTS = (*FILES, "docs/tutorials/cluster.md")
LOCK = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line)
PINNED_HERE = {"boto3", "psycopg2-binary"}  # the head on AWS alone needs them


def text(name: str) -> str:
    return (ROOT / name).read_text()


@pytest.mark.parametrize("name", FILES)
def test_ray_takes_the_file(name):
    validate_config(prepare_config(yaml.safe_load(text(name))))


@pytest.mark.parametrize("name", FILES)
def test_every_port_answers_to_the_token_or_listens_on_loopback(name):
    config = yaml.safe_load(text(name))
    commands = [command for key, value in config.items() if key.endswith("commands") for command in value]
    starts = [command for command in commands if "ray start" in command]
    assert len(starts) == 2 and all(
        command.startswith("RAY_AUTH_MODE=token ray start ") for command in starts
    )
    assert config["file_mounts"]["~/.ray/auth_token"] == "~/.ray/auth_token"
    assert "chmod 600 ~/.ray/auth_token" in config["setup_commands"]
    assert "umask 077; ray get-auth-token --generate > /dev/null" in text(name)
    assert "--dashboard-host=127.0.0.1" in starts[0]
    assert all("--host 127.0.0.1" in command for command in commands if "mlflow server" in command)
    assert "SecurityGroup" not in text(name) and "IpPermissions" not in text(name)  # Ray's own: ssh alone


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_is_open_to_all_addresses_and_nothing_is_secret(name):
    assert "0.0.0.0" not in text(name)
    secret = (
        r"AKIA[0-9A-Z]{16}|aws_(secret|access)|BEGIN [A-Z ]*PRIVATE "
        r"KEY|://[^/\s]*:[^/\s]*@|\b[0-9a-f]{32,}\b|PASSWORD '(?!%s')"
    )
    assert not re.search(secret, text(name), re.IGNORECASE)


@pytest.mark.parametrize("name", TEXTS)
def test_versions_are_those_of_the_lock(name):
    pins = re.findall(r"\b([\w.-]+)==([\w.]+)", text(name))
    pins += [
        ("ray", version) for version in re.findall(r"(?:rayVersion: |rayproject/ray:)([\d.]+)", text(name))
    ]
    for package, version in pins:
        if package not in PINNED_HERE:
            assert LOCK.get(package) == version, (
                f"{name}: {package}=={version}, the lock has {LOCK.get(package)}"
            )
    assert all(len({version for package, version in pins if package == one}) <= 1 for one in PINNED_HERE)
    for line in re.findall(r"python -m pip install.*", text(name)):
        assert "--constraint constraints.txt" in line


def commands(name: str) -> list[list[str]]:
    """Words of every command line of ours, from `python -m` to its end; a line's closing quote, backtick or
    bracket is not part of it."""
    found = re.findall(
        r"python -m ((?:orchestrator|preprocessing)\b[^'`)\n]*)", text(name).replace("\\\n", " ")
    )
    return [shlex.split(words) for words in found]


@pytest.mark.parametrize("name", TEXTS)
def test_commands_have_the_options_that_they_name(name):
    found = commands(name)
    assert any(words[0] == "orchestrator.sweep" for words in found)
    for module, *words in found:
        command = typer.main.get_command(
            import_module(f"{module}.__main__" if module == "preprocessing" else module).app
        )
        if hasattr(command, "commands"):
            command, words = command.commands[words[0]], words[1:]
        command.make_context(module, words)  # raises NoSuchOption and the like; runs nothing


def test_what_a_user_edits_is_marked():
    lines = [line for line in text("cluster.onprem.yaml").splitlines() if not line.startswith("#")]
    before = yaml.safe_load(text("cluster.onprem.yaml"))
    after = edited(text("cluster.onprem.yaml"), Path("/elsewhere"), "h", ["w"])
    for key in ("provider", "auth"):
        for name in before[key]:
            if before[key][name] != after[key][name]:
                assert any(line.strip().startswith(f"{name}:") and "# EDIT" in line for line in lines), name
    assert {key for key in before if before[key] != after[key]} == {"provider", "auth", "setup_commands"}
    assert all("# EDIT" in line for line in lines if "/nfs/" in line)
    for value in ("region", "IamInstanceProfile", "BUCKET"):
        assert all(
            "# EDIT" in line
            for line in text("cluster.yaml").splitlines()
            if value in line and not line.lstrip().startswith("#")
        )


def test_scripts_are_bash_and_manifests_yaml():
    blocks = re.findall(r"```(bash|yaml)\n(.*?)```", text("docs/tutorials/cluster.md"), re.DOTALL)
    assert len(blocks) == 3
    for kind, block in blocks:
        if kind == "yaml":
            cluster = yaml.safe_load(block)
            assert cluster["kind"] == "RayCluster" and cluster["spec"]["authOptions"] == {"mode": "token"}
        else:
            subprocess.run(["bash", "-n"], input=block, text=True, check=True)
    subprocess.run(["bash", "-n", str(ROOT / "tests" / "cluster" / "run.sh")], check=True)


def test_one_bit_of_one_fold_is_a_difference(tmp_path):
    here, there = FoldStore(tmp_path / "cluster"), FoldStore(tmp_path / "inline")
    held = replace(
        record("s1", [[0, 1], [1, 1]], [[1], [0]], truth=[1], loss=[0.5, np.nan]), job_id="0a1b2c3d" * 3
    )
    here.save(held)
    assert differences(here.root, there.root) == [f"job {held.job_id} is in one folder only"]
    there.save(replace(held, seconds=held.seconds + 1))
    assert differences(here.root, there.root) == []
    held.test_probs.reshape(-1).view(np.uint8)[0] ^= 1
    there.save(held)
    assert differences(here.root, there.root) == [f"job {held.job_id}: test_probs differs"]


def test_summaries_may_differ_in_seconds_alone():
    one = {"name": "one", "timing": {"wall_s": 1.0}, "trials": [{"trial": 0, "seconds": 1.0, "folds": 6}]}
    slower = one | {"timing": {"wall_s": 9.0}, "trials": [{"trial": 0, "seconds": 9.0, "folds": 6}]}
    assert apart(one, slower) == []
    lacks = slower | {"trials": [{"trial": 0, "seconds": 9.0, "folds": 5}], "seeds": 1}
    assert apart(one, lacks) == ["seeds", "trials"]
