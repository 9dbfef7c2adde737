"""The address of MLflow as it is written: one that MLflow can never take is refused before anything runs.

A server or database that does not answer is another matter: what it lacks is kept, and sent later.
"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

from orchestrator.common.errors import ConfigError, nearest
from orchestrator.common.names import redacted
from preprocessing.pasted import OF_MLFLOW
from preprocessing.regular import not_regular, shut

SERVERS = ("http", "https")
PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}  # of databases, where an address names none
DATABASES = ("sqlite", *PORTS)
OF_MODELS = ("databricks-uc", "uc")  # MLflow keeps models there, and no runs
PLUGINS = "mlflow.tracking_store"  # installed packages name further schemes there, as "arn" of SageMaker
# module of a driver -> what pip calls it, where that is another name
BRINGS = {
    "MySQLdb": "mysqlclient (or write mysql+pymysql://... and pip install pymysql)",
    "mysql": "mysql-connector-python",
    "psycopg": "'psycopg[binary]'",
    "psycopg2": "psycopg2-binary",
}


def file_of(uri: str) -> Path | None:
    """The file of ``sqlite:///FILE?options``, None for another address."""
    found = re.match(r"sqlite(?:\+pysqlite)?:///([^?]+)", uri)
    return Path(found[1]) if found and found[1] != ":memory:" else None


def checked(address: str) -> str:
    """The address, its scheme in lower case. Raises ConfigError where its scheme is none of MLflow's, or what
    stands behind the scheme lacks slashes, host or file. A path without a scheme is given back as it is."""
    text = address.strip()
    if why := _wrong_path(text):
        raise ConfigError(f"--tracking-uri {_shown(text)}: {why}")
    word, colon, rest = text.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]+", word):
        return text
    scheme = word.lower()
    if why := _wrong(scheme, rest):
        raise ConfigError(f"--tracking-uri {_shown(text)}: {why}")
    return f"{scheme}:{rest}"


def _wrong_path(text: str) -> str:
    """Why what has no colon behind its first word is meant as an address; "" if it may be a path."""
    if text in OF_MODELS:
        return f"MLflow keeps models there, and no runs; write {OF_MLFLOW}"
    if found := re.match(rf"({'|'.join((*SERVERS, *DATABASES))})//", text, re.IGNORECASE):
        return f"a colon is missing behind {found[1]}"
    return ""


def _wrong(scheme: str, rest: str) -> str:
    """Why ``scheme:rest`` is no address of MLflow; "" if it may be one."""
    kind, plus, driver = scheme.partition("+")
    if scheme in SERVERS:
        return _wrong_server(scheme, rest)
    if kind == "sqlite" and (not plus or driver == "pysqlite"):
        return _wrong_file(scheme, rest)
    if kind in PORTS:
        right = re.match("//.", rest) and "+" not in driver and bool(plus) == bool(driver)
        return "" if right else f"write {kind}://USER@HOST/DATABASE"
    further = {one.name for one in metadata.entry_points(group=PLUGINS)}
    if scheme in (OF_MLFLOW, "file") or scheme in further:  # databricks://PROFILE, too
        return ""
    if re.match(r"\d{1,5}(/|$)", rest):
        return f"an address begins with its scheme: http://{scheme}:{rest}"
    known = (*SERVERS, *DATABASES, OF_MLFLOW, *sorted(further - {""}))
    return nearest(scheme, known, "scheme")


def _wrong_server(scheme: str, rest: str) -> str:
    try:
        split = urlsplit(f"{scheme}:{rest}")
        right = bool(split.hostname) and (split.port is None or split.port > 0)
    except ValueError:  # a port that is no number from 0 to 65535, a bracket that is not closed
        right = False
    return "" if right else f"a server is written {scheme}://HOST:PORT, the port a number up to 65535"


def _wrong_file(scheme: str, rest: str) -> str:
    path = rest.partition("?")[0]
    if path in ("", "/", "//", "///", "///:memory:"):
        return f"runs would be gone with this process; name a file: {scheme}:///FILE"
    if path.startswith("///"):
        return ""
    meant = path if not path.startswith("//") else path[2:]
    return f"an SQLite file has three slashes before it: {scheme}:///{meant}"


def _shown(text: str) -> str:
    """Without a password, also where the slashes by which one is known are what is wrong."""
    return redacted(text) if "://" in text else re.sub(r"[^/\s]*@", "***@", text)


def ready(address: str) -> None:
    """Raises ConfigError where this machine can never write to MLflow there: a database's driver is not
    installed, or a folder, a pipe or a device is at the place of an SQLite file."""
    if file := file_of(address):
        if file.is_dir():
            raise ConfigError(f"--tracking-uri {address}: {file} is a folder; name a file in it")
        if why := not_regular(file) or shut(file):  # SQLite would wait for a pipe
            raise ConfigError(f"--tracking-uri {address}: {why}; name another")
    elif address.startswith(DATABASES) and (why := driver_lacking(address)):
        raise ConfigError(f"--tracking-uri {redacted(address)}: {why}")


def driver_lacking(address: str) -> str:
    """What to install, or to write, where this machine has no driver for a database's address; else ""."""
    from sqlalchemy import make_url  # 0.3 s: only who has a database's address pays it
    from sqlalchemy.exc import ArgumentError

    try:
        dialect = make_url(address).get_dialect()
        if dialect.is_async:
            return f"{dialect.driver} is a driver for asynchronous programs, and MLflow is none; leave it out"
        dialect.import_dbapi()
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        return f"its driver {module} is not installed: pip install {BRINGS.get(module, module)}"
    except ArgumentError as error:  # of a name without a driver too
        return f"SQLAlchemy, which MLflow writes with, says: {error}"
    except ValueError:
        return "the port behind the host is no number"
    return ""
