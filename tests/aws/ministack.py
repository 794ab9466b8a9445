"""A ministack: AWS on loopback, with DynamoDB, Lambda, EventBridge and SQS.

It is a process of its own, in an environment of its own, and ends with the process that started
it. Starting it takes about 0.3 s.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from errno import ENOENT
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
from boto3.session import Session
from botocore.client import BaseClient
from botocore.config import Config

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".ministack/bin/python"

HOST = "127.0.0.1"
REGION = "eu-west-1"
ACCOUNT = "000000000000"
"""The account, and the access key: ministack takes twelve digits for the account to use."""

SECRET = "made-up"
START_S = 600.0
MAX_CONNECTIONS = 32
KEEP_ALIVE_S = 600
"""How long a connection may lie idle; no test takes that long, so none meets a closed one."""

SERVICES = ("appsync", "dynamodb", "events", "lambda", "sqs")
"""What fanscore calls, and where failures go: all that most tests need."""


@attrs.frozen
class Ministack:
    """A server that runs.

    Attributes:
        port: on loopback.
    """

    port: int
    _stack: ExitStack
    _clients: dict[str, BaseClient] = attrs.field(factory=dict, init=False, repr=False)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self.port}"

    @property
    def environ(self) -> Mapping[str, str]:
        """What finds the server from another process, or from the code that is tested."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def client(self, service: str) -> BaseClient:
        """Give a plain client, to set up and to inspect with; one for each service.

        It asks this server whatever the environment says, and repeats no call.
        """
        if service not in self._clients:
            self._clients[service] = self._stack.enter_context(closing(self.connect(service)))
        return self._clients[service]

    def connect(self, service: str) -> BaseClient:
        """Make a client as ``client`` gives it, for somebody who closes it."""
        session = Session(ACCOUNT, SECRET, region_name=REGION)
        config = Config(max_pool_connections=MAX_CONNECTIONS, retries={"total_max_attempts": 1})
        return session.client(service, endpoint_url=self.url, config=config)

    def reset(self) -> None:
        """Forget everything, warm functions too; about 10 ms, and 0.2 s for each of these later."""
        self.ask("POST", "reset")

    def ask(self, method: str, what: str) -> None:
        """Ask ministack for something that AWS does not have.

        Raises:
            OSError: it is not there.
        """
        with closing(HTTPConnection(HOST, self.port, timeout=START_S)) as connection:
            connection.request(method, f"/_ministack/{what}")
            status = connection.getresponse().status
        assert status == HTTPStatus.OK


@contextmanager
def ministack(
    log_level: str = "ERROR",
    services: Sequence[str] = SERVICES,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Ministack]:
    """Start a server on a free port, and end it with all that it started.

    Args:
        log_level: of what it writes to standard error.
        services: that it has; by ministack's names.
        environ: more settings of ministack.

    Raises:
        FileNotFoundError: it is not installed; ``make .ministack/.ready`` does that.
        OSError: it does not start.
    """
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        socket.create_server((HOST, 0)) as listening,
    ):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        port: int = listening.getsockname()[1]
        # Leaving the process ends it: its standard input is closed then.
        settings = {
            **_environ(port, folder),
            "LOG_LEVEL": log_level,
            "SERVICES": ",".join(services),
            **(environ or {}),
        }
        with _process(listening.fileno(), settings), ExitStack() as stack:
            listening.close()
            server = Ministack(port, stack)
            server.ask("GET", "health")  # It listens already, and answers as soon as it can.
            yield server


def _process(socket_fd: int, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    if not PYTHON.exists():
        raise FileNotFoundError(ENOENT, "make .ministack/.ready", str(PYTHON))
    served = [f"--bind=fd://{socket_fd}", "--workers=0", f"--keep-alive={KEEP_ALIVE_S}"]
    return subprocess.Popen(
        # -P: the file beside it that is called ministack is not meant.
        [PYTHON, "-P", HERE / "ministack_process.py", *served, "--log-level=ERROR"],
        stdin=subprocess.PIPE,
        pass_fds=[socket_fd],
        start_new_session=True,
        env=environ,
    )


def _environ(port: int, folder: str) -> Mapping[str, str]:
    """Give all that the server and its functions are to know of this machine."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "TMPDIR": folder,
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.05",
    }
