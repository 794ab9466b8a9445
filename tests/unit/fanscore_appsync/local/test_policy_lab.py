from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from fanscore_adapters.documents.findings import read_findings
from fanscore_adapters.documents.policy import policy_book_text, policy_text
from fanscore_adapters.documents.policy_diff import diff_document
from fanscore_adapters.embedded.plausible_fans import plausible_findings
from fanscore_appsync.api import API
from fanscore_appsync.diff_report.page import page
from fanscore_appsync.diff_report.sections import sections
from fanscore_appsync.local.http.serving import Options, make_gateway
from fanscore_appsync.local.policy_lab import PEOPLE, SEED, PolicyLab
from fanscore_appsync.settings import Settings
from fanscore_core.errors import InvalidInput
from fanscore_core.findings import Finding
from fanscore_core.ids import EventId
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, SignalStep
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.policy_book import PolicyBook
from fanscore_core.policy_diff import diff
from fanscore_core.signals import Band, Missing, Signal, SignalPolicy
from tests.patience import AMPLE_S

SIZE = Signal(
    "size",
    "Size",
    "The scale",
    (Missing.UNAVAILABLE,),
    SignalPolicy(-2, (Band(0, "SIZE_SMALL", Decimal("1.50")), Band(7, "SIZE_LARGE"))),
)
KINDER = attrs.evolve(DEFAULT_POLICY, version="kinder", no_history_raw_score=60)


async def _measure(_args: AccountFanscoreArgs) -> Finding:
    return Decimal("1.50000000000000000000000001")


OWN = API.extended_by(signals=[SignalStep(SIZE, _measure)])


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., PolicyLab]]:
    """Give what opens the lab of a gateway on loopback."""
    with ExitStack() as closing:

        def open_lab(settings: Settings | None = None, **options: object) -> PolicyLab:
            local = Options("127.0.0.1", 0, settings or Settings(), folder=str(tmp_path / "keys"))
            gateway = make_gateway(attrs.evolve(local, **options), closing)  # type: ignore[arg-type]  # by name
            lab = gateway.development.lab
            assert lab is not None
            return lab

        yield open_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyLab]:
    """Give the lab of a gateway with the shipped policy, for the tests that only ask it."""
    folder = tmp_path_factory.mktemp("keys")
    with ExitStack() as closing:
        options = Options("127.0.0.1", 0, Settings(), folder=str(folder))
        one = make_gateway(options, closing).development.lab
        assert one is not None
        yield one


def changed(policy: ScorePolicy = DEFAULT_POLICY, version: str = "trial-1") -> str:
    """Write a policy in which a low ARM risk is worth 8, under a version."""
    text = policy_text(attrs.evolve(policy, version=version))
    return text.replace('"points": 5,', '"points": 8,')


def test_the_live_policies(opened: Callable[..., PolicyLab], tmp_path: Path) -> None:
    """Every policy of the book is there, by the event that it is for, bounds as exact text."""
    path = tmp_path / "book.json"
    path.write_text(policy_book_text(PolicyBook(DEFAULT_POLICY, {EventId("evt456"): KINDER})))
    policies = opened(Settings(policy=str(path))).policies()["policies"]
    assert isinstance(policies, list)
    assert [(each["event"], each["digest"], each["text"]) for each in policies] == [
        (None, DEFAULT_POLICY.digest, policy_text(DEFAULT_POLICY)),
        ("evt456", KINDER.digest, policy_text(KINDER)),
    ]
    assert policies[1]["policy"] == {
        "version": "kinder",
        "range": (0, 100),
        "no_history_raw_score": 60,
        "signals": {
            "arm": {
                "unavailable": 0,
                "bands": [
                    {"below": "3", "points": 5, "code": "ARM_LOW_RISK"},
                    {"below": "6", "points": 0, "code": "ARM_MEDIUM_RISK"},
                    {"below": None, "points": -15, "code": "ARM_HIGH_RISK"},
                ],
            },
            "event": {
                "unavailable": 0,
                "bands": [
                    {"below": "1", "points": 0, "code": "EVENT_NO_DEMAND"},
                    {"below": "2", "points": 4, "code": "EVENT_DEMAND"},
                    {"below": None, "points": 6, "code": "EVENT_STRONG_DEMAND"},
                ],
            },
            "model": {
                "unavailable": 0,
                "bands": [
                    {"below": "0.2", "points": 3, "code": "MODEL_LIKELY_HUMAN"},
                    {"below": "0.8", "points": 0, "code": "MODEL_UNSURE"},
                    {"below": None, "points": -40, "code": "MODEL_LIKELY_BOT"},
                ],
            },
        },
    }


