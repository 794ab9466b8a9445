"""Tables in DynamoDB.

The items that a round looks up come in one ``BatchGetItem`` across tables, prefix reads as
``Query``; writes are conditional. What was left over or collided is tried again here; failed calls
are botocore's to repeat.

See docs/reference/aws.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from time import monotonic, perf_counter, sleep
from typing import TypeAlias, cast

import attrs
from tenacity import Retrying, retry_if_exception, retry_if_result, wait_random_exponential
from tenacity.retry import retry_base

from fanscore_adapters.adapter import Parts, fetch_in_groups, late
from fanscore_adapters.aws.client import (
    NO_TIME,
    AwsClient,
    AwsError,
    OutOfTimeError,
    answer_one,
    malformed,
)
from fanscore_adapters.backoff import pause
from fanscore_adapters.dynamodb.pages import NEWEST, in_range, one_page, pages
from fanscore_adapters.dynamodb.values import read_item, read_optional
from fanscore_adapters.dynamodb.writes import (
    cancellation_reasons,
    collided,
    put_request,
    unmet_put,
)
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import (
    Item,
    Operations,
    PrefixRead,
    Put,
    Refused,
    Write,
    refusal,
)
from fanscore_adapters.items.tables import OPERATIONS
from fanscore_adapters.retries import attempted, retrying
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import Unavailable

READ_S = 3.0
"""How long one attempt waits for data."""

MAX_KEYS = 100
"""The most keys that one ``BatchGetItem`` takes, over all tables
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html).
"""

MAX_ATTEMPTS = 5
"""For keys that DynamoDB leaves over, and for transactions that collide."""

_left_over_wait = wait_random_exponential(multiplier=0.05, max=1)

# The codes that may mean one table alone.
_OF_A_TABLE = frozenset(
    {"AccessDeniedException", "ResourceNotFoundException", "ValidationException"}
)

Place: TypeAlias = "tuple[str, Key]"
"""A table, and a key in it."""


@attrs.define(eq=False, repr=False)
class _Found:
    """What a batch read has come to so far.

    Attributes:
        items: by place, as DynamoDB writes them.
        failed: why a table could not be read, by table.
        calls: that were made.
    """

    items: dict[Place, object] = attrs.field(factory=dict)
    failed: dict[str, Exception] = attrs.field(factory=dict)
    calls: int = 0


@attrs.frozen(eq=False, repr=False)
class DynamoDb:
    """The adapter that answers the questions to tables from DynamoDB.

    Attributes:
        client: of DynamoDB.
        names: of the tables in this account, by those that the operations have.
        operations: what is asked of the tables.
        wait: lets seconds pass between attempts.
        clock: the one that asks expire by.
    """

    client: AwsClient
    names: Mapping[str, str]
    operations: Operations = attrs.field(default=OPERATIONS, kw_only=True, repr=False)
    wait: Callable[[float], None] = sleep
    clock: Callable[[], float] = monotonic

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The table behind each question."""
        return self.operations.systems

    def split(self, asks: Sequence[Ask], /) -> Sequence[Sequence[int]]:
        """Look up to ``MAX_KEYS`` items up in one call; all else goes apart."""
        groups: list[list[int]] = []
        lookups: list[int] = []
        places: set[Place] = set()
        for index, ask in enumerate(asks):
            if type(ask.question) not in self.operations.lookups:
                groups.append([index])
                continue
            place = self._place(ask.question)
            if len(places | {place}) > MAX_KEYS:
                groups.append(lookups)
                lookups, places = [], set()
            lookups.append(index)
            places.add(place)
        return [*groups, lookups] if lookups else groups

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return fetch_in_groups(asks, self.split(asks), self._fetch_group)

    def parts(self, asks: Sequence[Ask], /) -> Parts | None:
        """Read the prefixes of one question at the same time."""
        read = self.operations.prefix_reads.get(type(asks[0].question))
        keys = read.keys(asks[0].question) if read else ()
        if read is None or len(keys) == 1:
            return None
        calls = [partial(self._read_prefix, asks[0], read, key) for key in keys]
        return Parts(calls, partial(_join, asks[0], read))

    def _fetch_group(self, asks: Sequence[Ask]) -> Sequence[Answered]:
        kind = type(asks[0].question)
        if kind in self.operations.lookups:
            return self._look_up(asks)
        (ask,) = asks
        read = self.operations.prefix_reads.get(kind)
        if read is None:
            return [self._perform(ask)]
        return [self._query(ask, read) if read.limit is None else self._query_page(ask, read)]

    # Looking items up

    def _look_up(self, asks: Sequence[Ask]) -> list[Answered]:
        started_at = perf_counter()
        found = _Found()
        wanted = self._wanted(asks)
        self._batch_read(wanted, max(ask.expires_at for ask in asks), found)
        took_s = perf_counter() - started_at
        answers = [self._looked_up(ask, found) for ask in asks]
        systems = self.systems
        return [
            Answered(answer, systems[type(ask.question)], took_s, 0 if position else found.calls)
            for position, (ask, answer) in enumerate(zip(asks, answers, strict=True))
        ]

    def _batch_read(self, wanted: Mapping[str, _Keys], expires_at: float, found: _Found) -> None:
        """Read keys of tables; once more for each table alone, where one may spoil the rest."""
        try:
            self._read_until_all(wanted, expires_at, found)
        except AwsError as error:
            if len(wanted) > 1 and error.code in _OF_A_TABLE:
                for table, keys in wanted.items():
                    self._batch_read({table: keys}, expires_at, found)
            else:
                found.failed |= {table: Unavailable(table, error.reason) for table in wanted}
        except OutOfTimeError as error:
            found.failed |= dict.fromkeys(wanted, error)

    def _read_until_all(
        self, wanted: Mapping[str, _Keys], expires_at: float, found: _Found
    ) -> None:
        """Read keys, and again those that DynamoDB leaves over."""
        pending = {self.names[table]: keys.request() for table, keys in wanted.items()}
        tables = {self.names[table]: table for table in wanted}

        def read_pending() -> bool:
            nonlocal pending
            found.calls += 1
            response = self.client.call("batch_get_item", {"RequestItems": pending}, expires_at)
            match response:
                case {"Responses": dict(responses), "UnprocessedKeys": dict(left_over)} if (
                    left_over.keys() <= pending.keys() <= responses.keys() | left_over.keys()
                ):
                    pending = left_over
                case _:
                    raise malformed()
            for name in tables.keys() & responses.keys():
                items = {(tables[name], _key_of(item)): item for item in responses[name]}
                found.items.update(items)
            return bool(pending)

        attempts = self._retrying(retry_if_result(bool), expires_at)
        if attempts(read_pending):
            late_for_it = attempted(attempts) < MAX_ATTEMPTS
            for table in map(tables.__getitem__, pending):
                throttled = Unavailable(table, "kept being throttled")
                found.failed[table] = OutOfTimeError(NO_TIME) if late_for_it else throttled

    def _wanted(self, asks: Sequence[Ask]) -> Mapping[str, _Keys]:
        wanted: defaultdict[str, _Keys] = defaultdict(_Keys)
        for ask in asks:
            table, key = self._place(ask.question)
            wanted[table].keys[key] = None
            wanted[table].consistent |= self.operations.lookups[type(ask.question)].consistent
        return wanted

    def _place(self, question: Question[object]) -> Place:
        read = self.operations.lookups[type(question)]
        return read.table, read.key(question)

    def _looked_up(self, ask: Ask, found: _Found) -> object:
        read = self.operations.lookups[type(ask.question)]
        failure = found.failed.get(read.table)
        place = self._place(ask.question)
        if failure is None or place in found.items:
            return read.answer(found.items.get(place), read_optional)
        return late(read.table, ask) if isinstance(failure, OutOfTimeError) else failure

    # Reading prefixes

    def _query(self, ask: Ask, read: PrefixRead) -> Answered:
        keys = read.keys(ask.question)
        (answered,) = _join(ask, read, [self._read_prefix(ask, read, key) for key in keys])
        return answered

    def _read_prefix(self, ask: Ask, read: PrefixRead, key: Key) -> Sequence[Answered]:
        """Read all items of a prefix, as DynamoDB writes them."""
        found: list[Sequence[object]] = []

        def find() -> object:
            found.extend(self._pages(read, key, ask.expires_at))
            return [item for page in found for item in page]

        answered = answer_one(read.table, ask, find)
        return [attrs.evolve(answered, calls=max(1, len(found)))]

    def _query_page(self, ask: Ask, read: PrefixRead) -> Answered:
        key, wanted = read.key(ask.question), read.page_range(ask.question)
        request = {**self._request(read, key), **in_range(key, wanted)}

        def find() -> object:
            response = self.client.call("query", request, ask.expires_at)
            items, rest = one_page(response, key, wanted)
            return read.answer_page(items, _read_items, rest)

        return answer_one(read.table, ask, find)

    def _pages(self, read: PrefixRead, key: Key, expires_at: float) -> Iterator[Sequence[object]]:
        def query(asked: Mapping[str, object]) -> Mapping[str, object]:
            return self.client.call("query", asked, expires_at)

        request = self._request(read, key)
        if read.newest:
            return islice(pages(query, {**request, **NEWEST}), 1)
        return pages(query, request)

    def _request(self, read: PrefixRead, key: Key) -> Mapping[str, object]:
        return {
            "TableName": self.names[read.table],
            "KeyConditionExpression": "PK = :pk AND begins_with(SK, :sk)",
            "ExpressionAttributeValues": {":pk": {"S": key.pk}, ":sk": {"S": key.sk}},
            "ConsistentRead": read.consistent,
        }

    # Writing

    def _perform(self, ask: Ask) -> Answered:
        effect, write = ask.question, self.operations.writes[type(ask.question)]
        pause(write.attempt(effect), self.wait)
        return answer_one(
            write.table,
            ask,
            lambda: write.make(effect, self._write(write, effect, ask.expires_at)),
        )

    def _write(self, write: Write, effect: Question[object], expires_at: float) -> Refused | None:
        puts = write.puts(effect)
        requests = [put_request(self.names[write.table], put) for put in puts]
        attempts = self._retrying(retry_if_exception(collided), expires_at)
        if len(puts) == 1:
            return attempts(self._put_one, puts[0], requests[0], expires_at)
        return attempts(self._put_together, puts, requests, expires_at)

    def _put_one(
        self, put: Put, request: Mapping[str, object], expires_at: float
    ) -> Refused | None:
        try:
            self._call_write("put_item", request, expires_at)
        except AwsError as error:
            if error.code != "ConditionalCheckFailedException":
                raise
            return refusal([unmet_put(put, error.response.get("Item"))], 1)
        return None

    def _put_together(
        self, puts: Sequence[Put], requests: Sequence[Mapping[str, object]], expires_at: float
    ) -> Refused | None:
        """Put all or none. Attempts carry one token, by which DynamoDB knows a repeated one."""
        items = [{"Put": request} for request in requests]
        try:
            self._call_write("transact_write_items", {"TransactItems": items}, expires_at)
        except AwsError as error:
            unmet = [
                unmet_put(put, reason.get("Item"))
                for put, reason in zip(puts, cancellation_reasons(error), strict=False)
                if reason.get("Code") == "ConditionalCheckFailed"
            ]
            if not unmet:
                raise
            return refusal(unmet, len(puts))
        return None

    def _call_write(self, operation: str, request: Mapping[str, object], expires_at: float) -> None:
        """Write, and see that DynamoDB says so: an empty answer may be anybody's."""
        counted = {**request, "ReturnConsumedCapacity": "TOTAL"}
        if "ConsumedCapacity" not in self.client.call(operation, counted, expires_at):
            raise malformed()

    def _retrying(self, retry: retry_base, expires_at: float) -> Retrying:
        return retrying(
            retry=retry,
            attempts=MAX_ATTEMPTS,
            wait=_left_over_wait,
            sleep=self.wait,
            clock=self.clock,
            expires_at=expires_at,
        )


