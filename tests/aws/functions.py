"""Lambda functions on a server: stand-ins for the proxies, and the functions of this repository.

A function's first answer takes about 0.2 s (0.4 s for one of this repository), the next ones 8 ms
if it writes a line to its log, else 55 ms: ministack waits that long for one.
"""

from __future__ import annotations

import json
import sys
import sysconfig
from collections.abc import Mapping
from io import BytesIO
from zipfile import ZipFile

import attrs

from fanscore_adapters.documents.json_text import json_text
from fanscore_adapters.documents.proxies import LNAA_CALLS
from fanscore_adapters.embedded.stand_ins import Case, Sample
from fanscore_core.consumer_mark import LEASE, Consumer
from fanscore_core.systems import IDV_CHECK_LIVENESS
from tests.aws.ministack import ACCOUNT, HERE, Ministack

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/function"
TIMEOUT_S = int(LEASE.total_seconds())
"""What an invocation may take: a consumer no longer than its lease."""

HANDLER = "fanscore_appsync.handler.handler"
IDV_HANDLER = "fanscore_appsync.idv.handler"
CONSUMER_HANDLERS: Mapping[Consumer, str] = {
    consumer: f"fanscore_appsync.consumers.{consumer.value}_handler" for consumer in Consumer
}

PATIENT = HERE / "patient_function.py"

_SOURCES = (HERE.parents[1] / "src", sysconfig.get_path("purelib"))
_NOT_LAMBDA = {call.service for call in LNAA_CALLS.values()}


@attrs.frozen
class Answer:
    """What came back from a function.

    Attributes:
        payload: the document.
        error: ``None``, or what kind of error the payload tells of.
    """

    payload: object
    error: str | None


def create_proxies(aws: Ministack, sample: Sample) -> None:
    """Make a stand-in for every proxy that a sample has cases of, under the proxy's name."""
    code = (HERE / "proxy_function.py").read_text(encoding="utf-8")
    for service, cases in sample.services.items():
        if service not in _NOT_LAMBDA:
            written = json_text([_document(case) for case in cases])
            files = {"proxy_function.py": code, "cases.json": written}
            create_function(aws, service, "proxy_function.handler", files)


def create_running_proxies(aws: Ministack, sample: Sample) -> None:
    """Make the stand-ins and call each once.

    What is deployed waits two seconds for a service: on a busy machine, that is less than one takes
    to start.
    """
    create_proxies(aws, sample)
    for service in sample.services.keys() - _NOT_LAMBDA:
        invoke(aws, service, {"operation": "none", "arguments": {}})


def create_consumers(aws: Ministack, environ: Mapping[str, str]) -> Mapping[Consumer, str]:
    """Make the functions of the consumers; give their ARNs."""
    return {
        consumer: create_our_function(aws, f"consumer_{consumer.value}", handler, environ)
        for consumer, handler in CONSUMER_HANDLERS.items()
    }


def create_idv(aws: Ministack, environ: Mapping[str, str]) -> str:
    """Make the identity verification function, under its name; give its ARN."""
    return create_our_function(aws, IDV_CHECK_LIVENESS, IDV_HANDLER, environ)


def create_our_function(aws: Ministack, name: str, handler: str, environ: Mapping[str, str]) -> str:
    """Make a function of this repository, which runs from where it is, patiently; give its ARN.

    Args:
        aws: where.
        name: of the function.
        handler: such as ``HANDLER``.
        environ: its environment. The server's address, the region and credentials are there.
    """
    path = ":".join(map(str, _SOURCES))
    variables = {"PYTHONPATH": path, "TESTED_HANDLER": handler, **environ}
    files = {PATIENT.name: PATIENT.read_text(encoding="utf-8")}
    return create_function(aws, name, f"{PATIENT.stem}.handler", files, variables)


def create_function(
    aws: Ministack,
    name: str,
    handler: str,
    files: Mapping[str, str],
    environ: Mapping[str, str] | None = None,
) -> str:
    """Make a function of some files; give its ARN.

    Nothing in its environment is of this process, but ``environ`` and what ministack needs.
    """
    made = aws.client("lambda").create_function(
        FunctionName=name,
        Runtime=RUNTIME,
        Role=ROLE,
        Handler=handler,
        Timeout=TIMEOUT_S,
        Code={"ZipFile": _zipped(files)},
        Environment={"Variables": dict(environ or {})},
    )
    arn: str = made["FunctionArn"]
    return arn


def invoke(aws: Ministack, name: str, document: object) -> Answer:
    """Call a function and wait for its answer."""
    payload = json.dumps(document).encode()
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=payload)
    with answer["Payload"] as body:
        return Answer(json.loads(body.read()), answer.get("FunctionError"))


def _document(case: Case) -> Mapping[str, object]:
    return {
        "operation": case.operation,
        "arguments": case.arguments,
        "response": case.response,
    }


def _zipped(files: Mapping[str, str]) -> bytes:
    """Zip files; none at all is no code for Lambda, so a README is always there."""
    zipped = BytesIO()
    with ZipFile(zipped, "w") as archive:
        archive.writestr("README", "Made by the tests.")
        for name, text in files.items():
            archive.writestr(name, text)
    return zipped.getvalue()
