"""Score policies as JSON documents (docs/reference/score-policy.md)."""

from __future__ import annotations

from pathlib import Path

from fanscore_adapters.documents.converter import StrictConverter, same
from fanscore_adapters.documents.json_text import parse_json
from fanscore_core.policy import ScorePolicy

_DEFAULT = Path(__file__).parents[1] / "default_policy.json"

_converter = StrictConverter(same, forbid_extra_keys=True)


def parse_policy(text: str) -> ScorePolicy:
    """Read a score policy.

    Raises:
        InvalidInput: it is not JSON, or not a policy; names the path of the mistake.
    """
    return _converter.structure(parse_json(text), ScorePolicy, "policy")


def default_policy() -> ScorePolicy:
    """Give the policy that is shipped with fanscore."""
    return parse_policy(_DEFAULT.read_text(encoding="utf-8"))