@attrs.define(eq=False, repr=False)
class _Keys:
    """The keys that are wanted of a table; in any order, each once."""

    keys: dict[Key, None] = attrs.field(factory=dict)
    consistent: bool = False

    def request(self) -> Mapping[str, object]:
        keys = [{"PK": {"S": key.pk}, "SK": {"S": key.sk}} for key in self.keys]
        return {"Keys": keys, "ConsistentRead": self.consistent}


def _join(ask: Ask, read: PrefixRead, found: Sequence[Sequence[Answered]]) -> Sequence[Answered]:
    """Answer an ask with the items of all its prefixes; the first failure is that of all."""
    prefixes = [each for (each,) in found]
    calls = sum(each.calls for each in prefixes)
    took_s = max(each.took_s for each in prefixes)
    failed = next((each for each in prefixes if isinstance(each.answer, Exception)), None)
    if failed:
        return [attrs.evolve(failed, calls=calls, took_s=took_s)]
    items = [item for each in prefixes for item in cast("Sequence[object]", each.answer)]
    joined = answer_one(read.table, ask, lambda: read.answer(items, _read_items))
    return [attrs.evolve(joined, calls=calls, took_s=took_s + joined.took_s)]


def _key_of(item: object) -> Key:
    match item:
        case {"PK": {"S": str(pk)}, "SK": {"S": str(sk)}}:
            return Key(pk, sk)
        case _:
            raise malformed()


def _read_items(written: Sequence[object]) -> Sequence[Item]:
    return [read_item(item) for item in written]
