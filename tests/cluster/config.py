"""python -m tests.cluster.config FILE WORK HEAD WORKER...: cluster.onprem.yaml as a lab would have edited it
for the hosts of run.sh."""

import sys
from pathlib import Path

import yaml


def edited(text: str, work: Path, head: str, workers: list[str]) -> dict:
    """Only what is marked EDIT in the file is changed: addresses, user, key, and where the shared folder
    lies."""
    config = yaml.safe_load(text.replace("/nfs/", f"{work}/nfs/"))
    config["provider"] |= {"head_ip": head, "worker_ips": workers}
    config["auth"] |= {"ssh_user": "root", "ssh_private_key": str(work / "key")}
    return config


if __name__ == "__main__":
    file, work, head, *workers = sys.argv[1:]
    yaml.safe_dump(edited(Path(file).read_text(), Path(work), head, workers), sys.stdout, width=10_000)
