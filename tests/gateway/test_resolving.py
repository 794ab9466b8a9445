from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import cast

from fanscore_appsync.app import Response
from fanscore_appsync.fields import FIELDS
from fanscore_appsync.local.graphql.limits import Limits
from fanscore_appsync.testing import appsync_event, user
from tests.e2e.local_system import local_system
from tests.gateway.served import Handler, Served, served
from tests.patience import AMPLE_S

Json = Mapping[str, object]

QUERY = "{demand{records{items{eventId event{id}}}}}"
BATCH_SIZE = FIELDS["DemandRecord.event"].batch_size


def records(count: int, prefix: str = "event") -> Response:
    """Answer with so many records of different events."""
    return listing(*({"eventId": f"{prefix}{number}"} for number in range(count)))


def listing(*items: Json) -> Response:
    """Answer with a page of records."""
    return Response({"data": {"items": items, "nextToken": None}})


def details(events: Sequence[Json]) -> Response:
    """Answer a batch with the details of each parent's event; without one, with an error."""
    error = {"data": None, "errorMessage": "No", "errorType": "404", "errorInfo": {"code": "X"}}
    ids = [source.get("eventId") for source in map(_source, events)]
    return Response([{"data": {"id": each}} if each != "none" else error for each in ids])


def _source(event: Json) -> Json:
    source = event["source"]
    assert isinstance(source, dict)
    return source


def handler_of(parents: Response) -> Handler:
    """Make a handler that answers with these records, and with the details of any event."""

    def handler(event: object, _time_left_s: float) -> Response:
        if isinstance(event, list):
            return details(event)
        assert isinstance(event, dict)
        return parents if event["info"]["fieldName"] == "records" else Response({"data": {}})

    return handler


def batches(gateway: Served) -> list[list[object]]:
    """Give the parents' event ids of each batch that the handler got."""
    return [
        [_source(each)["eventId"] for each in event]
        for event in gateway.events
        if isinstance(event, list)
    ]


def test_the_items_of_a_list_go_out_as_one_batch() -> None:
    """The child field of all items of a list is resolved by one call."""
    with served(handler_of(records(3))) as gateway:
        response = gateway.asked(QUERY)
    shown = [{"eventId": each, "event": {"id": each}} for each in ("event0", "event1", "event2")]
    assert response == {"data": {"demand": {"records": {"items": shown}}}}
    assert batches(gateway) == [["event0", "event1", "event2"]]


def test_batches_are_no_larger_than_configured() -> None:
    """A longer list goes out as several batches."""
    with served(handler_of(records(2 * BATCH_SIZE + 1))) as gateway:
        gateway.asked(QUERY)
    assert sorted(map(len, batches(gateway))) == [1, BATCH_SIZE, BATCH_SIZE]


def test_a_cached_item_is_not_sent_again() -> None:
    """What is cached of a list is left out of its batch, and equal items go out once."""
    with served(handler_of(records(2))) as gateway:
        gateway.asked(QUERY)
        gateway.asked(QUERY)
        assert batches(gateway) == [["event0", "event1"]]
    twice = listing({"eventId": "same"}, {"eventId": "same"})
    with served(handler_of(twice)) as gateway:
        gateway.asked(QUERY)
        assert batches(gateway) == [["same"]]


def test_an_error_of_one_item() -> None:
    """One bad item has its own error, and spoils no other; it is asked for again next time."""
    parents = listing({"eventId": "none"}, {"eventId": "some"})
    with served(handler_of(parents)) as gateway:
        response = gateway.asked(QUERY)
        gateway.asked(QUERY)
    assert response == {
        "data": {
            "demand": {
                "records": {
                    "items": [
                        {"eventId": "none", "event": None},
                        {"eventId": "some", "event": {"id": "some"}},
                    ]
                }
            }
        },
        "errors": [
            {
                "path": ["demand", "records", "items", 0, "event"],
                "locations": [{"line": 1, "column": 31, "sourceName": None}],
                "data": None,
                "errorType": "404",
                "errorInfo": {"code": "X"},
                "message": "No",
            }
        ],
    }
    assert batches(gateway) == [["none", "some"], ["none"]]


def test_lists_of_different_paths_are_different_batches() -> None:
    """Two lists of one request are two batches, as they are two fields for AppSync."""
    query = "{demand{a:records{items{event{id}}} b:records{items{event{name:id}}}}}"

    def handler(event: object, _time_left_s: float) -> Response:
        if isinstance(event, list):
            return details(event)
        assert isinstance(event, dict)
        if event["info"]["fieldName"] == "demand":
            return Response({"data": {}})
        is_first = "items/event/id" in event["info"]["selectionSetList"]
        return records(2, "a" if is_first else "b")

    with served(handler) as gateway:
        gateway.asked(query)
    assert sorted(batches(gateway)) == [["a0", "a1"], ["b0", "b1"]]


