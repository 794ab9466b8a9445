from __future__ import annotations

from collections.abc import Mapping

import attrs
import pytest

from fanscore_adapters.aws import lambda_
from fanscore_adapters.items import tables
from fanscore_appsync.setting_row import Backend, Function, ReceiptPlace, Setting
from fanscore_appsync.settings import SETTINGS, AwsSettings, Settings, read_settings, require
from fanscore_core.errors import InvalidInput
from fanscore_core.systems import FUNCTIONS, TABLES


@pytest.mark.parametrize(
    ("environ", "settings"),
    [
        ({}, Settings(Backend.EMBEDDED, ":memory:", None, None, frozenset())),
        ({"PATH": "/bin", "FANSCORE": "x"}, Settings()),
        ({"FANSCORE_BACKEND": "embedded"}, Settings(backend=Backend.EMBEDDED)),
        ({"FANSCORE_DB": "fans.db"}, Settings(database="fans.db")),
        ({"FANSCORE_DB": ":memory:"}, Settings()),
        ({"FANSCORE_POLICY": "policy.json"}, Settings(policy="policy.json")),
        ({"FANSCORE_SHADOW_POLICY": "next.json"}, Settings(shadow_policy="next.json")),
        ({"FANSCORE_RECEIPTS": "table"}, Settings(receipts=frozenset({ReceiptPlace.TABLE}))),
        ({"FANSCORE_RECEIPTS": "log"}, Settings(receipts=frozenset({ReceiptPlace.LOG}))),
        ({"FANSCORE_RECEIPTS": "table,log"}, Settings(receipts=frozenset(ReceiptPlace))),
        ({"FANSCORE_RECEIPT_DAYS": "1"}, Settings(receipt_days=1)),
        ({"FANSCORE_RECEIPT_DAYS": "3650"}, Settings(receipt_days=3650)),
        ({"FANSCORE_SAMPLE": "sample.json"}, Settings(sample="sample.json")),
        ({"FANSCORE_OUTAGES": "a"}, Settings(outages=frozenset({"a"}))),
        ({"FANSCORE_OUTAGES": " a ,b,, a"}, Settings(outages=frozenset({"a", "b"}))),
        ({"FANSCORE_OUTAGES": " , "}, Settings()),
        (
            {
                "FANSCORE_BACKEND": "embedded",
                "FANSCORE_DB": "fans.db",
                "FANSCORE_POLICY": "policy.json",
                "FANSCORE_SAMPLE": "sample.json",
                "FANSCORE_OUTAGES": "arm_scoring",
            },
            Settings(
                Backend.EMBEDDED,
                "fans.db",
                "policy.json",
                "sample.json",
                frozenset({"arm_scoring"}),
            ),
        ),
    ],
)
def test_settings_are_read(environ: Mapping[str, str], settings: Settings) -> None:
    """Each variable sets what is named after it; what is not set has its default."""
    assert read_settings(environ) == settings


@pytest.mark.parametrize(
    "name",
    ["BACKEND", "DB", "POLICY", "SHADOW_POLICY", "SAMPLE", "OUTAGES", "RECEIPTS", "RECEIPT_DAYS"],
)
def test_an_empty_variable_is_as_good_as_none(name: str) -> None:
    """A variable that is set to nothing has its default, as one that is not set."""
    assert read_settings({f"FANSCORE_{name}": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        *(
            ("FANSCORE_RECEIPTS", value, "expected table or log or table,log")
            for value in ("log,table", "table, log", "Table", "none", "table,", "both")
        ),
        *(
            ("FANSCORE_RECEIPT_DAYS", value, "expected a whole number from 1 to 3650")
            for value in ("0", "3651", "-1", "1.5", "01", "\u0661", "99999999999999999999", " 1")
        ),
    ],
)
def test_receipts_are_where_it_is_said(name: str, value: str, problem: str) -> None:
    """A word more or less is refused at start: nobody believes in receipts that are not kept."""
    with pytest.raises(InvalidInput) as raised:
        read_settings({name: value})
    assert str(raised.value) == f"{name}: {problem}"


@pytest.mark.parametrize("backend", ["postgres", "EMBEDDED", " embedded"])
def test_unknown_backends(backend: str) -> None:
    """A backend that there is not is refused, naming the variable and what it may be."""
    with pytest.raises(InvalidInput) as raised:
        read_settings({"FANSCORE_BACKEND": backend})
    assert raised.value.where == "FANSCORE_BACKEND"
    assert raised.value.problem.startswith("expected ")
    assert "embedded" in raised.value.problem


# On AWS

AWS: Mapping[str, str] = {"FANSCORE_BACKEND": "aws", "AWS_REGION": "eu-west-1"}
NAMES = (*TABLES, *FUNCTIONS)


def aws_settings(**variables: str) -> AwsSettings:
    """Read what of AWS is used."""
    settings = read_settings({**AWS, **variables})
    assert (settings.backend, settings.aws is None) == (Backend.AWS, False)
    assert settings.aws is not None
    return settings.aws


