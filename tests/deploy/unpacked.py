"""The package, unpacked and run as on Lambda: with the standard library and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import attrs

from deploy.package import Package
from tests.aws.functions import CONSUMER_HANDLERS, HANDLER, IDV_HANDLER

PROCESS = Path(__file__).with_name("lambda_process.py")
HANDLERS = (HANDLER, IDV_HANDLER, *CONSUMER_HANDLERS.values())

# No folder but the standard library's is looked into, and no variable of Python's is read.
_ALONE = ("-I", "-S", "-W", "error")


@attrs.frozen
class Unpacked:
    """A folder with what is in a package, and nothing else."""

    folder: Path

    def invoke(self, handler: str, event: object, environ: Mapping[str, str]) -> object:
        """Call a handler in a process of its own, and give its answer.

        Raises:
            CalledProcessError: it could not be imported, or raised.
        """
        done = subprocess.run(
            [sys.executable, *_ALONE, PROCESS, self.folder, handler],
            input=json.dumps(event),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env={
                "PATH": os.defpath,
                "LANG": "C.UTF-8",
                "AWS_LAMBDA_FUNCTION_NAME": "function",
                **environ,
            },
        )
        return json.loads(done.stdout.splitlines()[-1])


def unpacked(package: Package, folder: Path) -> Unpacked:
    """Unpack a package into an empty folder."""
    with ZipFile(BytesIO(package.content)) as archive:
        archive.extractall(folder)
    return Unpacked(folder)