def test_sibling_fields_run_at_the_same_time() -> None:
    """The calls of sibling fields do not wait for each other."""
    meeting = threading.Barrier(3, timeout=AMPLE_S)

    def handler(event: object, _time_left_s: float) -> Response:
        assert isinstance(event, dict)
        if event["info"]["parentTypeName"] == "VFApi":
            meeting.wait()
        return Response({"data": {}})

    query = (
        '{api{a:campaign(campaignId:"a"){__typename} b:campaign(campaignId:"b"){__typename}'
        " lnaaMembership{__typename}}}"
    )
    with served(handler) as gateway:
        response = gateway.asked(query)
    campaign = {"__typename": "Campaign"}
    shown = {"a": campaign, "b": campaign, "lnaaMembership": {"__typename": "LnaaMembership"}}
    assert response == {"data": {"api": shown}}


def test_mutations_run_one_after_another() -> None:
    """The root fields of a mutation are called in written order, each after the one before."""
    second_began = threading.Event()
    seen: list[object] = []

    def handler(event: object, _time_left_s: float) -> Response:
        assert isinstance(event, dict)
        name = event["info"]["fieldName"]
        if name == "checkLiveness":
            second_began.set()
        else:
            seen.append(second_began.wait(0.1))
        seen.append(name)
        return Response({"data": {}})

    with served(handler) as gateway:
        gateway.asked("mutation{lnaaActivate{__typename} checkLiveness{__typename}}")
    assert seen == [False, "lnaaActivate", "checkLiveness"]


def test_the_whole_request_is_out_of_time() -> None:
    """A handler that does not come back in time is an error of the request, not a hang."""
    release = threading.Event()

    def handler(event: object, _time_left_s: float) -> Response:
        assert isinstance(event, dict)
        if event["info"]["parentTypeName"] == "VFApi":
            release.wait(AMPLE_S)
        return Response({"data": {}})

    with served(handler, Limits(request_s=1.0)) as gateway:
        response = gateway.asked("{api{lnaaMembership{__typename}}}")
        release.set()
    assert response == {
        "data": None,
        "errors": [
            {
                "path": None,
                "locations": None,
                "data": None,
                "errorType": "ExecutionTimeout",
                "errorInfo": None,
                "message": "The request took too long",
            }
        ],
    }


def test_a_handler_that_raises() -> None:
    """An exception of the handler is an internal error with an id, and nothing of its text."""

    def handler(event: object, _time_left_s: float) -> Response:
        assert isinstance(event, dict)
        if event["info"]["parentTypeName"] == "VFApi":
            raise ValueError("secret")
        return Response({"data": {}})

    with served(handler) as gateway:
        response = gateway.asked("{api{lnaaMembership{__typename}}}")
        assert [type(each) for each in gateway.reports] == [ValueError]
    assert response == {
        "data": {"api": {"lnaaMembership": None}},
        "errors": [
            {
                "path": ["api", "lnaaMembership"],
                "locations": [{"line": 1, "column": 6, "sourceName": None}],
                "data": None,
                "errorType": "500",
                "errorInfo": {"code": "INTERNAL", "id": "report-0"},
                "message": "Internal error",
            }
        ],
    }


def event_of(event_id: str, *, envelope: bool = False) -> object:
    """Make the event that asks for a record's event."""
    source = {"eventId": event_id, "saleId": "s"}
    return appsync_event(
        "DemandRecord.event", {}, user("user123"), source=source, envelope=envelope
    )


def test_a_record_of_an_unknown_event() -> None:
    """A child whose object is not there is null without error, plainly, enveloped or in a batch."""
    with local_system() as system:
        assert system.answer(event_of("no-such")) is None
        assert system.answer(event_of("no-such", envelope=True)) == {"data": None}
        (known, unknown) = cast(
            "Sequence[Json]", system.answer([event_of("disco456"), event_of("no-such")])
        )
    assert cast("Json", known["data"])["id"] == "disco456"
    assert unknown == {"data": None}


def test_saving_a_record_of_an_unknown_event() -> None:
    """A save whose event is not known succeeds, with its record and without errors."""
    save = (
        'mutation{demandRecordSave(input:{eventId:"no-such",saleId:"s"})'
        "{status record{eventId event{id}}}}"
    )
    record = {"eventId": "no-such", "event": None}
    with served() as gateway:
        saved = gateway.asked(save)
        listed = gateway.asked('{demand{records(eventId:"no-such"){items{eventId event{id}}}}}')
    assert saved == {"data": {"demandRecordSave": {"status": "SUCCESS", "record": record}}}
    assert listed == {"data": {"demand": {"records": {"items": [record]}}}}
