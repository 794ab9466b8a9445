from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

CONFTEST = 'pytest_plugins = ["fanscore_appsync.testing.plugin"]\n'


def test_the_fixture_is_there(pytester: pytest.Pytester) -> None:
    """With the plugin, a test can ask the API."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(
        """
        from fanscore_appsync.testing import user


        def test_it(fanscore):
            result = fanscore.graphql("{ api { __typename } }", as_=user("fan1"))
            assert result.data == {"api": {"__typename": "VFApi"}}
        """
    )
    pytester.runpytest_inprocess("-Werror").assert_outcomes(passed=1)


def test_other_tests_load_nothing(pytester: pytest.Pytester) -> None:
    """A test that does not use the fixture runs without GraphQL being loaded, or the API."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(
        """
        import sys


        def test_it():
            loaded = {name.partition(".")[0] for name in sys.modules}
            assert loaded & {"graphql", "starlette", "boto3", "httpx"} == set()
            assert "fanscore_appsync.testing.executor" not in sys.modules
        """
    )
    pytester.runpytest_subprocess("-Werror").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("module", "package"),
    [("executor", "graphql"), ("executor", "starlette"), ("routing", "graphql")],
)
def test_without_the_extra(module: str, package: str) -> None:
    """Where the extra is not installed, what needs it says what to install; events need none."""
    program = f"""
import sys
sys.modules["{package}"] = None
from fanscore_appsync.testing import ExtraMissing, appsync_event
try:
    import fanscore_appsync.testing.{module}
except ExtraMissing as error:
    print(appsync_event("Query.api", {{}})["arguments"], error)
"""
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    said = f"{package} is not installed; GraphQL needs the extra `gateway`"
    assert shown.stdout == f"{{}} {said}: pip install 'fanscore[gateway]'\n"


def test_the_fixture_without_the_extra(pytester: pytest.Pytester) -> None:
    """A test that uses the fixture without the extra fails with what to install."""
    pytester.makeconftest(f'import sys\n\nsys.modules["graphql"] = None\n{CONFTEST}')
    pytester.makepyfile("def test_it(fanscore): ...")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["E *ExtraMissing: graphql is not installed; GraphQL needs the extra `gateway`: pip *"]
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            'appsync_event("VFApi.campaigns", {})',
            "VFApi.campaigns: no such field; did you mean VFApi.campaign?",
        ),
        (
            'appsync_batch("VFApi.campaign", [{"id": "c1"}])',
            "VFApi.campaign.id: no such argument",
        ),
        (
            'appsync_event("Query.api", {}, selection="score")',
            "selection: expected a list of paths, such as ['score']",
        ),
        (
            'Fanscore().graphql("{ api { __typename } }")',
            "as_: nobody asks, and there is no API key in the headers",
        ),
        (
            'Fanscore().graphql("{ a }", as_=user("fan1")).trace("api")',
            "api: no pipeline ran for it alone; one did for nothing",
        ),
    ],
)
def test_mistakes_are_shown_where_they_are_made(
    pytester: pytest.Pytester, line: str, problem: str
) -> None:
    """The traceback of a misuse ends at the test's own line, and says what is wrong."""
    path = pytester.makepyfile(
        f"""
        from fanscore_appsync.testing import appsync_batch, appsync_event, user
        from fanscore_appsync.testing.executor import Fanscore


        def test_it():
            {line}
        """
    )
    result = pytester.runpytest_inprocess("--tb=short")
    result.assert_outcomes(failed=1)
    shown = result.outlines[result.outlines.index("___ test_it ___".center(80, "_")) + 1 :]
    assert [each.strip() for each in shown[:3]] == [
        f"{path.name}:6: in test_it",
        line,
        f"E   fanscore_appsync.testing.misuse.KitMisuse: {problem}",
    ]
