from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

import attrs
import pytest

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.documents.user_event import detail_document
from fanscore_adapters.embedded.event_bus import Recorder
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.embedded.stand_ins import Sample
from fanscore_adapters.http.webhooks import Webhooks
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_core.errors import Unavailable
from fanscore_core.ports.consumers import Post, PostNotification, PostSync
from tests.aws.parties import parties
from tests.contracts.asking import asked, said
from tests.contracts.user_events import BARE, FULL, NOW
from tests.plain_http import patient_client

NOTIFICATION, SYNC = "notification_endpoint", "sync_endpoint"
BOTH = (NOTIFICATION, SYNC)
PATHS = {NOTIFICATION: "/notification", SYNC: "/sync"}

Posted: TypeAlias = Mapping[str, tuple[str, object]]
"""What endpoints have: a system and a document by idempotency key, by which they know a post."""


@attrs.frozen
class Endpoints:
    """Endpoints, and the adapter that posts to them.

    Attributes:
        adapter: what is tested.
        posted: what they have.
    """

    adapter: Adapter
    posted: Callable[[], Posted]


Open: TypeAlias = Callable[[Collection[str], Collection[str]], AbstractContextManager[Endpoints]]
"""Opens some systems, of which some give no usable answer."""


@contextmanager
def recorder(systems: Collection[str], outages: Collection[str]) -> Iterator[Endpoints]:
    """Keep what is posted."""
    with EventStore(IN_MEMORY) as events:

        def posted() -> Posted:
            return {key: (system, json.loads(text)) for key, system, text in events.posts()}

        adapter = Recorder(events, frozenset(systems), lambda: NOW, frozenset(outages))
        yield Endpoints(adapter, posted)


@contextmanager
def webhooks(systems: Collection[str], outages: Collection[str]) -> Iterator[Endpoints]:
    """Post to a server on loopback; where there is an outage, to a path that it does not know."""
    with (
        parties(Sample({}, {})) as served,
        patient_client() as client,
    ):
        system_of = {path: system for system, path in PATHS.items()}
        urls = {
            system: f"{served.url}{'/canary' if system in outages else PATHS[system]}"
            for system in systems
        }

        def posted() -> Posted:
            return {
                post.idempotency_key: (system_of[post.path], post.document) for post in served.posts
            }

        yield Endpoints(Webhooks(urls, client, lambda _: None), posted)


ADAPTERS: Mapping[str, Open] = {"recorder": recorder, "webhooks": webhooks}


@pytest.fixture(params=ADAPTERS.values(), ids=list(ADAPTERS))
def open_endpoints(request: pytest.FixtureRequest) -> Open:
    """Give what opens each adapter in turn."""
    made: Open = request.param
    return made


POSTS: Mapping[str, Post] = {
    "notification": PostNotification(FULL, "key-1"),
    "sync": PostSync(FULL, "key-2"),
    "bare": PostSync(BARE, "key-3"),
}


@pytest.mark.parametrize("systems", [(), (NOTIFICATION,), (SYNC,), BOTH])
def test_an_adapter_names_the_endpoints_that_it_has(
    open_endpoints: Open, systems: Collection[str]
) -> None:
    """Each kind of post is the adapter's under the endpoint's name, if it has that endpoint."""
    every = {PostNotification: NOTIFICATION, PostSync: SYNC}
    with open_endpoints(systems, ()) as endpoints:
        assert endpoints.adapter.systems == {
            kind: system for kind, system in every.items() if system in systems
        }


@pytest.mark.parametrize("post", POSTS.values(), ids=list(POSTS))
def test_a_post_reaches_its_endpoint(open_endpoints: Open, post: Post) -> None:
    """The endpoint gets the event's detail whole, and the key to know it by."""
    with open_endpoints(BOTH, ()) as endpoints:
        system = endpoints.adapter.systems[type(post)]
        assert said(endpoints.adapter, post) == [(None, system)]
        assert endpoints.posted() == {post.idempotency_key: (system, detail_document(post.event))}


def test_a_post_that_is_made_again(open_endpoints: Open) -> None:
    """A post may be made again, at once or later: it has the same key, and is the same post."""
    post = POSTS["sync"]
    with open_endpoints(BOTH, ()) as endpoints:
        assert said(endpoints.adapter, post, post) == [(None, SYNC)] * 2
        assert said(endpoints.adapter, post) == [(None, SYNC)]
        assert endpoints.posted() == {"key-2": (SYNC, detail_document(FULL))}


def test_several_posts_at_once(open_endpoints: Open) -> None:
    """Posts that are made together are each made, and answered in order."""
    posts = list(POSTS.values())
    with open_endpoints(BOTH, ()) as endpoints:
        assert said(endpoints.adapter, *posts) == [(None, NOTIFICATION), (None, SYNC), (None, SYNC)]
        assert endpoints.posted() == {
            "key-1": (NOTIFICATION, detail_document(FULL)),
            "key-2": (SYNC, detail_document(FULL)),
            "key-3": (SYNC, detail_document(BARE)),
        }


def test_each_post_goes_in_one_call(open_endpoints: Open) -> None:
    """However an adapter splits what is asked together, each post is made once, in order."""
    with open_endpoints(BOTH, ()) as endpoints:
        groups = endpoints.adapter.split([asked(post) for post in POSTS.values()])
    assert [index for group in groups for index in group] == list(range(len(POSTS)))


@pytest.mark.parametrize("down", BOTH)
def test_an_endpoint_that_fails(open_endpoints: Open, down: str) -> None:
    """A post that an endpoint does not take is unavailable by its name; the other one is made."""
    posts = {NOTIFICATION: POSTS["notification"], SYNC: POSTS["sync"]}
    with open_endpoints(BOTH, {down}) as endpoints:
        answers = {source: answer for answer, source in said(endpoints.adapter, *posts.values())}
        posted = endpoints.posted()
    failure = str(answers.pop(down))
    assert failure.startswith(f"{Unavailable.__name__}(system={down!r}")
    assert "canary" not in failure
    del posts[down]
    assert answers == dict.fromkeys(posts)
    assert posted == {
        post.idempotency_key: (system, detail_document(post.event))
        for system, post in posts.items()
    }


def test_no_posts_are_made_too(open_endpoints: Open) -> None:
    """An adapter that is asked nothing answers nothing, and posts nothing."""
    with open_endpoints(BOTH, ()) as endpoints:
        assert said(endpoints.adapter) == []
        assert endpoints.posted() == {}
