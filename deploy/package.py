"""``make package``: the zips that Lambda runs, one for each of its processors.

An API of one's own comes into them as a wheel: ``make package WITH=presale.whl``.

The same input gives the same bytes: entries are sorted, and times and modes are fixed. No package
that is used today has modules compiled to machine code, so that the two zips do not differ either.

If it is made by the version of Python that runs it, it also holds what Python makes of each module:
a start of the function then compiles nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

import attrs

from deploy.compiled import RUNTIME, compiled, runs_here

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src"
WHEELS = ROOT / ".lambda"
"""Where ``make .lambda/.ready`` puts the wheels, in a folder for each of ``ARCHITECTURES``."""

ZIPS = ROOT / "dist/lambda"
ARCHITECTURES = ("x86_64", "arm64")
MAX_BYTES = 20_000_000

AWS_SERVICES = ("dynamodb", "events", "lambda", "rekognition", "s3")
"""The services that are called. botocore describes over 400, in nine tenths of its size.

Not among them is STS: the functions have the credentials that Lambda gives them.
"""

_OURS = ("fanscore_core", "fanscore_adapters", "fanscore_appsync")
_OUR_KINDS = (".py", ".json")
_ONLY_LOCAL = (
    "fanscore_appsync/local",
    "fanscore_appsync/resolvers",
    "fanscore_appsync/testing",
)

_NOT_RUN = (".pyi", ".pyc", "py.typed", "examples-1.json")
_BOTO3_RESOURCES = ("boto3/data", "boto3/examples")
"""Of boto3's resources, an interface above the clients that is not used."""

_BOTOCORE_DATA = PurePosixPath("botocore/data")
_PURE = "-none-any.whl"
"""The end of the name of a wheel without compiled modules (PyPA, "Platform compatibility tags")."""

_NOTICES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")
_METADATA = "METADATA"
"""Kept, with the licenses: scanners read from it which packages there are."""

# The earliest time that a zip can tell, and the mode of a file that all may read.
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_UNIX = 3


@attrs.frozen
class Package:
    """A zip.

    Attributes:
        content: its bytes.
        unzipped_bytes: the size of what is in it.
    """

    content: bytes
    unzipped_bytes: int

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, in hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()


class UnusableWheelError(Exception):
    """A wheel cannot be part of the package; the text says why."""


def package(
    sources: Path, wheels: Path, own: Sequence[Path] = (), *, compiles: bool = False
) -> Package:
    """Zip our packages, and what they need.

    Args:
        sources: the folder of our packages.
        wheels: the folder of the wheels that are needed.
        own: wheels of one's own API, and of what else it needs.
        compiles: whether this interpreter compiles all modules, for one of its version.

    Raises:
        UnusableWheelError: one of these is none, has compiled modules, or would replace a file.
    """
    files = {**dict(_of_wheels(wheels)), **dict(_of_sources(sources))}
    for wheel in own:
        files |= _of_own(wheel, files)
    if compiles:
        files |= compiled(files)
    return Package(_zipped(files), sum(map(len, files.values())))


def main(arguments: Sequence[str]) -> None:
    """Write the zips, and say how large they are.

    Raises:
        UnusableWheelError: as for ``package``.
    """
    parser = argparse.ArgumentParser("deploy.package", description=__doc__)
    parser.add_argument(
        "--with",
        dest="own",
        action="append",
        default=[],
        type=Path,
        metavar="WHEEL",
        help="the wheel of an API of one's own, or of what it needs; may be given more than once",
    )
    own = parser.parse_args(arguments).own
    ZIPS.mkdir(parents=True, exist_ok=True)
    if not runs_here():
        wanted = ".".join(map(str, RUNTIME))
        sys.stdout.write(f"Starts would be faster from a package made by Python {wanted}.\n")
    for architecture in ARCHITECTURES:
        made = package(SOURCES, WHEELS / architecture, own, compiles=runs_here())
        path = zip_of(architecture)
        path.write_bytes(made.content)
        sys.stdout.write(f"{path.relative_to(ROOT)}: {_told(made)}\n")
        if len(made.content) > MAX_BYTES:
            sys.exit(f"{path.name} is larger than {_megabytes(MAX_BYTES)}")


