from __future__ import annotations

import pytest

from tests.docs.pages import ROOT, blocks

pytest_plugins = ["pytester"]

PAGE = ROOT / "docs" / "how-to" / "test-your-own-code.md"


def test_the_tests_of_the_page_pass(pytester: pytest.Pytester) -> None:
    """The page's example, put into a conftest and a test file as it says, is a passing suite."""
    conftest, *tests = [block.text for block in blocks(PAGE) if block.language == "python"]
    pytester.makeconftest(conftest)
    pytester.makepyfile("\n".join(tests))
    result = pytester.runpytest_inprocess("-Werror")
    result.assert_outcomes(passed=sum(text.count("def test_") for text in tests))
