"""Run by the Python of ``.deploy``: applies the SAM transform, with SAM's own library.

The argument is the template's path; the result goes to standard output as JSON.
"""

import json
import sys

from cfnlint.decode.cfn_yaml import load  # type: ignore[import-not-found]
from samtranslator.translator.transform import transform  # type: ignore[import-not-found]


class NoManagedPolicies:
    """Knows no managed policies by name: the template names none."""

    def load(self) -> dict[str, str]:
        """Give their ARNs by name."""
        return {}


def main(path: str) -> None:
    """Apply the transform."""
    template = json.loads(json.dumps(load(path)))
    json.dump(transform(template, {}, NoManagedPolicies()), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