def zip_of(architecture: str) -> Path:
    """Return where the zip for a processor is written."""
    return ZIPS / f"fanscore-{architecture}.zip"


def _of_sources(sources: Path) -> Iterator[tuple[str, bytes]]:
    for ours in _OURS:
        for path in (sources / ours).rglob("*"):
            name = path.relative_to(sources)
            if path.suffix in _OUR_KINDS and not _is_within(name, _ONLY_LOCAL):
                yield name.as_posix(), path.read_bytes()


def _of_wheels(wheels: Path) -> Iterator[tuple[str, bytes]]:
    for path in wheels.glob("*.whl"):
        with ZipFile(path) as wheel:
            for name in wheel.namelist():
                if _is_run(PurePosixPath(name)):
                    yield name, wheel.read(name)


def _of_own(path: Path, others: Mapping[str, bytes]) -> Mapping[str, bytes]:
    if not path.name.endswith(_PURE):
        message = f"{path}: expected a wheel without compiled modules, *{_PURE}"
        raise UnusableWheelError(message)
    try:
        with ZipFile(path) as wheel:
            files = {
                name: wheel.read(name)
                for name in wheel.namelist()
                if not name.endswith("/") and _is_run(PurePosixPath(name))
            }
            misplaced = [name for name in wheel.namelist() if _is_module_apart(name)]
    except (BadZipFile, OSError, zlib.error) as error:
        message = f"{path}: cannot be read: {error}"
        raise UnusableWheelError(message) from error
    if misplaced:
        message = f"{path}: {misplaced[0]} would have to be moved by an installer"
        raise UnusableWheelError(message)
    for name, content in files.items():
        if others.get(name, content) != content or PurePosixPath(name).parts[0] in _OURS:
            message = f"{path}: {name} is in the package already"
            raise UnusableWheelError(message)
    return files


def _is_module_apart(name: str) -> bool:
    """Whether a wheel keeps a file where nothing imports it (PyPA, "The .data directory")."""
    match PurePosixPath(name).parts:
        case (top, "purelib" | "platlib", *_):
            return top.endswith(".data")
        case _:
            return False


def _is_run(name: PurePosixPath) -> bool:
    """Tell whether Lambda needs a file of a wheel, or whoever looks at the package later."""
    top = name.parts[0]
    if top.endswith(".dist-info"):
        return name.name == _METADATA or name.name.upper().startswith(_NOTICES)
    return not (
        top.endswith(".data")  # commands
        or name.name.endswith(_NOT_RUN)
        or _is_within(name, _BOTO3_RESOURCES)
        or _is_of_another_service(name)
    )


def _is_of_another_service(name: PurePosixPath) -> bool:
    if not name.is_relative_to(_BOTOCORE_DATA):
        return False
    match name.relative_to(_BOTOCORE_DATA).parts:
        case (service, _, *_):
            return service not in AWS_SERVICES
        case _:
            return False  # What all services share: endpoints, partitions, retries.


def _is_within(name: PurePosixPath | Path, places: tuple[str, ...]) -> bool:
    return any(name.is_relative_to(place) for place in places)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    zipped = BytesIO()
    with ZipFile(zipped, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = ZipInfo(name, _TIME)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = _MODE
            archive.writestr(entry, files[name])
    return zipped.getvalue()


def _told(made: Package) -> str:
    zipped, unzipped = _megabytes(len(made.content)), _megabytes(made.unzipped_bytes)
    return f"{zipped} zipped, {unzipped} unzipped, sha256 {made.digest}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except UnusableWheelError as error:
        sys.exit(str(error))
