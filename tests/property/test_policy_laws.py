"""Laws of policies, their digests and policy books (docs/reference/score-policy.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

import attrs
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.documents.policy import (
    parse_policy,
    parse_policy_book,
    policy_book_text,
    policy_text,
)
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId
from fanscore_core.jcs import MAX_INTEGER, jcs_digest, jcs_text
from fanscore_core.policy import ScorePolicy
from fanscore_core.policy_book import PolicyBook
from fanscore_core.scoring import decide
from fanscore_core.signals import ARM, EVENT, MODEL, SIGNALS, Band, Signal, SignalPolicy
from tests.property.test_scoring_laws import FAN, Case, cases, policies

# Few of each, so that two drawn policies are often equal, or differ in one place.
bounds = st.sampled_from([Decimal(text) for text in ("-1", "0", "0.2", "0.000000001", "10")])
points = st.sampled_from([0, 1, MAX_INTEGER, -MAX_INTEGER])
versions = st.sampled_from(["v1", "v2", "é\n\x7f\U0001f3ab"])
integers = st.integers(-MAX_INTEGER, MAX_INTEGER)
texts = st.text(st.characters(codec="utf-8"))
ascii_names = st.text(st.characters(max_codepoint=127))


@st.composite
def sections(draw: st.DrawFn, code: str) -> SignalPolicy:
    """Draw what a signal is worth."""
    ascending = sorted(draw(st.sets(bounds, max_size=2)))
    bands = [Band(draw(points), f"{code}{at}", each) for at, each in enumerate([*ascending, None])]
    return SignalPolicy(draw(points), tuple(bands))


@st.composite
def small_policies(draw: st.DrawFn) -> ScorePolicy:
    """Draw one of few policies."""
    worth = {ARM: draw(sections("A")), EVENT: draw(sections("E")), MODEL: draw(sections("M"))}
    return ScorePolicy(draw(versions), (0, draw(st.sampled_from([9, 100]))), 5, worth)


def varied(policy: ScorePolicy) -> st.SearchStrategy[ScorePolicy]:
    """Draw a policy that is this one, or differs in one place, or is any other."""
    changed = st.one_of(
        st.builds(lambda text: attrs.evolve(policy, version=text), versions),
        st.builds(lambda score: attrs.evolve(policy, no_history_raw_score=score), integers_0_9),
        st.builds(
            lambda worth: attrs.evolve(policy, signals={**policy.signals, ARM: worth}),
            sections("A"),
        ),
    )
    return st.one_of(st.just(policy), changed, small_policies())


integers_0_9 = st.integers(0, 9)


@st.composite
def spellings(draw: st.DrawFn, policy: ScorePolicy) -> str:
    """Draw a document of a policy: its members in any order, its bounds spelled in any way."""
    members = {
        "version": json.dumps(policy.version, ensure_ascii=draw(st.booleans())),
        "range": json.dumps(policy.range),
        "no_history_raw_score": str(policy.no_history_raw_score),
    }
    for signal, worth in policy.signals.items():
        bands = [draw(_band(band)) for band in worth.bands]
        section = {"unavailable": str(worth.unavailable), "bands": f"[{', '.join(bands)}]"}
        members[signal.name] = draw(_object(section))
    return draw(_object(members))


@st.composite
def _band(draw: st.DrawFn, band: Band) -> str:
    members = {"points": str(band.points), "code": json.dumps(band.code)}
    if band.below is not None:
        members["below"] = draw(_number(band.below))
    elif draw(st.booleans()):
        members["below"] = "null"
    return draw(_object(members))


@st.composite
def _number(draw: st.DrawFn, number: Decimal) -> str:
    billionths = int(number.scaleb(9))
    plain = f"{number:f}"
    fraction = plain if "." in plain else f"{plain}.0"
    return draw(
        st.sampled_from(
            [
                plain,
                fraction,
                f"{fraction}000000000000",
                f"{billionths}e-9",
                f"{billionths * 100}E-11",
            ]
        )
    )


@st.composite
def _object(draw: st.DrawFn, members: Mapping[str, str]) -> str:
    space = draw(st.sampled_from(["", " ", "\n\t"]))
    order = draw(st.permutations(sorted(members)))
    return "{" + ",".join(f'{space}"{name}":{space}{members[name]}' for name in order) + "}"


@given(st.data(), small_policies())
def test_equal_policies_and_no_others_have_equal_digests(
    data: st.DataObject, policy: ScorePolicy
) -> None:
    """Two policies have one digest exactly if they are equal."""
    other = data.draw(varied(policy))
    assert (policy.digest == other.digest) is (policy == other)


@given(st.data(), small_policies())
def test_a_digest_is_of_the_parsed_policy(data: st.DataObject, policy: ScorePolicy) -> None:
    """However a document orders its members and spells its numbers, it is the same policy."""
    parsed = parse_policy(data.draw(spellings(policy)))
    assert (parsed, parsed.digest) == (policy, policy.digest)
    assert policy_text(parsed) == policy_text(policy)


@given(st.data(), cases())
def test_equal_policies_decide_to_the_letter(data: st.DataObject, case: Case) -> None:
    """A policy that is spelled otherwise gives the same score with the same reasons."""
    respelled = parse_policy(data.draw(spellings(case.policy)))
    assert decide(respelled, FAN, case.findings) == case.scored()


@given(st.one_of(policies(), small_policies()))
def test_anybody_can_calculate_a_digest(policy: ScorePolicy) -> None:
    """A digest is the SHA-256 of RFC 8785's text of the document, with bounds as plain text."""
    document = json.loads(policy_text(policy), parse_float=str)
    for signal in SIGNALS:
        for band in document[signal.name]["bands"]:
            if "below" in band:
                band["below"] = str(band["below"])
    assert jcs_text(document).encode() == rfc8785.dumps(document)
    assert jcs_digest(document) == policy.digest


