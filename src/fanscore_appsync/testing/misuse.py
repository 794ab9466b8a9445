"""What a test does wrong with the test kit."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class KitMisuse(ValueError):
    """A test asks for what AppSync would never send, or looks for what is not there.

    Attributes:
        where: what is wrong.
        problem: what is wrong with it.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


class ExtraMissing(ImportError):
    """A part of the test kit needs a package that is not installed."""

    def __init__(self, module: str | None) -> None:
        """Say what to install.

        Args:
            module: that is missing, of the package.
        """
        super().__init__(
            f"{str(module).partition('.')[0]} is not installed; GraphQL needs the extra `gateway`: "
            "pip install 'fanscore[gateway]'"
        )


def unknown(where: str, name: str, what: str, known: Iterable[str]) -> KitMisuse:
    """Make the error of a name that is not among those that are known, and name the closest.

    Args:
        where: the name stands, itself included.
        name: that is not known.
        what: the known ones are, such as ``field``.
        known: the names to choose from.
    """
    closest = get_close_matches(name, list(known), 1)
    hint = f"; did you mean {closest[0]}?" if closest else ""
    return KitMisuse(where, f"no such {what}{hint}")
