"""Names from the command line never leave their folder, and a password in an address is never shown."""

import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.common.names import redacted, safe_name


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "a b", "x" * 101, "a\n"])
def test_a_name_that_could_be_a_path_is_refused(name):
    with pytest.raises(ConfigError):
        safe_name(name)


def test_what_may_be_a_name_stays_as_it_is():
    assert safe_name("stag-casme2.v2_1") == "stag-casme2.v2_1"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:secret@mlflow.lab/x", "https://***@mlflow.lab/x"),
        ("http://me:s@cret@mlflow.lab", "http://***@mlflow.lab"),
        ("postgresql://u:p@h:5432/db", "postgresql://***@h:5432/db"),
        ("sqlite:///workspace/mlflow.db", "sqlite:///workspace/mlflow.db"),
        ("https://mlflow.lab/@home", "https://mlflow.lab/@home"),
        ("postgresql://me:sl/a@sh@h/db", "postgresql://***@h/db"),
        ("postgresql://h/db?user=me&password=hunter2", "postgresql://h/db?user=me&password=***"),
        ("(http://h/x?Access_Token=a1&b=2) failed", "(http://h/x?Access_Token=***&b=2) failed"),
        ("sqlite:////home/me@lab/mlflow.db", "sqlite:////home/me@lab/mlflow.db"),
    ],
)
def test_a_password_is_not_shown(address, shown):
    assert redacted(address) == shown
