"""Names of fields, as the tests of both formats make them up."""

from __future__ import annotations

from hypothesis import strategies as st

_NAME = st.from_regex(r"[_A-Za-z0][_A-Za-z0-2]{0,3}", fullmatch=True).filter(
    lambda name: not name[0].isdigit()
)

FIELD_NAMES = st.builds("{}.{}".format, _NAME, _NAME)
"""Parent and field: all that GraphQL allows (GraphQL, "Names"), short so that they are alike."""
