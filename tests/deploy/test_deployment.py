from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest

from deploy.own import Own
from deploy.resolvers import TEMPLATE, Deployment, deployment_of, main, refreshed
from fanscore_adapters.documents.proxies import ProxyCall
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Item, Lookup, PrefixRead, Table
from fanscore_appsync import API
from fanscore_core.engine.question import Question
from fanscore_core.systems import DEMAND, VERIFICATION


@attrs.frozen
class Points(Question[int]):
    """A question to a table of one's own."""


@attrs.frozen
class Checks(Question[int]):
    """A question to one of the four tables that ours do not ask of it."""


@attrs.frozen
class Shows(Question[int]):
    """A question to a function of one's own."""


def _count(_items: Sequence[Item] | Item | None) -> int:
    return 0


PRESALE = API.extended_by(
    schema="extend type VFApi { presale(campaignId: ID!): Campaign }",
    fields={"VFApi.presale": API.fields["VFApi.campaign"]},
    tables=[Table("loyalty_table", fan_key=lambda fan: f"fan:{fan}"), Table("idle_table", None)],
    answers=[
        Lookup(Points, "loyalty_table", key=lambda _: Key("fan:a", "points"), make=_count),
        PrefixRead(Checks, VERIFICATION, key=lambda _: Key("fan:a", ""), make=_count),
        ProxyCall(Shows, "crm_proxy", "shows", lambda _: {}, lambda _: 0),
    ],
)
"""An API with a table, a read of one of ours and a function of its own."""

NAME = f"{__name__}:PRESALE"


def test_a_deployment_is_read_from_the_api() -> None:
    """It has the fields and the schema, and of the answers only what is the API's own."""
    assert deployment_of(NAME, ["PARTNER_URL"]) == Deployment(
        schema=PRESALE.sdl(),
        fields=PRESALE.fields,
        namespaces=PRESALE.namespaces,
        own=Own(
            api=NAME,
            tables={
                "loyalty_table": frozenset({"dynamodb:BatchGetItem"}),
                "idle_table": frozenset(),
            },
            shared={VERIFICATION: frozenset({"dynamodb:Query"})},
            functions=("crm_proxy",),
            settings=["PARTNER_URL"],
        ),
    )


def test_our_api_adds_nothing() -> None:
    """Read by its name, fanscore's own API has no table, function or declaration of one's own."""
    assert deployment_of("fanscore_appsync.api:API").own == Own(
        api="fanscore_appsync.api:API", functions=()
    )
    assert DEMAND not in deployment_of("fanscore_appsync.api:API").own.shared


def test_a_template_is_written_beside_ours(tmp_path: Path) -> None:
    """The template of an API goes where it is wanted, and the shipped one stays as it is."""
    before = TEMPLATE.read_text(encoding="utf-8")
    path = tmp_path / "presale.yaml"
    main(["--api", NAME, "--output", str(path)])
    assert path.read_text(encoding="utf-8") == refreshed(before, deployment_of(NAME))
    assert TEMPLATE.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--api presale.api:PRESALE", "--api and --output go together"),
        ("--output x.yaml", "--api and --output go together"),
        ("--setting A", "--api and --output go together"),
        ("--api presale --output x.yaml", "--api: expected module:NAME"),
        ("--api os:path --output x.yaml", "--api: os:path is no Api"),
        (f"--api {NAME} --output x.yaml --setting AWS_REGION", "'AWS_REGION' cannot be such"),
    ],
)
def test_mistakes(
    line: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What cannot be meant is refused in words, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"^2$"):
        main(line.split())
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
