from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from fanscore_adapters.documents.findings import FindingsLine, findings_lines
from fanscore_adapters.embedded.plausible_fans import plausible_findings
from fanscore_core.findings import ScoreOrigin
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_diff import diff
from fanscore_core.signals import ARM, EVENT, MODEL, Missing

CROWD = list(plausible_findings(20_000, seed=5))


def test_a_seed_is_a_crowd() -> None:
    """The same seed gives the same fans on every machine and version, and another seed others."""
    lines = list(findings_lines(FindingsLine(None, each) for each in CROWD[:3]))
    assert lines == FIRST_LINES
    assert list(islice(plausible_findings(10**12, seed=5), 100)) == CROWD[:100]
    assert list(plausible_findings(3, seed=6)) != CROWD[:3]


FIRST_LINES = [
    '{"origin":"ACCOUNT_SCORE","raw":"64.3","signals":{"arm":"6.3","event":"1","model":"0.000"}}\n',
    '{"origin":"ACCOUNT_SCORE","raw":"49.2","signals":{"arm":"2.9","event":"0","model":"0.054"}}\n',
    '{"origin":"ACCOUNT_SCORE","raw":"78.0","signals":{"arm":"0.0","event":"0","model":"0.675"}}\n',
]


def test_the_distributions_are_the_documented_ones() -> None:
    """A large crowd has the shares that docs/reference/policy-diff.md says."""
    origins = Counter(each.origin for each in CROWD)
    assert origins[ScoreOrigin.NO_HISTORY] / 20_000 == pytest.approx(0.30, abs=0.01)
    identities = origins[ScoreOrigin.IDENTITY_SCORE] / (20_000 - origins[ScoreOrigin.NO_HISTORY])
    assert identities == pytest.approx(0.15, abs=0.01)
    missing = Counter(
        (signal, found.of(signal)) for found in CROWD for signal in (ARM, EVENT, MODEL)
    )
    assert missing[ARM, Missing.UNAVAILABLE] / 20_000 == pytest.approx(0.02, abs=0.005)
    assert missing[ARM, Missing.NO_SCORE] / 20_000 == pytest.approx(0.03, abs=0.005)
    assert missing[EVENT, Missing.UNAVAILABLE] / 20_000 == pytest.approx(0.01, abs=0.005)
    assert missing[MODEL, Missing.UNAVAILABLE] / 20_000 == pytest.approx(0.02, abs=0.005)
    assert missing[MODEL, Missing.NO_VERDICT] / 20_000 == pytest.approx(0.131, abs=0.01)


def test_bias_is_what_fairlearn_finds() -> None:
    """The measures of this crowd are those of ``MetricFrame`` with ``mean_prediction``.

    They were found once, by fairlearn 0.15.0. With scipy, pandas and scikit-learn, it is too big to
    be installed for the tests: 390 MB.
    """
    bias = diff(DEFAULT_POLICY, DEFAULT_POLICY, CROWD).old_bias
    assert bias is not None
    measures = (
        bias.difference,
        bias.ratio,
        bias.conditional_difference,
        bias.conditional_ratio,
    )
    assert [float(each or 0) for each in measures] == pytest.approx(FAIRLEARNS, abs=1e-9)


FAIRLEARNS = [12.744938732378536, 0.7922276783519662, 13.883333333333333, 0.03125]
