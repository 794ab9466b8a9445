from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from importlib import import_module
from typing import cast

import attrs
import pytest

from deploy.resolvers import OURS, SNAPSHOT_OF, TEMPLATE, refreshed
from fanscore_appsync import idv_app, wire
from fanscore_appsync.api import API
from fanscore_appsync.fields import FIELDS, NAMESPACES
from fanscore_appsync.lambda_context import REQUEST_S
from fanscore_appsync.log import InvocationLog
from fanscore_appsync.resolvers import cloudformation
from fanscore_appsync.resolvers.cloudformation import logical_id
from fanscore_appsync.resolvers.javascript import BATCH, SINGLE, namespace_code, resolver_code
from fanscore_appsync.setting_row import ReceiptPlace
from fanscore_appsync.settings import SETTINGS, Settings, read_settings
from fanscore_appsync.wiring.apps import connect, connect_consumers, connect_idv
from fanscore_core.consumer_mark import LEASE, Consumer
from fanscore_core.decision_line import FORMAT
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.systems import DEMAND, FAN_IDENTITY, FUNCTIONS, TABLES
from fanscore_core.user_events import DETAIL_TYPES, SOURCE
from tests.deploy.needs import NEEDS
from tests.deploy.template import GIVEN, Document, Template, deployed, deployed_text, items, section

AWS = deployed()
LOCAL = deployed(Local="true")
PLAIN = deployed(ResponseHandler="false")
SEALING = deployed(Receipts="table,log", ReceiptDays="30", KeepDecisionLines="true")

