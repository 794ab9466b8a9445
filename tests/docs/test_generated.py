from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.generated import PARTS, parts_of, refreshed
from tests.docs.pages import PAGES, name_of

GENERATED = [page for page in PAGES if parts_of(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", GENERATED, ids=name_of)
def test_generated_parts_are_current(page: Path) -> None:
    """What a page has from the code says what the code says now."""
    text = page.read_text(encoding="utf-8")
    assert text == refreshed(text)


def test_every_part_stands_on_one_page() -> None:
    """Nothing is said twice, and nothing is generated that no page shows."""
    shown = [part for page in GENERATED for part in parts_of(page.read_text(encoding="utf-8"))]
    assert sorted(shown) == sorted(PARTS)