scalars = st.one_of(st.none(), st.booleans(), integers, texts)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(ascii_names, inner), max_leaves=20
)
strange = st.one_of(
    st.floats(),
    st.decimals(),
    st.integers(),
    st.binary(),
    st.text(st.characters()),
    st.dictionaries(st.text() | st.integers(), st.none(), min_size=1),
    st.tuples(st.sampled_from([MAX_INTEGER, -MAX_INTEGER, 2**53, -(2**53)])),
)
anything = st.recursive(
    scalars | strange,
    lambda inner: st.lists(inner) | st.dictionaries(ascii_names, inner),
    max_leaves=10,
)


@given(values)
def test_the_canonical_text_is_rfc_8785s(value: object) -> None:
    """What has a canonical text has that of RFC 8785, and is what the text says."""
    assert jcs_text(value).encode() == rfc8785.dumps(value)  # type: ignore[arg-type]  # any JSON
    assert json.loads(jcs_text(value)) == value


@given(anything)
def test_what_is_not_refused_is_rfc_8785s(value: object) -> None:
    """Whatever a value holds, it is refused or written as RFC 8785 has it."""
    try:
        text = jcs_text(value)
    except InvalidInput:
        return
    assert text.encode() == rfc8785.dumps(value)  # type: ignore[arg-type]  # any JSON


event_ids = st.sampled_from([EventId(each) for each in ("evt456", "disco456", "events", "a.b:c")])


@st.composite
def books(draw: st.DrawFn) -> PolicyBook:
    """Draw a book of policies whose versions differ where they do."""
    drawn = draw(st.lists(small_policies(), min_size=1, max_size=3))
    named = [attrs.evolve(each, version=each.digest) for each in drawn]
    events = draw(st.dictionaries(event_ids, st.sampled_from(named)))
    return PolicyBook(named[0], events)


@given(books(), st.none() | event_ids)
def test_a_book_has_a_policy_for_every_event(book: PolicyBook, event_id: EventId | None) -> None:
    """An event that is in the book has its own policy; any other, and none, has the default."""
    own = [policy for listed, policy in book.events.items() if listed == event_id]
    assert book.policy_for(event_id) == [*own, book.default][0]


@given(books())
def test_a_book_is_written_as_it_is_read(book: PolicyBook) -> None:
    """The text of a book gives the book again."""
    assert parse_policy_book(policy_book_text(book)) == book


@given(st.data(), small_policies())
def test_one_version_is_one_policy(data: st.DataObject, policy: ScorePolicy) -> None:
    """A book takes two policies of one version exactly if they are equal."""
    other = attrs.evolve(data.draw(varied(policy)), version=policy.version)
    try:
        PolicyBook(policy, {EventId("evt456"): other})
    except InvalidInput:
        taken = False
    else:
        taken = True
    assert taken is (policy == other)


@given(small_policies(), st.sampled_from(["vip", "a1_b"]))
def test_an_own_signal_changes_the_digest(policy: ScorePolicy, name: str) -> None:
    """What a signal of one's own is worth is part of the policy, also where its default counts."""
    own = Signal(name, "Visits", "The guest list", (), SignalPolicy(0, (Band(7, "VIP"),)))
    parsed = parse_policy(policy_text(policy), [*SIGNALS, own])
    said = parse_policy(policy_text(parsed), [*SIGNALS, own])
    assert (said, said.digest) == (parsed, parsed.digest)
    assert parsed.digest != policy.digest