CONSUMERS = [f"{consumer.value.capitalize()}Consumer" for consumer in Consumer]
WITH_TTL = {FAN_IDENTITY, DEMAND}
ONLY_ON_AWS = {
    "ApiCache",
    "ConsumerErrorsAlarm",
    "EventArchive",
    "EventBusPolicy",
    "FirewallAssociation",
    "TableThrottlesAlarm",
    "ThrottlesAlarm",
    "UserPoolFirewallAssociation",
}
EVERYWHERE = {"FANSCORE_BACKEND"}
ONLY_RESOLVER = {
    "FANSCORE_POLICY",
    "FANSCORE_RECEIPTS",
    "FANSCORE_RECEIPT_DAYS",
    "FANSCORE_SHADOW_POLICY",
}
WEBHOOKS = {"FANSCORE_NOTIFICATION_URL", "FANSCORE_SYNC_URL"}
ANYWAY = {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"}
"""The actions that are Lambda's in a function's name, and not the function's own."""

OPERATIONS = {
    "batch_get_item": "dynamodb:BatchGetItem",
    "query": "dynamodb:Query",
    "put_item": "dynamodb:PutItem",
    # A transaction takes the actions of what is in it.
    "transact_write_items": "dynamodb:PutItem",
    "invoke": "lambda:InvokeFunction",
    "put_events": "events:PutEvents",
    "create_face_liveness_session": "rekognition:CreateFaceLivenessSession",
    "get_face_liveness_session_results": "rekognition:GetFaceLivenessSessionResults",
}
ADAPTERS = ("dynamodb.adapter", "aws.lambda_", "aws.eventbridge", "aws.rekognition")


def _camel(name: str) -> str:
    """Name a table or a service as the template does."""
    return "".join(word.capitalize() for word in name.split("_"))


def _environment(template: Template, function: str) -> dict[str, str]:
    """Give the environment of a function, as Lambda makes it."""
    own = section(section(template.resource(function), "Environment"), "Variables")
    return {
        "AWS_REGION": "eu-west-1",
        **cast("Mapping[str, str]", template.global_variables()),
        **cast("Mapping[str, str]", own),
    }


def _statements(template: Template, function: str) -> Mapping[str, Document]:
    """Give the statements of a function's policy, by name."""
    (policy,) = items(template.resource(f"{function}Role"), "Policies")
    found = items(section(policy, "PolicyDocument"), "Statement")
    return {str(each["Sid"]): each for each in found}


def _all_statements(template: Template) -> Iterator[Document]:
    for role in template.resources("AWS::IAM::Role").values():
        for policy in items(role, "Policies") if "Policies" in role else ():
            yield from items(section(policy, "PolicyDocument"), "Statement")
    for each in template.resources("AWS::IAM::Policy").values():
        yield from items(section(each, "PolicyDocument"), "Statement")


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


# What is generated


def test_generated_parts_are_current() -> None:
    """What the template has from the code says what the code says now."""
    text = TEMPLATE.read_text(encoding="utf-8")
    assert text == refreshed(text)


def test_every_part_stands_once() -> None:
    """The template has each generated part, and no other."""
    text = TEMPLATE.read_text(encoding="utf-8")
    assert sorted(re.findall(r"# generated: ([a-z-]+)\n", text)) == sorted(
        [*OURS.parts, SNAPSHOT_OF]
    )


def test_the_template_has_no_aliases() -> None:
    """CloudFormation takes no YAML anchors, aliases or merges."""
    text = TEMPLATE.read_text(encoding="utf-8")
    assert re.findall(r"(?:: |- )[&*][A-Za-z]\w*|<<:", text) == []


# The API


def test_the_schema_is_the_one_that_is_shipped() -> None:
    """AppSync has the schema that the handlers and the gateway have."""
    assert AWS.resource("Schema") == {"ApiId": "Api.ApiId", "Definition": API.sdl()}


def test_callers_come_in_three_ways() -> None:
    """Users of the pool are the default; API keys and IAM are the others."""
    api = AWS.resource("Api")
    others = [
        each["AuthenticationType"] for each in items(api, "AdditionalAuthenticationProviders")
    ]
    assert [api["AuthenticationType"], *others] == [
        "AMAZON_COGNITO_USER_POOLS",
        "API_KEY",
        "AWS_IAM",
    ]


def test_only_tokens_of_its_own_client_count() -> None:
    """Of a pool that is made here, tokens of other clients are refused."""
    assert section(AWS.resource("Api"), "UserPoolConfig")["AppIdClientRegex"] == "UserPoolClient"


def _expected_resolver(name: str, *, handler: bool) -> Document:
    parent, _, field_name = name.partition(".")
    head = {"ApiId": "Api.ApiId", "TypeName": parent, "FieldName": field_name, "Kind": "UNIT"}
    runtime = {"Runtime": {"Name": "APPSYNC_JS", "RuntimeVersion": "1.0.0"}}
    if name in NAMESPACES:
        return {**head, **runtime, "DataSourceName": "NoDataSource.Name", "Code": namespace_code()}
    field = FIELDS[name]
    operation = BATCH if field.batch_size else SINGLE
    cached = field.cache and {
        "Ttl": field.cache.ttl_s,
        "CachingKeys": [f"$context.{key}" for key in field.cache.keys],
    }
    return {
        **head,
        "DataSourceName": "ResolverDataSource.Name",
        **({**runtime, "Code": resolver_code(operation)} if handler else {}),
        **({"MaxBatchSize": field.batch_size} if field.batch_size else {}),
        **({"CachingConfig": cached} if cached else {}),
    }


@pytest.mark.parametrize(("template", "handler"), [(AWS, True), (PLAIN, False)])
def test_every_field_has_its_resolver(template: Template, handler: bool) -> None:
    """The resolvers are those of the routing table: batched, cached, with or without a handler."""
    assert template.resources("AWS::AppSync::Resolver") == {
        logical_id(name): _expected_resolver(name, handler=handler)
        for name in (*FIELDS, *NAMESPACES)
    }


@pytest.mark.parametrize("handler", [True, False])
def test_the_nested_template_has_the_same_resolvers(handler: bool) -> None:
    """What ``fanscore resolvers`` prints makes the template's resolvers, from its parameters."""
    given = {
        "ApiId": "Api.ApiId",
        "ResolverDataSource": "ResolverDataSource.Name",
        "NamespaceDataSource": "NoDataSource.Name",
        "ResponseHandler": str(handler).lower(),
    }
    nested = deployed_text(cloudformation.template(FIELDS, NAMESPACES), given)
    expected = (AWS if handler else PLAIN).resources("AWS::AppSync::Resolver")
    assert {name: nested.resource(name) for name in nested.made()} == expected


def test_the_operation_is_written_once() -> None:
    """Of the resolver's code, the template changes the operation and nothing else."""
    single, batch = (resolver_code(each).splitlines() for each in (SINGLE, BATCH))
    changed = [pair for pair in zip(single, batch, strict=True) if pair[0] != pair[1]]
    assert changed == [("const OPERATION = 'Invoke';", "const OPERATION = 'BatchInvoke';")]


def test_each_resolver_caches_for_itself() -> None:
    """What no resolver caches is not cached, and what is cached is encrypted."""
    assert AWS.resource("ApiCache") == {
        "ApiId": "Api.ApiId",
        "Type": "SMALL",
        "ApiCachingBehavior": "PER_RESOLVER_CACHING",
        "Ttl": 300,
        "AtRestEncryptionEnabled": True,
        "TransitEncryptionEnabled": True,
    }
    assert AWS.made() - deployed(CacheType="NONE").made() == {"ApiCache"}


def test_there_is_a_key_while_it_may_expire() -> None:
    """A key with an expiry exists, so that a second one can come before the first one goes."""
    keys = deployed(FirstApiKeyExpires="1800000000", SecondApiKeyExpires="1900000000")
    assert keys.made() - AWS.made() == {"FirstApiKey", "SecondApiKey"}
    assert keys.resource("SecondApiKey") == {"ApiId": "Api.ApiId", "Expires": "1900000000"}


def test_one_key_may_ask_6000_times_a_minute() -> None:
    """The firewall counts by the header of the API key, and answers 429 as the API would."""
    firewall = AWS.resource("Firewall")
    rule, *_ = items(firewall, "Rules")
    assert section(section(rule, "Statement"), "RateBasedStatement") == {
        "Limit": "6000",
        "EvaluationWindowSec": 60,
        "AggregateKeyType": "CUSTOM_KEYS",
        "CustomKeys": [
            {
                "Header": {
                    "Name": "x-api-key",
                    "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
                }
            }
        ],
    }
    (body,) = section(firewall, "CustomResponseBodies").values()
    assert json.loads(str(section({"body": body}, "body")["Content"])) == {
        "data": None,
        "errors": [
            {
                "message": "Too many requests",
                "errorType": "429",
                "data": None,
                "errorInfo": {"code": "RATE_LIMITED"},
            }
        ],
    }


def _rule(firewall: str, name: str) -> Document:
    """Give a rule of a firewall."""
    (found,) = (each for each in items(AWS.resource(firewall), "Rules") if each["Name"] == name)
    return found


def _rate(firewall: str, name: str) -> Document:
    """Give what a rule counts."""
    return section(section(_rule(firewall, name), "Statement"), "RateBasedStatement")


def test_one_address_may_ask_3000_times_a_minute() -> None:
    """The firewall counts by address, all but the signed requests of services."""
    assert _rate("Firewall", "AddressRate") == {
        "Limit": "3000",
        "EvaluationWindowSec": 60,
        "AggregateKeyType": "IP",
        "ScopeDownStatement": {
            "NotStatement": {
                "Statement": {
                    "ByteMatchStatement": {
                        "FieldToMatch": {"SingleHeader": {"Name": "authorization"}},
                        "PositionalConstraint": "STARTS_WITH",
                        "SearchString": "AWS4-HMAC-SHA256",
                        "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
                    }
                }
            }
        },
    }
    actions = [_rule("Firewall", name)["Action"] for name in ("AddressRate", "ApiKeyRate")]
    custom = {"ResponseCode": 429, "CustomResponseBodyKey": "RateLimited"}
    assert actions == [{"Block": {"CustomResponse": custom}}] * 2


@pytest.mark.parametrize("firewall", ["Firewall", "UserPoolFirewall"])
def test_firewalls_look_at_rules_in_order_and_keep_no_samples(firewall: str) -> None:
    """The priorities of a firewall's rules differ, and no sample of a request is kept."""
    rules = items(AWS.resource(firewall), "Rules")
    assert [each["Priority"] for each in rules] == [0, 1, 2]
    sampled = [
        section(each, "VisibilityConfig")["SampledRequestsEnabled"]
        for each in (AWS.resource(firewall), *rules)
    ]
    assert sampled == [False] * 4


# Who logs in


def test_one_mailbox_makes_one_user() -> None:
    """The names of users of a new pool do not differ by case alone."""
    assert AWS.resource("UserPool")["UsernameConfiguration"] == {"CaseSensitive": False}
    assert AWS.resource("UserPool")["UsernameAttributes"] == ["email"]


def test_a_pool_that_exists_stays_as_it_is() -> None:
    """For a pool that was made with case, the property is absent, as it was when it was made."""
    old = deployed(UserPoolCaseSensitive="true")
    assert "UsernameConfiguration" not in old.resource("UserPool")
    assert old.made() == AWS.made()


def test_nobody_gets_a_case_by_default() -> None:
    """Without a default, updating an old stack in the console cannot change its pool unasked."""
    parameter = section(section(AWS.document, "Parameters"), "UserPoolCaseSensitive")
    assert "Default" not in parameter
    assert parameter["AllowedValues"] == ["true", "false"]


def test_what_holds_data_outlives_the_stack() -> None:
    """Tables, scores and the user pool are retained, whether they are removed or replaced."""
    resources = section(AWS.document, "Resources")
    kept = {
        name
        for name in resources
        if (policies := section(resources, name)).get("DeletionPolicy")
        == policies.get("UpdateReplacePolicy")
        == "Retain"
    }
    assert kept == {"DecisionLinesBucket", "ScoresBucket", "UserPool", *map(_camel, TABLES)}


def test_a_new_address_counts_once_it_is_verified() -> None:
    """A fan who changes their address keeps the old one until the new one is theirs."""
    assert AWS.resource("UserPool")["UserAttributeUpdateSettings"] == {
        "AttributesRequireVerificationBeforeUpdate": ["email"]
    }
    assert AWS.resource("UserPool")["AutoVerifiedAttributes"] == ["email"]


@pytest.mark.parametrize(
    ("given", "tier"), [("OFF", None), ("AUDIT", "PLUS"), ("ENFORCED", "PLUS")]
)
def test_threat_protection_comes_with_its_plan(given: str, tier: str | None) -> None:
    """Threat protection is off unless asked for, and sets the feature plan that it needs."""
    pool = deployed(ThreatProtection=given).resource("UserPool")
    assert (pool["UserPoolAddOns"], pool.get("UserPoolTier")) == (
        {"AdvancedSecurityMode": given},
        tier,
    )
    assert section(AWS.resource("UserPool"), "UserPoolAddOns")["AdvancedSecurityMode"] == "OFF"


def test_one_address_signs_up_100_times_in_five_minutes() -> None:
    """The pool's firewall counts by address: everything, and what makes users or sends mails."""
    by_address = {"EvaluationWindowSec": 300, "AggregateKeyType": "IP"}
    assert _rate("UserPoolFirewall", "UserPoolRate") == {"Limit": "1000", **by_address}
    assert _rate("UserPoolFirewall", "SignUpRate") == {
        "Limit": "100",
        **by_address,
        "ScopeDownStatement": {
            "RegexMatchStatement": {
                "FieldToMatch": {"SingleHeader": {"Name": "x-amzn-cognito-operation-name"}},
                "RegexString": "^(SignUp|ResendConfirmationCode|ForgotPassword)$",
                "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
            }
        },
    }
    names = ("UserPoolRate", "SignUpRate")
    assert [_rule("UserPoolFirewall", name)["Action"] for name in names] == [{"Block": {}}] * 2


def test_each_firewall_stands_before_its_own() -> None:
    """The API has one firewall, and the pool that is made here the other."""
    assert AWS.resources("AWS::WAFv2::WebACLAssociation") == {
        "FirewallAssociation": {"ResourceArn": "Api.Arn", "WebACLArn": "Firewall.Arn"},
        "UserPoolFirewallAssociation": {
            "ResourceArn": "UserPool.Arn",
            "WebACLArn": "UserPoolFirewall.Arn",
        },
    }


@pytest.mark.parametrize("name", ["LnaaUrl", "NotificationUrl", "SyncUrl"])
@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://example.com/x", True),
        ("http://127.0.0.1:8000/x", True),
        ("http://127.0.0.1/", True),
        ("http://example.com", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://127.0.0.1:80@example.com/", False),
    ],
)
def test_nothing_is_sent_for_all_to_read(name: str, url: str, is_taken: bool) -> None:
    """A deployment sends tokens and personal data by https; only an emulator has loopback."""
    parameter = section(section(AWS.document, "Parameters"), name)
    assert bool(re.fullmatch(str(parameter["AllowedPattern"]), url)) is is_taken


