from __future__ import annotations

import ast
from pathlib import Path

import fanscore_core
from fanscore_core import systems

SOURCE = Path(fanscore_core.__file__).parents[1]

NAMES = {
    text: name for name, text in vars(systems).items() if name.isupper() and isinstance(text, str)
}
"""The constant of each system."""

_MODULES = {"fanscore_adapters/documents/proxies.py"}
OTHERS = {
    "rekognition": {"fanscore_appsync/wiring/aws.py"},
    "arm_scoring": _MODULES,
    "event_details": _MODULES,
}
"""Where the same text is something else: botocore's name of the service, a module of calls."""


def test_each_system_is_named_once() -> None:
    """The code says a system's name in one place, so that renaming it is one edit."""
    said: dict[str, set[str]] = {}
    modules = (path for path in SOURCE.rglob("*.py") if path.name != "__init__.py")
    for path in modules:  # a face names modules, some of which are named after their system
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node.value in NAMES:
                said.setdefault(node.value, set()).add(path.relative_to(SOURCE).as_posix())
    home = {"fanscore_core/systems.py"}
    assert {name: places - OTHERS.get(name, set()) for name, places in said.items()} == (
        dict.fromkeys(NAMES, home)
    )


def test_tables_and_functions() -> None:
    """Four tables and seven functions, each once; the rest is the bus, LNAA and other parties."""
    assert (len(systems.TABLES), len(systems.FUNCTIONS)) == (4, 7)
    others = ["upsert_user", "lnaa_api", "notification_endpoint", "sync_endpoint", "rekognition"]
    assert [*systems.TABLES, *systems.FUNCTIONS, *others] == list(NAMES)