def test_the_sample(lab: PolicyLab, tmp_path: Path) -> None:
    """The made-up fans are those of the generator, in lines that the loader reads."""
    path = tmp_path / "findings.jsonl"
    path.write_text(lab.sample())
    with path.open("rb") as file:
        found = [line.findings for line in read_findings(file)]
    assert found == list(plausible_findings(PEOPLE, SEED))


def test_findings(lab: PolicyLab) -> None:
    """What is known of a fan is there in full; where no score is decided, the API's error is."""
    assert lab.findings("user123", "evt456", AMPLE_S) == {
        "findings": {
            "origin": "ACCOUNT_SCORE",
            "raw": "75",
            "signals": {"arm": "2", "event": "1", "model": "0.05"},
        }
    }
    assert lab.findings("nobody-yet", None, AMPLE_S) == {
        "findings": {
            "origin": "NO_HISTORY",
            "signals": {"arm": "NO_SCORE", "event": "NOT_ASKED", "model": "NO_VERDICT"},
        }
    }
    error = lab.findings("", None, AMPLE_S)["error"]
    assert isinstance(error, dict)
    assert error["errorInfo"]["code"] == "INVALID_ID"


def test_a_signal_of_ones_own(opened: Callable[..., PolicyLab]) -> None:
    """It is found, described, and part of each policy, exactly."""
    lab = opened(api=OWN)
    found = lab.findings("user123", "evt456", AMPLE_S)["findings"]
    assert isinstance(found, dict)
    assert found["signals"]["size"] == "1.50000000000000000000000001"
    signals = lab.policies()["signals"]
    assert isinstance(signals, list)
    assert signals[-1] == {"name": "size", "valueName": "Size", "asked": "The scale"}
    policy = lab.check(policy_text(OWN.default_policy))["policy"]
    assert isinstance(policy, dict)
    assert policy["signals"]["size"]["bands"][0]["below"] == "1.5"
    report = lab.diff(None, changed(OWN.default_policy))["report"]
    assert isinstance(report, dict)
    assert report["figures"]["up.people"] == 424


@pytest.mark.parametrize(
    ("old", "new", "where", "problem"),
    [
        ('"below": 6', '"below": 2', "policy.arm.bands[1].below", "expected more than 3"),
        ('"points": 8', '"points": 8.5', "policy.arm.bands[0].points", "expected an integer"),
        ('"below": 6', '"below": ""', "policy.arm.bands[1].below", "expected a number"),
        ("[0, 100]", "[100, 0]", "policy.range", "expected the least score, then the greatest"),
        ('"trial-1"', '""', "policy.version", "expected a name"),
        ("}", "", "$", "not JSON: "),
    ],
)
def test_a_mistake(lab: PolicyLab, old: str, new: str, where: str, problem: str) -> None:
    """It is the loader's, with its path, whatever is done with the policy."""
    text = changed().replace(old, new, 1)
    for answer in (lab.check(text), lab.diff(None, text)):
        mistake = answer["mistake"]
        assert isinstance(mistake, dict)
        assert mistake["where"] == where
        assert mistake["problem"].startswith(problem)
    with pytest.raises(InvalidInput) as caught:
        lab.report(None, text)
    assert caught.value.where == where


def test_a_policy_that_may_be(lab: PolicyLab) -> None:
    """It is written as the loader's writer writes it, so that an export is what it reads."""
    read = lab.check(json.dumps(json.loads(changed())).replace("0.2", "20e-2"))
    assert (read["text"], read["taken"]) == (changed(), None)


def test_a_version_that_is_taken(lab: PolicyLab) -> None:
    """An edited policy needs a version of its own before it is exported or compared."""
    problem = 'the live policy of version "2026-11-01" is another'
    assert lab.check(changed(version="2026-11-01"))["taken"] == problem
    assert lab.diff(None, changed(version="2026-11-01")) == {
        "mistake": {"where": "policy.version", "problem": problem}
    }
    assert lab.check(policy_text(DEFAULT_POLICY))["taken"] is None


def test_the_diff(opened: Callable[..., PolicyLab], tmp_path: Path) -> None:
    """It is the core's, from the policy of the event that is chosen, and the page says the same."""
    path = tmp_path / "book.json"
    path.write_text(policy_book_text(PolicyBook(DEFAULT_POLICY, {EventId("evt456"): KINDER})))
    lab = opened(Settings(policy=str(path)))
    for event, old in ((None, DEFAULT_POLICY), ("evt456", KINDER)):
        new = attrs.evolve(DEFAULT_POLICY, version="trial-1", no_history_raw_score=40)
        expected = diff(old, new, plausible_findings(PEOPLE, SEED))
        assert lab.diff(event, policy_text(new)) == {"report": diff_document(expected)}
        assert lab.report(event, policy_text(new)) == page(sections(expected))
