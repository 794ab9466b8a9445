"""What a cold start on AWS loads and makes, counted: how long it takes is for the benchmarks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TypeAlias, cast

from fanscore_appsync.fields import FIELDS
from tests.unit.fanscore_appsync.samples import score_event

Counted: TypeAlias = tuple[list[str], int, list[str]]
"""Our modules, how many attrs classes of ours, and which libraries."""

# The event has no time left, so that nobody is asked; what a call of ARM needs is looked up apart.
COUNTED = """
import gc, json, sys
from fanscore_appsync import handler

def counted():
    gc.unfreeze()  # what is frozen, gc does not list
    ours = sorted(name for name in sys.modules if name.startswith("fanscore_"))
    classes = {
        f"{each.__module__}.{each.__qualname__}"
        for each in gc.get_objects()
        if isinstance(each, type) and "__attrs_attrs__" in vars(each)
    }
    ours_of_attrs = [name for name in classes if name.startswith("fanscore_")]
    return ours, len(ours_of_attrs), sorted({*sys.modules} & {"cattrs", "httpx", "boto3"})

imported = counted()
event = json.load(sys.stdin)
assert handler.app().answer(event, 0).response["error"]["errorType"] == "504"
from fanscore_core.ports.arm_scoring import ArmScore
handler.app().api.calls[ArmScore]
print(json.dumps([imported, counted()]))
"""

ENVIRON = {
    "AWS_LAMBDA_FUNCTION_NAME": "fanscore",
    "AWS_REGION": "eu-west-1",
    "FANSCORE_BACKEND": "aws",
    "FANSCORE_LNAA_URL": "https://lnaa.example.com",
    "FANSCORE_LNAA_TOKEN": "made-up",
}

MOST_CLASSES = 81
MOST_CLASSES_OF_A_SCORE = 102
"""So many attrs classes are made: half a millisecond each."""

GROUPS = (
    "fanscore_adapters.documents.calls.",
    "fanscore_appsync.routes.",
    "fanscore_core.pipelines.",
    "fanscore_core.ports.",
)
"""Of what is in these, each field needs little."""

OF_A_SCORE = [
    "fanscore_adapters.documents.calls.arm_scoring",
    "fanscore_appsync.routes.scores",
    "fanscore_core.pipelines.account_scoring",
    "fanscore_core.ports.account_fanscore",
    "fanscore_core.ports.arm_scoring",
    "fanscore_core.ports.demand",
    "fanscore_core.ports.fan_identity",
]

OF_OTHERS = {
    "fanscore_adapters.aws.eventbridge",
    "fanscore_adapters.aws.rekognition",
    "fanscore_adapters.documents.policy",
    "fanscore_adapters.documents.receipts",
    "fanscore_adapters.items.consumers",
    "fanscore_adapters.items.demand",
    "fanscore_adapters.items.entries",
    "fanscore_adapters.items.receipts",
    "fanscore_adapters.items.verification",
    "fanscore_appsync.pages",
    "fanscore_appsync.receipts",
    "fanscore_appsync.shadow",
    "fanscore_core.demand",
    "fanscore_core.liveness",
    "fanscore_core.merging",
    "fanscore_core.receipt",
    "fanscore_core.user_events",
}


def of_groups(modules: list[str]) -> list[str]:
    """Return the modules that are in one of the groups."""
    return [name for name in modules if name.startswith(GROUPS)]


def counted(**more: str) -> list[Counted]:
    """Count after the import, and after a score."""
    others = {name: value for name, value in os.environ.items() if "AWS" not in name}
    shown = subprocess.run(
        [sys.executable, "-c", COUNTED],
        input=json.dumps(score_event(envelope=True)),
        check=True,
        capture_output=True,
        text=True,
        env={**others, **ENVIRON, **more},
    )
    return cast("list[Counted]", json.loads(shown.stdout.splitlines()[-1]))


def test_the_first_field_loads_what_it_needs() -> None:
    """A cold start, and the first score, load no module of another field, and make few classes."""
    imported, scored = counted(AWS_LAMBDA_INITIALIZATION_TYPE="on-demand")
    assert (of_groups(imported[0]), of_groups(scored[0])) == ([], OF_A_SCORE)
    assert {*scored[0]} & OF_OTHERS == set()
    assert imported[1] <= MOST_CLASSES
    assert scored[1] <= MOST_CLASSES_OF_A_SCORE
    assert (imported[2], scored[2]) == ([], ["cattrs"])


def test_all_is_loaded_where_no_call_waits() -> None:
    """A function that starts ahead of all calls loads every field, and no call loads anything."""
    imported, scored = counted(AWS_LAMBDA_INITIALIZATION_TYPE="provisioned-concurrency")
    routes = {field.given.__module__ for field in FIELDS.values()}
    assert {*OF_A_SCORE, *routes} <= {*imported[0]}
    assert of_groups(imported[0]) == of_groups(scored[0])