# The functions


def test_all_functions_are_known() -> None:
    """What follows here is asked of every function that is deployed."""
    assert AWS.resources("AWS::Serverless::Function").keys() == NEEDS.keys()


@pytest.mark.parametrize("function", NEEDS)
def test_every_handler_exists(function: str) -> None:
    """Lambda finds the handler."""
    module, _, name = str(AWS.resource(function)["Handler"]).rpartition(".")
    assert callable(getattr(import_module(module), name))


@pytest.mark.parametrize("function", NEEDS)
def test_a_function_gets_the_settings_that_it_uses(function: str) -> None:
    """No setting is missing, and none is given to a function that has no use for it."""
    expected = {"AWS_REGION", *EVERYWHERE, *NEEDS[function].variables}
    if function == "Resolver":
        expected |= ONLY_RESOLVER
    if function in CONSUMERS:
        expected |= WEBHOOKS  # one wiring serves all consumers
    assert _environment(AWS, function).keys() == expected


def test_every_setting_is_one_that_is_read() -> None:
    """No name of a variable is misspelt."""
    given = {name for function in NEEDS for name in _environment(AWS, function)}
    assert given <= {row.variable for row in SETTINGS}


@pytest.mark.parametrize("template", [AWS, LOCAL])
@pytest.mark.parametrize("function", NEEDS)
def test_a_function_starts_with_its_settings(template: Template, function: str) -> None:
    """Each entry point is wired from the environment that the template gives it."""
    environ = _environment(template, function)
    token = environ.get("FANSCORE_LNAA_TOKEN", "")
    if "resolve:" in token:
        environ["FANSCORE_LNAA_TOKEN"] = "from-the-secret"  # as CloudFormation does
    with ExitStack() as closing:
        _connect(function, read_settings(environ), closing)


