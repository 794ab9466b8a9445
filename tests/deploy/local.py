"""``make deploy-local``: deploy to an emulator of AWS, use what is there, and take it down."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.package import zip_of
from tests.aws.waiting import wait_for
from tests.deploy.deployed import FINISHED, STACK, Deployed, deployed, sample_of
from tests.event_ids import entry_id

SCORE = """query Score($fan: ID!) {
  api { accountFanscore(globalUserId: $fan, eventId: "evt456") { score reasons { code points } } }
}"""
ENTRY = 'mutation { upsertEntry(input: {campaignId: "camp1", requestId: "entry-1"}) { status } }'


def main() -> None:
    """Tell the story of the package that ``make package`` has made."""
    with TemporaryDirectory() as folder:
        for line in story(zip_of("x86_64"), Path(folder)):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


def story(package: Path, folder: Path) -> Iterator[str]:
    """Deploy a package, use what is there and take it down; say by lines what happens."""
    yield "Starting an emulator of AWS, and deploying to it"
    with deployed(package, folder) as stack:
        cloudformation = stack.aws.client("cloudformation")
        resources = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
        yield f"Deployed {STACK}: {len(resources)} resources"
        yield from (f"  {name}: {value}" for name, value in sorted(stack.outputs.items()))
        yield from _use(stack)
    yield "Taken down; nothing is kept."


def _use(stack: Deployed) -> Iterator[str]:
    fan = stack.log_in()
    stack.load(sample_of(fan))
    yield f"Loaded the sample data; logged in as {fan.id}"
    score = stack.ask_as(fan, SCORE, {"fan": fan.id})
    yield f"accountFanscore: {score.document['data']}"
    entry = stack.ask_as(fan, ENTRY)
    yield f"upsertEntry: {entry.document['data']}"
    event = entry_id(fan.id, "entry-1")
    wait_for(lambda: stack.marks(event) == FINISHED)
    done = ", ".join(map(str, stack.marks(event)))
    yield f"Consumers: {done} done; posted to {stack.posts(event)}"


if __name__ == "__main__":
    main()
