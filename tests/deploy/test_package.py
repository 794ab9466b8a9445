from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from deploy.package import (
    ARCHITECTURES,
    AWS_SERVICES,
    MAX_BYTES,
    SOURCES,
    WHEELS,
    Package,
    UnusableWheelError,
    package,
)
from tests.deploy.own_api import write_wheel

_PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)

DEVELOPMENT = (
    "fanscore_appsync/local/",
    "fanscore_appsync/resolvers/",
    "fanscore_appsync/testing/",
    "tests/",
    "benchmarks/",
)
NEEDED = {
    "anyio",
    "attr",
    "attrs",
    "boto3",
    "botocore",
    "cattr",
    "cattrs",
    "certifi",
    "dateutil",
    "fanscore_adapters",
    "fanscore_appsync",
    "fanscore_core",
    "h11",
    "httpcore",
    "httpx",
    "idna",
    "jmespath",
    "s3transfer",
    "six.py",
    "tenacity",
    "typing_extensions.py",
    "urllib3",
}


def entries(made: Package) -> Sequence[ZipInfo]:
    """Give what is in a package."""
    with ZipFile(BytesIO(made.content)) as archive:
        return archive.infolist()


def names(made: Package) -> Sequence[str]:
    """Give the names of what is in a package."""
    return [entry.filename for entry in entries(made)]