def test_aws_needs_a_region_alone() -> None:
    """Tables, functions and bus have the names of the user's document, unless others are given."""
    named, functions = ({name: name for name in names} for names in (TABLES, FUNCTIONS))
    assert aws_settings() == AwsSettings("eu-west-1", named, functions, "default")


def test_names_are_those_of_the_systems() -> None:
    """There is a setting for each table and each function that the adapters ask."""
    assert set(TABLES) == set(tables.OPERATIONS.systems.values())
    assert set(FUNCTIONS) == {call.service for call in lambda_.ALL_CALLS.values()}


@pytest.mark.parametrize("name", NAMES)
def test_names_can_be_set(name: str) -> None:
    """Each table and function may have another name, or an ARN."""
    arn = f"arn:aws:lambda:eu-west-1:111122223333:function:{name}:live"
    aws = aws_settings(**{f"FANSCORE_{name.upper()}": arn})
    assert {**aws.tables, **aws.functions} == {**{each: each for each in NAMES}, name: arn}


def test_what_is_not_of_a_backend_is_left_alone() -> None:
    """Without AWS, nothing of AWS is read; a token is never shown."""
    assert read_settings({"AWS_REGION": "nowhere"}) == Settings()
    assert "secret" not in repr(read_settings({**AWS, "FANSCORE_LNAA_TOKEN": "secret"}))


@pytest.mark.parametrize(
    ("variables", "mistake"),
    [
        ({"AWS_REGION": ""}, "AWS_REGION: expected a region of AWS"),
        ({"AWS_REGION": "Ireland"}, "AWS_REGION: expected a region of AWS"),
        ({"FANSCORE_EVENT_BUS": "my bus"}, "FANSCORE_EVENT_BUS: expected a name or an ARN"),
        ({"FANSCORE_DEMAND_TABLE": "d" * 257}, "FANSCORE_DEMAND_TABLE: expected a name or an ARN"),
        ({"FANSCORE_DB": "fans.db"}, "FANSCORE_DB: has no meaning with FANSCORE_BACKEND=aws"),
        (
            {"AWS_REGION": "x", "FANSCORE_ARM_SCORING": "?", "FANSCORE_OUTAGES": "arm_scoring"},
            (
                "environment: AWS_REGION: expected a region of AWS; "
                "FANSCORE_ARM_SCORING: expected a name or an ARN; "
                "FANSCORE_OUTAGES: has no meaning with FANSCORE_BACKEND=aws"
            ),
        ),
    ],
)
def test_mistakes_are_reported_together(variables: Mapping[str, str], mistake: str) -> None:
    """Every mistake is named with its variable, all of them at once."""
    with pytest.raises(InvalidInput) as refused:
        read_settings({**AWS, **variables})
    assert str(refused.value) == mistake


def test_the_default_region_counts() -> None:
    """The region of the AWS command line counts where Lambda sets none."""
    environ = {"FANSCORE_BACKEND": "aws", "AWS_DEFAULT_REGION": "us-gov-west-1"}
    settings = read_settings(environ)
    assert settings.aws is not None
    assert settings.aws.region == "us-gov-west-1"


def test_what_is_missing_is_reported_with_what_is_wrong() -> None:
    """Mistakes of every kind come at once, so that one start tells them all."""
    environ = {"FANSCORE_BACKEND": "aws", "FANSCORE_SYNC_URL": "nowhere"}
    with pytest.raises(InvalidInput) as refused:
        read_settings(environ, Function.RESOLVER)
    assert str(refused.value) == (
        "environment: AWS_REGION: expected a region of AWS; "
        "FANSCORE_LNAA_URL: needed with FANSCORE_BACKEND=aws; "
        "FANSCORE_LNAA_TOKEN: needed with FANSCORE_BACKEND=aws; "
        "FANSCORE_SYNC_URL: expected an http or https URL"
    )


def test_an_unknown_backend_hides_no_other_mistake() -> None:
    """What is wrong whatever the backend is told beside an unknown backend."""
    with pytest.raises(InvalidInput) as refused:
        read_settings({"FANSCORE_BACKEND": "cloud", "FANSCORE_LNAA_URL": "nowhere"})
    assert str(refused.value) == (
        "environment: FANSCORE_BACKEND: expected embedded or aws; "
        "FANSCORE_LNAA_URL: expected an http or https URL"
    )


def test_elsewhere_nothing_is_needed() -> None:
    """The embedded backend works without any variable."""
    assert read_settings({}, Function.RESOLVER) == Settings()


# The table

VALID: Mapping[str, str] = {
    "FANSCORE_LNAA_URL": "https://lnaa.example.com/v1/",
    "FANSCORE_LNAA_TOKEN": "canary",
    "FANSCORE_NOTIFICATION_URL": "https://notify.example.com",
    "FANSCORE_SYNC_URL": "https://sync.example.com",
    "FANSCORE_SCORES_BUCKET": "our-scores.eu",
}
"""A value for each variable that some function needs."""


def rows(settings: type) -> set[str]:
    """Name the attributes that are read from the environment."""
    fields: tuple[attrs.Attribute[object], ...] = attrs.fields(settings)
    return {each.name for each in fields if each.metadata}


