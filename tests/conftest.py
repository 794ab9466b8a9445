"""What holds for all tests.

How long the property tests search says HYPOTHESIS_PROFILE: `default`, `long` or `teeth`.
"""

import gc
import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile("default", max_examples=80, deadline=None, derandomize=True)
settings.register_profile(
    "long", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# The teeth want to know whether a law fails, not the smallest case in which it does.
settings.register_profile(
    "teeth",
    settings.get_profile("default"),
    max_examples=150,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking again and again through all tests."""
    gc.collect()
    gc.freeze()