def contents(made: Package) -> Mapping[str, bytes]:
    """Return what is in a package, by name."""
    with ZipFile(BytesIO(made.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def tops(found: Iterable[str]) -> set[str]:
    """Give the packages and modules that files belong to."""
    return {name.partition("/")[0] for name in found if ".dist-info/" not in name}


def write_again(files: Iterable[Path], source: Path, target: Path) -> None:
    """Copy files in another order, with other times and modes."""
    for path in sorted(files, reverse=True):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(0o600)
        os.utime(copy, (0, 0))


def test_the_same_input_gives_the_same_bytes(made: Package, tmp_path: Path) -> None:
    """Order, times and modes of the files do not matter, nor what Python wrote beside them."""
    sources, wheels = tmp_path / "src", tmp_path / "wheels"
    write_again(SOURCES.rglob("*.*"), SOURCES, sources)
    write_again((WHEELS / "x86_64").iterdir(), WHEELS / "x86_64", wheels)
    cache = sources / "fanscore_core/__pycache__"
    cache.mkdir(exist_ok=True)
    (cache / "made.cpython-311.pyc").touch()
    assert package(sources, wheels).digest == made.digest


def test_another_input_gives_other_bytes(made: Package, tmp_path: Path) -> None:
    """The digest tells two versions of the code apart."""
    write_again(SOURCES.rglob("*.*"), SOURCES, tmp_path)
    (tmp_path / "fanscore_core/ids.py").write_text("", encoding="utf-8")
    assert package(tmp_path, WHEELS / "x86_64").digest != made.digest


def test_entries_say_nothing_of_the_machine(made: Package) -> None:
    """Every entry is a plain file of the same time that all may read."""
    found = {(entry.date_time, entry.external_attr, entry.create_system) for entry in entries(made)}
    assert found == {((1980, 1, 1, 0, 0, 0), 0o100644 << 16, 3)}
    assert names(made) == sorted(set(names(made)))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_is_needed_is_there_and_nothing_else(architecture: str) -> None:
    """Each package holds ours and what they need at run time; no compiled modules are among it."""
    found = names(package(SOURCES, WHEELS / architecture))
    assert tops(found) == NEEDED
    assert [name for name in found if name.endswith((".so", ".pyc", ".pyd"))] == []


def test_no_development_code_is_deployed(made: Package) -> None:
    """Neither the local gateway nor what makes test events is in it, nor a second schema."""
    found = names(made)
    assert [name for name in found if name.startswith(DEVELOPMENT)] == []
    assert [name for name in found if name.endswith((".graphql", "conftest.py"))] == []


def test_all_our_other_modules_are_deployed(made: Package) -> None:
    """No module of ours is forgotten."""
    ours = {path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.py")}
    expected = {name for name in ours if not name.startswith(DEVELOPMENT)}
    assert {name for name in names(made) if name in ours} == expected


def test_of_aws_only_what_is_called_is_described(made: Package) -> None:
    """Of all services that botocore can describe, the called ones are described."""
    found = [name.split("/") for name in names(made) if name.startswith("botocore/data/")]
    assert {parts[2] for parts in found if len(parts) > 3} == set(AWS_SERVICES)


def test_nothing_that_an_installer_wrote_is_there(made: Package) -> None:
    """Of a package's metadata only its description and its licenses are kept."""
    found = [name for name in names(made) if ".dist-info/" in name]
    kept = [name for name in found if name.endswith("/METADATA")]
    assert len(kept) == len([*(WHEELS / "x86_64").glob("*.whl")])
    assert [name for name in found if name.endswith(("RECORD", "INSTALLER", "REQUESTED"))] == []


def test_everything_is_pinned(made: Package) -> None:
    """The packages are those of the lock, in its versions."""
    lock = (WHEELS.parent / "requirements/lambda.txt").read_text(encoding="utf-8")
    pinned = {f"{name.replace('-', '_')}-{version}" for name, version in _PIN.findall(lock)}
    found = {name.partition(".dist-info/")[0] for name in names(made) if ".dist-info/" in name}
    assert found == pinned


def test_an_api_of_ones_own_is_in_it(made: Package, tmp_path: Path) -> None:
    """Its wheel adds its modules, its other files and what scanners read, and changes no file."""
    wheel = write_wheel(tmp_path)
    own = package(SOURCES, WHEELS / "x86_64", [wheel])
    added = set(names(own)) - set(names(made))
    assert added == {
        "presale/__init__.py",
        "presale/presale.graphql",
        "presale/probe.py",
        "presale-1.0.dist-info/METADATA",
    }
    assert contents(made).items() <= contents(own).items()
    assert package(SOURCES, WHEELS / "x86_64", [wheel, wheel]).digest == own.digest


@pytest.mark.parametrize(
    ("name", "files", "said"),
    [
        ("presale-1.0-cp313-cp313-linux_x86_64.whl", (), "expected a wheel without compiled"),
        ("presale-1.0.tar.gz", (), "expected a wheel without compiled"),
        ("other-1.0-py3-none-any.whl", ["six.py"], "six.py is in the package already"),
        (
            "fanscore-1.0-py3-none-any.whl",
            ["fanscore_core/more.py"],
            "fanscore_core/more.py is in the package already",
        ),
        (
            "apart-1.0-py3-none-any.whl",
            ["apart-1.0.data/purelib/apart.py"],
            "apart-1.0.data/purelib/apart.py would have",
        ),
    ],
)
def test_a_wheel_that_cannot_be_in_it(
    tmp_path: Path, name: str, files: Sequence[str], said: str
) -> None:
    """What is compiled for some machine, or would stand in another's place, is refused by name."""
    wheel = write_wheel(tmp_path, name, files)
    with pytest.raises(UnusableWheelError, match=f"^{re.escape(str(wheel))}: {re.escape(said)}"):
        package(SOURCES, WHEELS / "x86_64", [wheel])


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut"])
def test_a_wheel_that_is_none(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing or no archive is refused by name."""
    wheel = tmp_path / "presale-1.0-py3-none-any.whl"
    if content is not None:
        wheel.write_bytes(content)
    with pytest.raises(UnusableWheelError, match=f"^{re.escape(str(wheel))}: cannot be read: "):
        package(SOURCES, WHEELS / "x86_64", [wheel])


def test_compiled_modules_are_what_is_imported(made: Package, tmp_path: Path) -> None:
    """Compiled, it has the same files and more; Python imports those, and nobody compiles again."""
    both = package(SOURCES, WHEELS / "x86_64", compiles=True)
    assert len(both.content) < MAX_BYTES / 2
    sources = {name: held for name, held in contents(both).items() if not name.endswith(".pyc")}
    assert sources == contents(made)
    with ZipFile(BytesIO(both.content)) as archive:
        archive.extractall(tmp_path)
    module = tmp_path / "fanscore_core/systems.py"
    module.write_text("raise ZeroDivisionError", encoding="utf-8")
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); "
        "import fanscore_core.systems as found; print(found.DEMAND, found.__file__)"
    )
    command = [sys.executable, "-I", "-c", script]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert shown.split() == ["demand_table", str(module)]


def test_it_is_small(made: Package) -> None:
    """The package is far below what Lambda takes."""
    assert len(made.content) < MAX_BYTES / 5


def test_what_is_for_development_is_there_to_be_left_out() -> None:
    """The names of what must not be deployed are those of folders that exist."""
    source = Path(__file__).parents[2]
    folders = [source / "src" / name for name in DEVELOPMENT if name.startswith("fanscore")]
    assert [folder.is_dir() for folder in folders] == [True, True, True]
