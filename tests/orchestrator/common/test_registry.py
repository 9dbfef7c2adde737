"""Names that are added: loaded when they are asked for, never taken twice."""

import pytest

from orchestrator.common.registry import Registry


def test_what_is_added_later_is_loaded_when_it_is_asked_for():
    asked = []
    registry = Registry("thing", {"ours": 1})
    registry.add("added", 2)
    registry.add_later("later", lambda: asked.append(1) or 3)
    assert list(registry) == ["ours", "added", "later"] and len(registry) == 3
    assert "later" in registry and "none" not in registry and not asked
    assert [registry["ours"], registry["added"], registry["later"]] == [1, 2, 3] and asked == [1]
    with pytest.raises(KeyError):
        registry["none"]


@pytest.mark.parametrize("name", ["ours", "later"])
def test_a_name_that_is_taken_is_refused_and_keeps_its_meaning(name):
    registry = Registry("thing", {"ours": 1})
    registry.add_later("later", lambda: 3)
    with pytest.raises(ValueError, match=f"there is a thing '{name}' already"):
        registry.add(name, 5)
    assert registry[name] != 5
