"""The TOML files of a policy diff: rules, and tickets by score (docs/reference/policy-diff.md)."""

from __future__ import annotations

import tomllib
from decimal import Decimal, InvalidOperation

import attrs

from fanscore_adapters.documents.converter import StrictConverter, same
from fanscore_core.diff_rules import Rule
from fanscore_core.errors import InvalidInput
from fanscore_core.seat_chances import TicketBand

_converter = StrictConverter(same, forbid_extra_keys=True)


@attrs.frozen
class _Rules:
    rule: tuple[Rule, ...]


@attrs.frozen
class _Weights:
    band: tuple[TicketBand, ...]


def parse_rules(text: str) -> tuple[Rule, ...]:
    """Read rules: TOML with a table ``[[rule]]`` for each.

    Raises:
        InvalidInput: it is not TOML, has no rule or one that is not valid; names its path.
    """
    rules = _converter.structure(_parsed(text), _Rules, "rules").rule
    if not rules:
        raise InvalidInput("rules.rule", "expected at least one")
    return rules


def parse_ticket_bands(text: str) -> tuple[TicketBand, ...]:
    """Read how many tickets a score gives: TOML with a table ``[[band]]`` for each.

    Raises:
        InvalidInput: it is not TOML, has no band or one that is not valid; names its path.
    """
    bands = _converter.structure(_parsed(text), _Weights, "weights").band
    if not bands:
        raise InvalidInput("weights.band", "expected at least one")
    return bands


def _parsed(text: str) -> object:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput("$", f"not TOML: {error}") from error
    except RecursionError as error:
        raise InvalidInput("$", "nested too deep") from error
    except (ValueError, InvalidOperation) as error:
        raise InvalidInput("$", "a number has too many digits") from error
