"""``make aws-local``: AWS on this machine, with the tables, the sample data, functions and bus."""

from __future__ import annotations

import signal
import sys
from shlex import quote

from fanscore_adapters.embedded.stand_ins import default_sample
from tests.aws.system import AwsSystem, aws_system


def main() -> None:
    """Run until Ctrl-C, or until somebody ends it."""
    for each in (signal.SIGINT, signal.SIGTERM):  # a shell has its background jobs ignore SIGINT
        signal.signal(each, signal.default_int_handler)
    try:
        with aws_system(default_sample(), "WARNING") as system:
            sys.stdout.write(answer(system))
            sys.stdout.flush()
            while True:
                signal.pause()
    except KeyboardInterrupt:
        sys.stdout.write("Stopped; nothing is kept.\n")


def answer(system: AwsSystem) -> str:
    """Say what to export, as lines that a shell can run."""
    exports = [f"export {name}={quote(value)}" for name, value in system.environ.items()]
    return "\n".join(["# AWS runs here until Ctrl-C. In another shell:", *exports, "\n"])


if __name__ == "__main__":
    main()