def _connect(function: str, settings: Settings, closing: ExitStack) -> None:
    match function:
        case "Resolver":
            connect(settings, closing)
        case "IdvCheckLiveness":
            connect_idv(settings, closing)
        case _:
            connect_consumers(settings, closing)


def test_functions_end_in_time() -> None:
    """The resolver ends before AppSync gives up, and a consumer not after its lease."""
    timeouts = {function: AWS.resource(function)["Timeout"] for function in NEEDS}
    assert timeouts == {
        "Resolver": REQUEST_S - 1,
        "IdvCheckLiveness": idv_app.CALL_S,
        **{function: LEASE.total_seconds() for function in CONSUMERS},
    }


def test_services_are_found_by_name_where_none_is_given() -> None:
    """Without an ARN, a service is the function of its name in this account."""
    settings = read_settings({**_environment(AWS, "Resolver"), "FANSCORE_LNAA_TOKEN": "token"})
    assert settings.aws is not None
    assert settings.aws.functions == {
        **{name: name for name in FUNCTIONS},
        "idv_check_liveness": "IdvCheckLiveness",
    }
    resources = _listed(_statements(AWS, "Resolver")["AskServices"]["Resource"])
    prefix = "arn:aws:lambda:eu-west-1:123456789012:function:"
    assert set(resources) == {
        "IdvCheckLiveness.Arn",
        *(f"{prefix}{name}" for name in FUNCTIONS if name != "idv_check_liveness"),
    }


