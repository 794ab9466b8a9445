"""Faces of packages: names to import from one place, each loaded when it is first asked for.

Importing any module of a package runs the package's ``__init__``, so that a face which imported
what it shows would load all of it for everybody (PEP 562).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def lazy_face(
    package: str, homes: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make the ``__getattr__`` and ``__dir__`` of a package's ``__init__``.

    Args:
        package: the package's name.
        homes: for each module, by its name within the package, the names that it defines.
    """
    home_of = {name: f"{package}.{module}" for module, names in homes.items() for name in names}

    def __getattr__(name: str) -> object:  # noqa: N807  # PEP 562
        if name not in home_of:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message, name=name)
        return getattr(import_module(home_of[name]), name)

    def __dir__() -> list[str]:  # noqa: N807  # PEP 562
        return sorted(home_of)

    return __getattr__, __dir__
