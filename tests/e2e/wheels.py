"""Wheels of this tree, built and unpacked."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRESALE = ROOT / "examples" / "presale"


def build_wheel(source: Path, folder: Path) -> Path:
    """Build the wheel of a project, as ``make build`` does, and return where it is."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*build, str(folder)], cwd=source, check=True, capture_output=True)
    (wheel,) = folder.glob(f"{source.name if source != ROOT else 'fanscore'}-*.whl")
    return wheel


def unpack(wheel: Path, site: Path) -> Path:
    """Unpack a wheel, and return where its packages are."""
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)
    return site
