from __future__ import annotations

import json
import re

from fanscore_core.signals import Missing
from tests.golden.decide_vectors import FILE, text


def test_the_core_decides_as_the_vectors_say() -> None:
    """What the console's decide.js is held to is what the core decides, byte for byte."""
    assert FILE.read_text(encoding="utf-8") == text()


def test_the_vectors_hold_what_is_easily_decided_otherwise() -> None:
    """Every way to be missing, bounds of 0 and below, halves, long decimals, and clamping."""
    kept = FILE.read_text(encoding="utf-8")
    fans = [fan for group in json.loads(kept)["decisions"] for fan in group["fans"]]
    found = {value for fan in fans for value in fan["findings"]["signals"].values()}
    assert {each.name for each in Missing} <= found
    assert any("loyalty_points" not in fan["findings"]["signals"] for fan in fans)
    assert re.search(r'"below": "0"', kept)
    assert re.search(r'"below": "-\d', kept)
    assert re.search(r'"raw": "\d+\.5"', kept)
    assert re.search(r'"raw": "49\.49999', kept)
    assert any(len(value) > 35 for value in found)
    assert any(abs(int(reason[1])) > 2**53 for fan in fans for reason in fan["reasons"])