def test_services_can_be_given() -> None:
    """With an ARN, a service is that function, for the setting and for the role."""
    arn = "arn:aws:lambda:eu-west-1:999999999999:function:{}:live"
    named = {name: arn.format(name) for name in FUNCTIONS if name != "idv_check_liveness"}
    template = deployed(**{_camel(name): value for name, value in named.items()})
    settings = read_settings({**_environment(template, "Resolver"), "FANSCORE_LNAA_TOKEN": "token"})
    assert settings.aws is not None
    assert settings.aws.functions == {**named, "idv_check_liveness": "IdvCheckLiveness"}
    resources = _listed(_statements(template, "Resolver")["AskServices"]["Resource"])
    assert set(resources) == {"IdvCheckLiveness.Arn", *named.values()}


# Roles


@pytest.mark.parametrize("function", NEEDS)
def test_a_role_may_do_what_the_function_asks(function: str) -> None:
    """To each table a role may do what the pipelines ask of it, and nothing else."""
    allowed: dict[str, set[object]] = {}
    for statement in _statements(AWS, function).values():
        actions = {
            each for each in _listed(statement["Action"]) if str(each).startswith("dynamodb:")
        }
        for table in _listed(statement["Resource"]) if actions else ():
            allowed.setdefault(str(table), set()).update(actions)
    assert allowed == {
        f"{_camel(table)}.Arn": set(actions) for table, actions in NEEDS[function].actions.items()
    }


def test_roles_may_do_what_the_adapters_call() -> None:
    """All actions together are the operations that the adapters call."""
    called = {
        operation
        for adapter in ADAPTERS
        for operation in re.findall(
            r"(?:\.call|_call_write)\(\s*\"([a-z_]+)\"", _source(f"fanscore_adapters.{adapter}")
        )
    }
    assert called == OPERATIONS.keys()
    allowed = {
        action
        for function in NEEDS
        for statement in _statements(AWS, function).values()
        for action in _listed(statement["Action"])
    }
    assert allowed - ANYWAY == set(OPERATIONS.values())


def _source(module: str) -> str:
    path = import_module(module).__file__
    assert path is not None
    with open(path, encoding="utf-8") as file:  # noqa: PTH123  # one line
        return file.read()


def test_only_rekognition_has_no_resource() -> None:
    """Every other action is allowed on something that is named."""
    without = [each["Action"] for each in _all_statements(AWS) if each["Resource"] == "*"]
    assert without == [
        ["rekognition:CreateFaceLivenessSession", "rekognition:GetFaceLivenessSessionResults"]
    ]


