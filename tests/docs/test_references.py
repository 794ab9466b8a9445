"""What the documentation names exists, and what exists is documented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import attrs
import click
import pytest

from fanscore_appsync import wire
from fanscore_appsync.cli.main import main
from fanscore_appsync.fields import FIELDS
from fanscore_appsync.idv_app import OPERATIONS
from fanscore_appsync.local.graphql.limits import Limits
from fanscore_appsync.settings import SETTINGS
from fanscore_core.engine.trace import Fate
from fanscore_core.pipelines.consumers import CONSUMERS
from fanscore_core.policy import DEFAULT_POLICY, reserved_codes
from fanscore_core.signals import SIGNALS
from tests.docs.generated import SYSTEMS
from tests.docs.pages import PAGES, ROOT, blocks, commands, name_of, prose

CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[([^\]\n]*)\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """The file that a relative link names is there, and so is its heading."""
    targets = [target for _, target in LINK.findall(prose(page))]
    assert [target for target in targets if not leads_somewhere(page, target)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_linked_names_are_defined_where_the_link_leads(page: Path) -> None:
    """Where the text of a link to a module is a name, the module defines that name."""
    links = [(text.strip("`"), page.parent / target) for text, target in LINK.findall(prose(page))]
    named = [(name, path) for name, path in links if path.suffix == ".py" and name != path.name]
    assert [name for name, path in named if not defines(path, name)] == []


def test_commands_of_make_exist() -> None:
    """Every command of make that a page names has its target."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    shown = [each.command for page in PAGES for block in blocks(page) for each in commands(block)]
    written = [code for page in PAGES for code in CODE.findall(prose(page))]
    asked = {line.split()[1] for line in (*shown, *written) if line.startswith("make ")}
    assert asked
    assert asked <= targets


def test_what_make_test_leaves_out_is_run_by_another_target() -> None:
    """A file that only the full tests collect is named in the Makefile, or its folder is."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    left_out = [
        conftest.parent / name
        for conftest in ROOT.glob("tests/*/conftest.py")
        for name in re.findall(r'"(test_\w+\.py)"', conftest.read_text(encoding="utf-8"))
    ]
    run = set(re.findall(r"\btest_\w+\.py|(?<=pytest tests/)\w+$", makefile, re.MULTILINE))
    assert left_out
    assert [test for test in left_out if not {test.name, test.parent.name} & run] == []


def names() -> Iterator[str]:
    """Give every name that a user may meet, and so may look for."""
    yield from FIELDS
    yield from (step.name for field in FIELDS.values() for step in field.pipeline.steps)
    yield from (step.name for each in OPERATIONS.values() for step in each.pipeline.steps)
    yield from (step.name for consumer in CONSUMERS.values() for step in consumer.steps)
    yield from options(main)
    for module in sorted((ROOT / "src").rglob("*.py")):
        yield from re.findall("FANSCORE_[A-Z_]+", module.read_text(encoding="utf-8"))
    yield from (setting.variable for setting in SETTINGS)
    yield from re.findall('"([A-Z_]+)"', Path(wire.__file__).read_text(encoding="utf-8"))
    policy = DEFAULT_POLICY
    yield from (band.code for signal in SIGNALS for band in policy.of(signal).bands)
    yield from (fate.value for fate in Fate)
    yield from (limit.name for limit in attrs.fields(Limits))
    yield from reserved_codes(policy.signals)
    yield from SYSTEMS.values()


def options(command: click.Command) -> Iterator[str]:
    """Give the options of a command and of those below it."""
    for option in command.params:
        if isinstance(option, click.Option):
            yield from option.opts
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from options(below)


@pytest.mark.parametrize("name", sorted(set(names())))
def test_names_are_documented(name: str) -> None:
    """Each field, step, option, variable, limit, code, reason, fate and system is on a page."""
    assert name in documented()


@cache
def documented() -> frozenset[str]:
    """Give every code of the pages, and every word of each."""
    codes = [code for page in PAGES for code in CODE.findall(prose(page))]
    return frozenset(codes).union(*(code.split() for code in codes))


def leads_somewhere(page: Path, target: str) -> bool:
    """Whether a link leads to a file of the repository, and to a heading of it if it names one."""
    if target.startswith("https://"):
        return True
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    return file.exists() and (not anchor or anchor in anchors(file))


def anchors(page: Path) -> list[str]:
    """Give what links to the headings of a page may name, as GitHub makes it."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]


def defines(module: Path, name: str) -> bool:
    """Whether a module defines a class, a function, a method or a value of its own."""
    source = module.read_text(encoding="utf-8")
    return re.search(rf"(?:def|class) {name}\b|^{name}\b", source, re.MULTILINE) is not None
