"""An address that MLflow can never take is refused before anything runs, with what is to be written."""

import sys

import pytest

from orchestrator import Execution, Experiment, run
from orchestrator.common.errors import ConfigError
from orchestrator.tracking.address import file_of

SERVER = r"a server is written http://HOST:PORT"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("htp://x", "unknown scheme 'htp'; did you mean 'http'.*known: databricks, .*sqlite"),
        ("sqllite:///x.db", "did you mean 'sqlite'"),
        ("postgres://h/db", "did you mean 'postgresql'"),
        ("s3://bucket/runs", "unknown scheme 's3'"),
        ("sqlite:/x.db", "sqlite:////x.db$"),
        ("sqlite:x.db", "sqlite:///x.db$"),
        ("sqlite://x.db", "sqlite:///x.db$"),
        ("sqlite:///:memory:", "gone with this process"),
        ("sqlite:///", "gone with this process"),
        ("sqlite:", "gone with this process"),
        ("http:/host", SERVER),
        ("http://:5000", SERVER),
        ("http://host:99999", SERVER),
        ("http://[::1", SERVER),
        ("http//host:5000", "a colon is missing behind http"),
        ("localhost:5000", "http://localhost:5000$"),
        ("postgresql:/host/db", "postgresql://USER@HOST/DATABASE"),
        ("databricks-uc", "write databricks"),
        ("http:/anna:s3cret@host", r"http:/\*\*\*@host: a server"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused_as_it_is_given(said, told):
    with pytest.raises(ConfigError, match=told):
        Execution(tracking_uri=said)


def test_what_may_be_one_is_taken_and_an_sqlite_file_has_no_options_in_its_name(monkeypatch):
    assert Execution(tracking_uri=" HTTP://Host:5000/a:b ").tracking == "http://Host:5000/a:b"
    for one in ("https://[::1]:5000", "databricks://mine", "mysql+pymysql://u:p@w@h/db", "sqlite:////x y.db"):
        assert Execution(tracking_uri=one).tracking == one
    assert str(file_of("sqlite+pysqlite:////x.db?timeout=9")) == "/x.db"
    assert file_of("http://host") is file_of("sqlite:///:memory:") is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "mysql+pymysql://anna:s3cret@h/db",
            r"mysql\+pymysql://\*\*\*@h/db: its driver pymysql .*pip install",
        ),
        ("postgresql+psycopg2://h/db", "pip install psycopg2-binary"),
        ("postgresql+asyncpg://h/db", "asynchronous"),
        ("mysql+foo://h/db", "mysql.foo"),
        ("postgresql://h:x/db", "port"),
        ("sqlite:////", "is a folder"),
    ],
)
def test_what_this_machine_cannot_write_to_is_refused_before_the_corpus_is_looked_for(
    said, told, monkeypatch
):
    for driver in ("pymysql", "psycopg2"):
        monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(ConfigError, match=told):
        run(Experiment("stag", corpora=[("manifest", "/nowhere")]), Execution(tracking_uri=said))