def test_consumers_write_the_items_that_are_theirs() -> None:
    """Those that only post cannot read or write what is known of a fan; all see who was erased."""
    keys = {function: _statements(AWS, function)["Items"]["Condition"] for function in CONSUMERS}
    marks = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["erased:*", "event:*"]}}
    fans = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["erased:*", "event:*", "fan:*"]}}
    assert keys == {
        "EntryConsumer": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["fan:*"]}},
        "ProfileConsumer": fans,
        "NotificationConsumer": marks,
        "SyncConsumer": marks,
    }
    assert _statements(AWS, "EntryConsumer")["ReadErased"]["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["erased:*"]}
    }


def test_only_the_resolver_asks_for_its_data_source() -> None:
    """AppSync may call the resolver function or its alias, and no other."""
    (policy,) = items(AWS.resource("ResolverDataSourceRole"), "Policies")
    assert items(section(policy, "PolicyDocument"), "Statement") == [
        {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": ["Resolver.Arn", "Resolver.Arn:live"],
        }
    ]


# The bus


@pytest.mark.parametrize("function", CONSUMERS)
def test_a_consumer_gets_every_user_event(function: str) -> None:
    """Each consumer has a rule of its own, two repetitions, and a queue for what still failed."""
    properties = AWS.resource(function)
    queue = f"{function.removesuffix('Consumer')}DeadLetters"
    assert properties["Events"] == {
        "UserUpsert": {
            "Type": "EventBridgeRule",
            "Properties": {
                "EventBusName": "EventBus",
                "Pattern": {"source": [SOURCE], "detail-type": list(DETAIL_TYPES)},
                "DeadLetterConfig": {"Arn": f"{queue}.Arn"},
            },
        }
    }
    assert properties["EventInvokeConfig"] == {
        "MaximumRetryAttempts": 2,
        "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": f"{queue}.Arn"}},
    }
    assert _statements(AWS, function)["KeepFailures"]["Resource"] == f"{queue}.Arn"


def test_published_events_are_kept() -> None:
    """The archive has every user event, for 30 days."""
    assert AWS.resource("EventArchive") == {
        "Description": "Every user event that was published.",
        "SourceArn": "EventBus.Arn",
        "EventPattern": {"source": [SOURCE], "detail-type": list(DETAIL_TYPES)},
        "RetentionDays": "30",
    }


def test_nobody_else_publishes_user_events() -> None:
    """On a bus that is made here, only the resolver's role may name its source."""
    assert section(AWS.resource("EventBusPolicy"), "Statement") == {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": "EventBus.Arn",
        "Condition": {
            "ForAnyValue:StringEquals": {"events:source": SOURCE},
            "ArnNotEquals": {"aws:PrincipalArn": "ResolverRole.Arn"},
        },
    }


def test_dead_letters_are_encrypted() -> None:
    """Events hold personal data, and so do the queues."""
    encrypted = {
        name: queue["SqsManagedSseEnabled"]
        for name, queue in AWS.resources("AWS::SQS::Queue").items()
    }
    assert encrypted == {f"{each.value.capitalize()}DeadLetters": True for each in Consumer}


# The tables


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_safe(table: str) -> None:
    """Tables have the keys of the adapter, are backed up and encrypted, and drop what expires."""
    ttl = {"TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True}}
    assert AWS.resource(_camel(table)) == {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "PK", "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "PK", "KeyType": "HASH"},
            {"AttributeName": "SK", "KeyType": "RANGE"},
        ],
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
        **(ttl if table in WITH_TTL else {}),
    }


def test_what_exists_is_not_made() -> None:
    """Tables, pool and bus that are passed in are used instead."""
    passed = {f"{_camel(table)}Name": f"my-{table}" for table in TABLES}
    template = deployed(**passed, EventBusName="my-bus", UserPoolId="eu-west-1_pool")
    assert AWS.made() - template.made() == {
        *map(_camel, TABLES),
        "EventBus",
        "EventBusPolicy",
        "UserPool",
        "UserPoolClient",
        "UserPoolFirewall",
        "UserPoolFirewallAssociation",
    }
    environ = _environment(template, "Resolver")
    settings = read_settings({**environ, "FANSCORE_LNAA_TOKEN": "token"})
    assert settings.aws is not None
    assert settings.aws.tables == {table: f"my-{table}" for table in TABLES}
    assert settings.aws.event_bus == "my-bus"
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/my-"
    assert set(_listed(_statements(template, "Resolver")["LookUp"]["Resource"])) == {
        f"{arn}{table}" for table in TABLES
    }


# Receipts


