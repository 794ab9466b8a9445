"""What answers: stores, services, the event bus, and how each question is put to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fanscore_core.lazy_face import lazy_face

if TYPE_CHECKING:
    from fanscore_adapters.adapter import Adapter, one_by_one, together
    from fanscore_adapters.aws.client import AwsClient, AwsSession, answer_one
    from fanscore_adapters.aws.eventbridge import EventBridge
    from fanscore_adapters.aws.lambda_ import LambdaProxies
    from fanscore_adapters.aws.rekognition import Rekognition
    from fanscore_adapters.columns.parquet import read_parquet, write_parquet
    from fanscore_adapters.columns.policy_sql import policy_sql
    from fanscore_adapters.columns.rows import findings_of, row_of
    from fanscore_adapters.documents.converter import read_as
    from fanscore_adapters.documents.decision_lines import (
        LineCounts,
        parse_decision_line,
        read_decision_lines,
    )
    from fanscore_adapters.documents.diff_rules import parse_rules, parse_ticket_bands
    from fanscore_adapters.documents.findings import FindingsLine, findings_lines, read_findings
    from fanscore_adapters.documents.policy import (
        parse_policy,
        parse_policy_book,
        policy_book_text,
        policy_text,
    )
    from fanscore_adapters.documents.policy_diff import diff_document
    from fanscore_adapters.documents.proxies import ProxyCall
    from fanscore_adapters.documents.receipts import parse_receipt, read_receipts, receipt_line
    from fanscore_adapters.documents.sealing import parse_head, parse_proof
    from fanscore_adapters.dynamodb.adapter import DynamoDb
    from fanscore_adapters.embedded.event_archive import EventChoice, PublishedEvent
    from fanscore_adapters.embedded.event_bus import EventBus
    from fanscore_adapters.embedded.event_store import EventStore
    from fanscore_adapters.embedded.plausible_fans import plausible_findings
    from fanscore_adapters.embedded.stand_ins import Sample, StandIns, default_sample, parse_sample
    from fanscore_adapters.http.client import HttpCall, HttpEndpoint, json_reader, stateless_client
    from fanscore_adapters.http.endpoints import base_url, bearer_token
    from fanscore_adapters.http.lnaa import Lnaa, lnaa_client
    from fanscore_adapters.http.webhooks import Webhooks, webhook_client
    from fanscore_adapters.items.keys import Key
    from fanscore_adapters.items.operations import (
        Item,
        Lookup,
        Operations,
        PrefixRead,
        Put,
        Refused,
        Table,
        Write,
        if_stored,
        put_outcome,
    )
    from fanscore_adapters.sources import Sources
    from fanscore_adapters.sqlite.adapter import Sqlite
    from fanscore_adapters.sqlite.tables import SqliteTables
else:
    __getattr__, __dir__ = lazy_face(
        __name__,
        {
            "adapter": ("Adapter", "one_by_one", "together"),
            "aws.client": ("AwsClient", "AwsSession", "answer_one"),
            "aws.eventbridge": ("EventBridge",),
            "aws.lambda_": ("LambdaProxies",),
            "aws.rekognition": ("Rekognition",),
            "columns.parquet": ("read_parquet", "write_parquet"),
            "columns.policy_sql": ("policy_sql",),
            "columns.rows": ("findings_of", "row_of"),
            "documents.converter": ("read_as",),
            "documents.decision_lines": (
                "LineCounts",
                "parse_decision_line",
                "read_decision_lines",
            ),
            "documents.diff_rules": ("parse_rules", "parse_ticket_bands"),
            "documents.findings": ("FindingsLine", "findings_lines", "read_findings"),
            "documents.policy": (
                "parse_policy",
                "parse_policy_book",
                "policy_book_text",
                "policy_text",
            ),
            "documents.policy_diff": ("diff_document",),
            "documents.proxies": ("ProxyCall",),
            "documents.receipts": ("parse_receipt", "read_receipts", "receipt_line"),
            "documents.sealing": ("parse_head", "parse_proof"),
            "dynamodb.adapter": ("DynamoDb",),
            "embedded.event_archive": ("EventChoice", "PublishedEvent"),
            "embedded.event_bus": ("EventBus",),
            "embedded.event_store": ("EventStore",),
            "embedded.plausible_fans": ("plausible_findings",),
            "embedded.stand_ins": ("Sample", "StandIns", "default_sample", "parse_sample"),
            "http.client": ("HttpCall", "HttpEndpoint", "json_reader", "stateless_client"),
            "http.endpoints": ("base_url", "bearer_token"),
            "http.lnaa": ("Lnaa", "lnaa_client"),
            "http.webhooks": ("Webhooks", "webhook_client"),
            "items.keys": ("Key",),
            "items.operations": (
                "Item",
                "Lookup",
                "Operations",
                "PrefixRead",
                "Put",
                "Refused",
                "Table",
                "Write",
                "if_stored",
                "put_outcome",
            ),
            "sources": ("Sources",),
            "sqlite.adapter": ("Sqlite",),
            "sqlite.tables": ("SqliteTables",),
        },
    )

__all__ = [
    "Adapter",
    "AwsClient",
    "AwsSession",
    "DynamoDb",
    "EventBridge",
    "EventBus",
    "EventChoice",
    "EventStore",
    "FindingsLine",
    "HttpCall",
    "HttpEndpoint",
    "Item",
    "Key",
    "LambdaProxies",
    "LineCounts",
    "Lnaa",
    "Lookup",
    "Operations",
    "PrefixRead",
    "ProxyCall",
    "PublishedEvent",
    "Put",
    "Refused",
    "Rekognition",
    "Sample",
    "Sources",
    "Sqlite",
    "SqliteTables",
    "StandIns",
    "Table",
    "Webhooks",
    "Write",
    "answer_one",
    "base_url",
    "bearer_token",
    "default_sample",
    "diff_document",
    "findings_lines",
    "findings_of",
    "if_stored",
    "json_reader",
    "lnaa_client",
    "one_by_one",
    "parse_decision_line",
    "parse_head",
    "parse_policy",
    "parse_policy_book",
    "parse_proof",
    "parse_receipt",
    "parse_rules",
    "parse_sample",
    "parse_ticket_bands",
    "plausible_findings",
    "policy_book_text",
    "policy_sql",
    "policy_text",
    "put_outcome",
    "read_as",
    "read_decision_lines",
    "read_findings",
    "read_parquet",
    "read_receipts",
    "receipt_line",
    "row_of",
    "stateless_client",
    "together",
    "webhook_client",
    "write_parquet",
]
