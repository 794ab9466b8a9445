from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module

import pytest

from fanscore_core import ports
from fanscore_core.engine.question import Question
from tests.docs.generated import SYSTEMS

PORTS = [
    import_module(each.name) for each in pkgutil.iter_modules(ports.__path__, f"{ports.__name__}.")
]

QUESTIONS = [
    value
    for module in PORTS
    for value in vars(module).values()
    if inspect.isclass(value)
    and issubclass(value, Question)
    and value.__module__ == module.__name__
    and not value.__subclasses__()  # what others share is not asked itself
]
"""Every question and effect that the ports define."""


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_face_shows_each_question(question: type[Question[object]]) -> None:
    """Each question can be imported from ``fanscore_core.ports``."""
    assert question.__name__ in ports.__all__


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_has_its_system(question: type[Question[object]]) -> None:
    """A table, a service or another party is declared to answer each question."""
    assert question in SYSTEMS
