from __future__ import annotations

from tests.docs.receipt_files import files


def test_the_receipts_of_the_documentation_are_current() -> None:
    """If not, ``python -m tests.docs.receipt_files`` writes them again."""
    for path, content in files().items():
        assert path.read_text(encoding="utf-8") == content, path.name
