from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanscore_core.language_tags import MAX_LENGTH, is_language_tag

APPENDIX_A = [
    "de",
    "fr",
    "ja",
    "zh-Hant",
    "zh-Hans",
    "sr-Cyrl",
    "sr-Latn",
    "zh-cmn-Hans-CN",
    "cmn-Hans-CN",
    "zh-yue-HK",
    "yue-HK",
    "zh-Hans-CN",
    "sr-Latn-RS",
    "sl-rozaj",
    "sl-rozaj-biske",
    "sl-nedis",
    "de-CH-1901",
    "sl-IT-nedis",
    "hy-Latn-IT-arevela",
    "de-DE",
    "en-US",
    "es-419",
    "de-CH-x-phonebk",
    "az-Arab-x-AZE-derbend",
    "x-whatever",
    "qaa-Qaaa-QM-x-southern",
    "de-Qaaa",
    "sr-Latn-QM",
    "sr-Qaaa-RS",
    "en-US-u-islamcal",
    "zh-CN-a-myext-x-private",
    "en-a-myext-b-another",
]

GRANDFATHERED = [
    "en-GB-oed",
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
    "sgn-BE-FR",
    "sgn-BE-NL",
    "sgn-CH-DE",
    "art-lojban",
    "cel-gaulish",
    "no-bok",
    "no-nyn",
    "zh-guoyu",
    "zh-hakka",
    "zh-min",
    "zh-min-nan",
    "zh-xiang",
]

OTHERS = [
    "en-GB-u-fw-mon-mu-celsius",
    "fil",
    "ca-ES-valencia",
    "de-CH-1996",
    "EN-gb",
    "zh-yue-cmn-hak-Hant",
    "en-0-ab-9-cd",
    "en-t-jp-m0-hepburn-u-co-phonebk",
    "en-x-a-a-x-x",
    "x-1",
    "sl-rozaj-x-rozaj",
    "en-u-aa-x-u-aa",
]


@pytest.mark.parametrize("tag", [*APPENDIX_A, *GRANDFATHERED, *OTHERS])
def test_a_tag(tag: str) -> None:
    """The examples of RFC 5646, appendix A, and every grandfathered tag are tags, in any case."""
    assert is_language_tag(tag)
    assert is_language_tag(tag.lower())
    assert is_language_tag(tag.upper())


@pytest.mark.parametrize("tag", ["de-419-DE", "a-DE", "ar-a-aaa-b-bbb-a-ccc"])
def test_the_tags_that_the_rfc_calls_invalid(tag: str) -> None:
    """Two regions, a single character for a language and a repeated singleton are no tag."""
    assert not is_language_tag(tag)


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "-",
        "e",
        "4",
        "419",
        "en-",
        "-GB",
        "en--GB",
        "en-G",
        "en GB",
        "en_GB",
        "en-GB\n",
        "en.UTF-8",
        "ën",
        "en-G\u0131",
        "\u212aen",
        "en-123456789",
        "en-Latn-Cyrl",
        "en-GB-Latn",
        "en-rozaj-GB",
        "en-abc-def-ghi-jkl",
        "en-1ab",
        "de-1901-1901",
        "sl-rozaj-ROZAJ",
        "en-a-bbb-A-ccc",
        "en-a",
        "en-a-b-cc",
        "en-u-",
        "en-u-x-a",
        "en-a-123456789",
        "x",
        "x-",
        "x-123456789",
        "en-x",
        "i-unknown",
        "en-GB-oed-x-a",
    ],
)
def test_no_tag(tag: str) -> None:
    """What has a part in the wrong place, of the wrong length or twice is no tag."""
    assert not is_language_tag(tag)


@pytest.mark.parametrize("tag", ["engl", "english", "deutsch-DE", "klingon"])
def test_no_language(tag: str) -> None:
    """Languages of four letters are reserved, of five to eight none is registered."""
    assert not is_language_tag(tag)


def test_the_longest_tag() -> None:
    """A tag has 128 characters at most."""
    longest = "en-x" + "-abcdefg" * 15 + "-abc"
    assert (len(longest), MAX_LENGTH) == (128, 128)
    assert is_language_tag(longest)
    assert not is_language_tag(f"{longest}d")


def words(alphabet: str, shortest: int, longest: int) -> st.SearchStrategy[str]:
    """Make the parts of a tag."""
    return st.text(alphabet, min_size=shortest, max_size=longest)


ALPHA = "abcxyzABCXYZ"
ALPHANUM = f"{ALPHA}0189"
VARIANT = words(ALPHANUM, 5, 8) | st.builds("{}{}".format, words("0189", 1, 1), words(ALPHA, 3, 3))
PRIVATE_USE = st.lists(words(ALPHANUM, 1, 8), min_size=1, max_size=3).map(lambda it: ["x", *it])


@st.composite
def tags(draw: st.DrawFn) -> str:
    """Make tags by the grammar of RFC 5646 §2.1, without the languages that there are none of."""
    parts = [draw(words(ALPHA, 2, 3))]
    parts += draw(st.lists(words(ALPHA, 3, 3), max_size=3))
    parts += draw(st.lists(words(ALPHA, 4, 4) | st.nothing(), max_size=1))
    parts += draw(st.lists(words(ALPHA, 2, 2) | words("0189", 3, 3), max_size=1))
    parts += draw(st.lists(VARIANT, max_size=2, unique_by=str.lower))
    for singleton in draw(st.lists(words("abwyz09", 1, 1), max_size=2, unique=True)):
        parts += [singleton, *draw(st.lists(words(ALPHANUM, 2, 8), min_size=1, max_size=2))]
    return "-".join(parts + draw(st.just([]) | PRIVATE_USE))


@given(tags())
def test_every_tag_of_the_grammar(tag: str) -> None:
    """What the grammar makes is a tag, unless it is too long."""
    assert is_language_tag(tag) is (len(tag) <= MAX_LENGTH)


@given(tags(), st.integers(min_value=0), st.sampled_from(["_", ".", " ", "-", "\n", "é"]))
def test_a_tag_with_something_in_it(tag: str, place: int, intruder: str) -> None:
    """A tag with a character that none has, or an empty part, is none."""
    at = place % (len(tag) + 1)
    at = next((each for each in range(at, len(tag)) if tag[each] == "-"), len(tag))
    assert not is_language_tag(f"{tag[:at]}{intruder}{tag[at:]}")