def test_each_attribute_is_read_from_variables_of_its_own() -> None:
    """Every attribute has its row, and no two rows have one variable."""
    assert rows(Settings) == {each.name for each in attrs.fields(Settings)} - {"aws"}
    assert rows(AwsSettings) == {each.name for each in attrs.fields(AwsSettings)}
    variables = [row.variable for row in SETTINGS]
    assert len(set(variables)) == len(variables)


@pytest.mark.parametrize("row", SETTINGS, ids=lambda row: row.variable)
def test_each_row_says_what_holds_without_it(row: Setting[object]) -> None:
    """For each variable, the page can say what it means, and what comes of leaving it out."""
    assert row.meaning
    assert row.default or row.without or row.needed_by


@pytest.mark.parametrize(
    "variable", [row.variable for row in SETTINGS if row.backend is Backend.EMBEDDED]
)
def test_what_is_embedded_has_no_meaning_on_aws(variable: str) -> None:
    """What only the embedded backend reads is refused on AWS, whatever its value."""
    with pytest.raises(InvalidInput) as refused:
        read_settings({**AWS, variable: "x"})
    assert str(refused.value) == f"{variable}: has no meaning with FANSCORE_BACKEND=aws"


@pytest.mark.parametrize("function", Function)
def test_a_function_needs_what_its_rows_say(function: Function) -> None:
    """Each lack of what a function needs on AWS is refused, by the reading and by the wiring."""
    needed = [row.variable for row in SETTINGS if row.needed_by is function]
    for missing in needed:
        environ = {**AWS, **VALID, missing: ""}
        problem = f"{missing}: needed with FANSCORE_BACKEND=aws"
        with pytest.raises(InvalidInput) as refused:
            read_settings(environ, function)
        assert str(refused.value) == problem
        with pytest.raises(InvalidInput) as refused:
            require(read_settings(environ), function)
        assert str(refused.value) == problem
    complete = read_settings({**AWS, **{variable: VALID[variable] for variable in needed}})
    require(complete, function)


def test_secrets_are_not_shown() -> None:
    """A value that is a secret stands in no representation, and in no mistake."""
    secrets = [row.variable for row in SETTINGS if row.is_secret]
    assert secrets == ["FANSCORE_LNAA_TOKEN"]
    for variable in secrets:
        assert "canary" not in repr(read_settings({**AWS, **VALID}))
        with pytest.raises(InvalidInput) as refused:
            read_settings({**AWS, **VALID, variable: "canary canary"})
        assert "canary" not in str(refused.value)


def test_aws_settings_need_a_region() -> None:
    """There is no region that would do without being asked for."""
    with pytest.raises(InvalidInput, match=r"^AWS_REGION: expected a region of AWS$"):
        AwsSettings()


# Who could read what is sent

PLAIN = "expected https; http is for loopback, or for FANSCORE_INSECURE_ENDPOINTS=allow"
PERSONAL = ("FANSCORE_LNAA_URL", "FANSCORE_NOTIFICATION_URL", "FANSCORE_SYNC_URL")
OF_AWS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_EVENTBRIDGE")


@pytest.mark.parametrize("url", ["http://example.com", "HTTP://10.0.0.1:80"])
@pytest.mark.parametrize("variable", [*PERSONAL, *OF_AWS])
def test_nobody_on_the_way_reads_personal_data(variable: str, url: str) -> None:
    """An http URL beyond this machine is refused for all that gets tokens or personal data."""
    with pytest.raises(InvalidInput) as refused:
        read_settings({**AWS, variable: url})
    assert str(refused.value) == f"{variable}: {PLAIN}"
    read_settings({**AWS, variable: url, "FANSCORE_INSECURE_ENDPOINTS": "allow"})


@pytest.mark.parametrize("url", ["https://example.com", "http://127.0.0.1:80", "http://[::1]:80"])
@pytest.mark.parametrize("variable", [*PERSONAL, *OF_AWS])
def test_https_and_loopback_need_no_leave(variable: str, url: str) -> None:
    """Over https, and within this machine, an endpoint may be anywhere."""
    read_settings({**AWS, variable: url})


def test_the_embedded_backend_posts_in_confidence() -> None:
    """Elsewhere than on AWS the same holds of endpoints; what is AWS's is not looked at."""
    with pytest.raises(InvalidInput) as refused:
        read_settings({"FANSCORE_SYNC_URL": "http://example.com"})
    assert str(refused.value) == f"FANSCORE_SYNC_URL: {PLAIN}"
    assert read_settings({"AWS_ENDPOINT_URL": "http://example.com"}) == Settings()


@pytest.mark.parametrize("given", ["1", "true", "ALLOW", " allow", "deny"])
def test_leave_is_given_in_one_word(given: str) -> None:
    """What is not the word for it gives no leave, and is refused itself."""
    environ = {"FANSCORE_INSECURE_ENDPOINTS": given, "FANSCORE_SYNC_URL": "http://example.com"}
    with pytest.raises(InvalidInput) as refused:
        read_settings(environ)
    assert str(refused.value) == (
        f"environment: FANSCORE_INSECURE_ENDPOINTS: expected allow; FANSCORE_SYNC_URL: {PLAIN}"
    )