def test_receipts_are_off_unless_asked_for() -> None:
    """The setting is the parameter's word; without it nothing is kept, and no line handed on."""
    kept = [
        read_settings({**_environment(template, "Resolver"), "FANSCORE_LNAA_TOKEN": "token"})
        for template in (AWS, SEALING)
    ]
    assert [(each.receipts, each.receipt_days) for each in kept] == [
        (frozenset(), 180),
        (frozenset(ReceiptPlace), 30),
    ]
    assert SEALING.made() - AWS.made() == {
        "DecisionLinesBucket",
        "DecisionLinesBucketPolicy",
        "DecisionLinesDelivery",
        "DecisionLinesDeliveryRole",
        "DecisionLinesSubscription",
        "DecisionLinesSubscriptionRole",
    }


def test_decision_lines_alone_are_handed_on() -> None:
    """The subscription takes the lines that have the mark of a decision, from the resolver."""
    subscription = SEALING.resource("DecisionLinesSubscription")
    assert subscription == {
        "LogGroupName": "ResolverLogs",
        "FilterPattern": f"{{ $.fanscore_decision = {FORMAT} }}",
        "DestinationArn": "DecisionLinesDelivery.Arn",
        "RoleArn": "DecisionLinesSubscriptionRole.Arn",
    }


def test_decision_lines_are_safe_and_end() -> None:
    """Nobody reads or writes the bucket from outside, and its lines expire after their days."""
    bucket = deployed(KeepDecisionLines="true", DecisionLineDays="90").resource(
        "DecisionLinesBucket"
    )
    (rule,) = items(section(bucket, "LifecycleConfiguration"), "Rules")
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", "90")
    assert set(section(bucket, "PublicAccessBlockConfiguration").values()) == {True}
    assert "BucketEncryption" in bucket
    (statement,) = items(
        section(SEALING.resource("DecisionLinesBucketPolicy"), "PolicyDocument"), "Statement"
    )
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


