from __future__ import annotations

import ast
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
FACES = (
    "fanscore_core",
    "fanscore_core.pipelines",
    "fanscore_core.ports",
    "fanscore_adapters",
    "fanscore_appsync",
)


def seen_by_type_checkers(face: str) -> dict[str, str]:
    """Read where type checkers find each name of a face."""
    tree = ast.parse((SRC / face.replace(".", "/") / "__init__.py").read_text(encoding="utf-8"))
    return {
        name.asname or name.name: f"{node.module}.{name.name}"
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }


@pytest.mark.parametrize("face", FACES)
def test_a_face_shows_what_it_says(face: str) -> None:
    """``__all__``, ``dir`` and type checkers name the same, and each name is its home's value."""
    module, homes = import_module(face), seen_by_type_checkers(face)
    assert sorted(module.__all__) == sorted(homes) == dir(module)
    for name, home in homes.items():
        where, _, what = home.rpartition(".")
        assert getattr(module, name) is getattr(import_module(where), what)


@pytest.mark.parametrize("face", FACES)
def test_no_name_of_a_face_is_a_modules(face: str) -> None:
    """No exported name equals a submodule's, or importing that module would replace the name."""
    module = import_module(face)
    modules = {each.name for each in pkgutil.iter_modules(module.__path__)}
    assert modules.isdisjoint(module.__all__)


@pytest.mark.parametrize("face", FACES)
def test_a_face_knows_no_other_names(face: str) -> None:
    """Asking a face for a name that it does not have is an ``AttributeError`` that says so."""
    with pytest.raises(AttributeError) as refused:
        import_module(face).unheard_of  # noqa: B018  # that is what is shown
    assert str(refused.value) == f"module {face!r} has no attribute 'unheard_of'"


@pytest.mark.parametrize("face", FACES)
def test_importing_a_face_loads_none_of_what_it_shows(face: str) -> None:
    """A face costs nothing until a name is asked for: only faces are loaded with it."""
    program = f"import sys, {face}; print(*sorted(m for m in sys.modules if 'fanscore_' in m))"
    done = subprocess.run(  # ourselves
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    parents = {face.rpartition(".")[0]} - {""}
    assert set(done.stdout.split()) == {"fanscore_core", "fanscore_core.lazy_face", face, *parents}


def test_modules_do_not_import_faces() -> None:
    """A module imports names from their homes, or circles would return through the faces."""
    found = []
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module in FACES:
                names = {name.name for name in node.names}
                found += [
                    f"{path.relative_to(SRC)}: {node.module}.{name}"
                    for name in names & set(import_module(node.module).__all__)
                ]
    assert found == []
