"""A snapshot of an app that is wired, as SnapStart takes it, and copies that start from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# A fork is such a copy. Python seeds its generator again in a fork, as it does not in a copy that
# Lambda starts: so each child first gets back the state that was in the snapshot.
START = """
import json, os, random, sys, threading, types
hooks = types.ModuleType("snapshot_restore_py")
hooks.after = []
hooks.register_after_restore = hooks.after.append
hooks.__spec__ = types.SimpleNamespace(name=hooks.__name__)
sys.modules[hooks.__name__] = hooks

from fanscore_appsync.handler import app, handler
made = app.cache_info().currsize
state = random.getstate()
open_files = [os.readlink(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd")
              if os.path.exists(f"/proc/self/fd/{each}")]
sockets = [each for each in open_files if each.startswith("socket:")]

def copy():
    reader, writer = os.pipe()
    if not os.fork():
        random.setstate(state)
        for each in hooks.after:
            each()
        event = {"info": {"parentTypeName": "Query", "fieldName": "api"}, "arguments": {}}
        found = [handler(event), app().mint(), random.random()]
        os.write(writer, json.dumps(found).encode())
        os._exit(0)
    os.wait()
    return json.loads(os.read(reader, 9999))

found = [made, sockets, threading.active_count(), copy(), copy()]
print()
print(json.dumps(found))
"""


@pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="looks at open files as Linux has it"
)
def test_copies_share_nothing_that_must_differ() -> None:
    """At the snapshot the app is wired, without a connection or thread; ids and pauses differ."""
    environ = {
        **os.environ,
        "FANSCORE_BACKEND": "aws",
        "FANSCORE_LNAA_URL": "http://127.0.0.1/never-called",
        "FANSCORE_LNAA_TOKEN": "made-up",
        "AWS_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "fanscore",
    }
    command = [sys.executable, "-c", START]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    made, sockets, threads, one, other = json.loads(run.stdout.splitlines()[-1])
    assert (made, sockets, threads) == (1, [], 1)
    assert one[0] == other[0] == {}
    assert len({one[1], other[1]}) == len({one[2], other[2]}) == 2