@pytest.mark.parametrize(
    ("role", "principal", "allowed"),
    [
        (
            "DecisionLinesSubscription",
            "logs.amazonaws.com",
            {("firehose:PutRecord", "firehose:PutRecordBatch"): "DecisionLinesDelivery.Arn"},
        ),
        (
            "DecisionLinesDelivery",
            "firehose.amazonaws.com",
            {
                (
                    "s3:GetBucketLocation",
                    "s3:ListBucket",
                    "s3:ListBucketMultipartUploads",
                ): "DecisionLinesBucket.Arn",
                ("s3:AbortMultipartUpload", "s3:PutObject"): "DecisionLinesBucket.Arn/*",
            },
        ),
    ],
)
def test_roles_of_decision_lines_may_hand_them_on(
    role: str, principal: str, allowed: Mapping[tuple[str, ...], str]
) -> None:
    """Each role is for one service of this account, and for the next place of the lines alone."""
    (trust,) = items(
        section(SEALING.resource(f"{role}Role"), "AssumeRolePolicyDocument"), "Statement"
    )
    assert (trust["Principal"], trust["Condition"]) == (
        {"Service": principal},
        {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    )
    statements = _statements(SEALING, role).values()
    assert {
        tuple(map(str, _listed(each["Action"]))): each["Resource"] for each in statements
    } == allowed


# Environments


def test_emulators_do_without_some() -> None:
    """``Local`` leaves out what emulators lack, and nothing else."""
    assert AWS.made() - LOCAL.made() == ONLY_ON_AWS
    assert LOCAL.made() - AWS.made() == set()


def test_the_token_is_read_from_the_secret() -> None:
    """LNAA's token stands in no template and no parameter, and goes to the resolver alone."""
    holders = {
        function: environ["FANSCORE_LNAA_TOKEN"]
        for function in NEEDS
        if "FANSCORE_LNAA_TOKEN" in (environ := _environment(AWS, function))
    }
    secret = GIVEN["LnaaTokenSecret"]
    assert holders == {"Resolver": f"{{{{resolve:secretsmanager:{secret}:SecretString:::}}}}"}


def test_parameters_say_what_they_take() -> None:
    """Every parameter is described, and every text has a pattern or its values."""
    free = {
        name
        for name in section(AWS.document, "Parameters")
        if (parameter := section(section(AWS.document, "Parameters"), name))["Type"] == "String"
        and not parameter.keys() & {"AllowedPattern", "AllowedValues"}
    }
    described = {
        name
        for name in section(AWS.document, "Parameters")
        if "Description" in section(section(AWS.document, "Parameters"), name)
    }
    assert free == {"SnapshotOf", "UserPoolClientIds"}
    assert described == section(AWS.document, "Parameters").keys()


def test_what_is_given_fits_its_pattern() -> None:
    """What must be given is taken, and defaults are too."""
    for name, value in {**AWS.parameters, **GIVEN}.items():
        parameter = section(section(AWS.document, "Parameters"), name)
        assert re.fullmatch(str(parameter.get("AllowedPattern", ".*")), value), name


def test_parameters_are_grouped() -> None:
    """The console shows every parameter in a group, but those for emulators."""
    interface = section(section(AWS.document, "Metadata"), "AWS::CloudFormation::Interface")
    grouped = [
        name
        for group in items(interface, "ParameterGroups")
        for name in _listed(group["Parameters"])
    ]
    assert sorted(map(str, grouped)) == sorted(
        section(AWS.document, "Parameters").keys() - {"Local", "LocalRekognitionUrl"}
    )


# Watching it


def test_every_alarm_reaches_somebody() -> None:
    """With a topic, every alarm and its end are told there."""
    template = deployed(AlarmTopic="arn:aws:sns:eu-west-1:123456789012:alarms")
    told = {
        name: (alarm["AlarmActions"], alarm["OKActions"])
        for name, alarm in template.resources("AWS::CloudWatch::Alarm").items()
    }
    topic = ["arn:aws:sns:eu-west-1:123456789012:alarms"]
    assert told == {
        f"{name}Alarm": (topic, topic)
        for name in (
            "ApiErrors",
            "ConsumerErrors",
            "DegradedSteps",
            "EntryDeadLetters",
            "Failures",
            "IdvErrors",
            "LatencyP99",
            "NotificationDeadLetters",
            "ProfileDeadLetters",
            "ResolverErrors",
            "SyncDeadLetters",
            "TableThrottles",
            "Throttles",
        )
    }


def test_plain_resolvers_ring_no_alarm_by_raising() -> None:
    """Without the handler, the resolver function fails for every refused fan."""
    assert AWS.made() - PLAIN.made() == {"ResolverErrorsAlarm"}


def test_logs_of_the_api_hold_no_arguments() -> None:
    """AppSync logs which fields failed, and nothing that a fan sent or was told."""
    assert AWS.resource("Api")["LogConfig"] == {
        "CloudWatchLogsRoleArn": "ApiLogsRole.Arn",
        "FieldLogLevel": "ERROR",
        "ExcludeVerboseContent": True,
    }


def test_our_failures_are_counted_by_their_codes() -> None:
    """What counts as a failure is an outcome with a code of ours that no caller can mend."""
    pattern = str(AWS.resource("ResolverFailures")["FilterPattern"])
    errors = (ValueError(), Unavailable("x"), DeadlineExceeded("x"))
    assert re.findall(r"\$\.(\w+) = \"(\w+)\"", pattern) == [
        ("outcome", wire.error_code(each)) for each in errors
    ]
    degraded = AWS.resource("ResolverDegraded")
    (metric,) = items(degraded, "MetricTransformations")
    assert (degraded["FilterPattern"], metric["MetricValue"]) == (
        "{ $.degraded > 0 }",
        "$.degraded",
    )
    assert {"outcome", "degraded"} <= {each.name for each in attrs.fields(InvocationLog)}


def test_tracing_is_off_unless_asked_for() -> None:
    """X-Ray is paid by the trace: AppSync, the functions and their roles leave it alone."""
    traced = deployed(Tracing="true")
    for template, is_on in ((AWS, False), (traced, True)):
        assert template.resource("Api")["XrayEnabled"] is is_on
        policies = {
            function: template.resource(f"{function}Role").get("ManagedPolicyArns")
            for function in NEEDS
        }
        arns = ["arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"] if is_on else None
        assert policies == dict.fromkeys(NEEDS, arns)


def test_log_groups_forget() -> None:
    """Every function has a log group of its own, which keeps its lines for some days."""
    groups = AWS.resources("AWS::Logs::LogGroup")
    assert groups.keys() == {"ApiLogs", *(f"{function}Logs" for function in NEEDS)}
    assert {group["RetentionInDays"] for group in groups.values()} == {"30"}
    for function in NEEDS:
        assert AWS.resource(function)["LoggingConfig"] == {"LogGroup": f"{function}Logs"}


def test_the_dashboard_can_be_read() -> None:
    """The dashboard is JSON, and its widgets do not overlap."""
    body = json.loads(str(AWS.resource("Dashboard")["DashboardBody"]))
    places = [(each["x"], each["y"]) for each in body["widgets"]]
    assert places == [(x, y) for y in (0, 6, 12) for x in (0, 8, 16)]
