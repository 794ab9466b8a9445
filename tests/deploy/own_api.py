"""An API with a table, a function and a setting of its own, for the template and the package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

from deploy.own import Own
from deploy.resolvers import TEMPLATE, Deployment, refreshed
from fanscore_appsync.api import API
from fanscore_appsync.fields import FIELDS

FIELD = "VFApi.presaleGroup"
PRESALE = Deployment(
    schema=API.sdl() + "\nextend type VFApi {\n  presaleGroup(campaignId: ID!): Campaign\n}\n",
    fields={**FIELDS, FIELD: FIELDS["VFApi.campaign"]},
    own=Own(
        api="presale.api:PRESALE",
        tables={"loyalty_table": frozenset({"dynamodb:BatchGetItem", "dynamodb:PutItem"})},
        functions=["crm_proxy"],
        settings=["PARTNER_URL"],
    ),
)

PROBE = '''
import os

import boto3


def handler(event, context):
    """Do with the table and the function what the template lets the resolver do."""
    table = os.environ["FANSCORE_TABLE_LOYALTY_TABLE"]
    key = {"PK": {"S": "fan:user123"}, "SK": {"S": "points"}}
    dynamodb = boto3.client("dynamodb")
    dynamodb.put_item(TableName=table, Item={**key, "points": {"N": "7"}})
    found = dynamodb.batch_get_item(RequestItems={table: {"Keys": [key]}})["Responses"][table]
    try:
        dynamodb.delete_item(TableName=table, Key=key)
        deletion = "done"
    except dynamodb.exceptions.ClientError as error:
        deletion = error.response["Error"]["Code"]
    function = os.environ["FANSCORE_FUNCTION_CRM_PROXY"] or "crm_proxy"
    asked = boto3.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    return {
        "points": found[0]["points"]["N"],
        "deletion": deletion,
        "crm": asked["Payload"].read().decode(),
        "api": os.environ["FANSCORE_API"],
        "partner": os.environ["PARTNER_URL"],
    }
'''


def write_template(folder: Path) -> Path:
    """Write the template of the API."""
    path = folder / "presale.yaml"
    path.write_text(refreshed(TEMPLATE.read_text(encoding="utf-8"), PRESALE), encoding="utf-8")
    return path


def write_wheel(
    folder: Path, name: str = "presale-1.0-py3-none-any.whl", files: Sequence[str] = ()
) -> Path:
    """Write a wheel of the API; its handler tries out what the resolver may do.

    Args:
        folder: where.
        name: of the file.
        files: the names of more files in it.
    """
    written = {
        "presale/__init__.py": "",
        "presale/probe.py": PROBE,
        "presale/presale.graphql": "type Presale { id: ID }\n",
        "presale-1.0.dist-info/METADATA": "Metadata-Version: 2.4\nName: presale\nVersion: 1.0\n",
        "presale-1.0.dist-info/RECORD": "",
        **dict.fromkeys(files, ""),
    }
    path = folder / name
    with ZipFile(path, "w") as wheel:
        for each, text in written.items():
            wheel.writestr(each, text)
    return path
