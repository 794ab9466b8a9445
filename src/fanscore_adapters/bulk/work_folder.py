"""A folder that keeps what was done, so that a run which was stopped goes on where it was.

Each step makes one file or folder under a name that does not count, puts it on the disk, and gives
it its own name: a step is done as a whole, or was never begun.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

from fanscore_core.errors import InvalidInput

try:
    import fcntl
except ImportError:  # pragma: no cover  # Windows: two runs at once are not noticed there
    fcntl = None  # type: ignore[assignment]

KeptT = TypeVar("KeptT", dict[str, object], list[str])

UNFINISHED = ".unfinished"
PLAN = "plan.json"
LOCK = "lock"

_NOT_OURS = "exists, and has no work of ours in it"

OWNER_ONLY = 0o600
OWNER_ONLY_FOLDER = 0o700
"""What is written holds personal data."""


def nobody(_step: str) -> None:
    """Ignore a step that is done."""


def new_file(path: Path) -> BinaryIO:
    """Make a file that its owner alone may read, in place of any that is there.

    No link that lies there is followed, and nothing is written into a file that others may read.
    """
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    return os.fdopen(os.open(path, flags, OWNER_ONLY), "wb")


def sync_to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class WorkFolder:
    """The steps of a run, each done once. Use it in a ``with`` statement."""

    def __init__(
        self,
        path: Path,
        plan: Mapping[str, object],
        done: Callable[[str], object] = nobody,
        sync: Callable[[Path], object] = sync_to_disk,
    ) -> None:
        """Open a folder, or make it.

        Args:
            path: of the folder.
            plan: what is made of what: whoever goes on must want the same.
            done: called with the name of each step that is done.
            sync: puts a file or a folder's names on the disk.

        Raises:
            InvalidInput: the folder has the work of another plan, another run is at work in it, or
                it is none of ours.
            OSError: it cannot be made.
        """
        self.path = path
        self._done, self._sync = done, sync
        remove_left(path)
        if os.path.lexists(written_beside(path)):
            raise InvalidInput(str(written_beside(path)), _NOT_OURS)
        if not os.path.lexists(path):
            path.mkdir(mode=OWNER_ONLY_FOLDER)
        elif not _is_folder(path) or (not (path / LOCK).exists() and any(path.iterdir())):
            raise InvalidInput(str(path), _NOT_OURS)
        path.chmod(OWNER_ONLY_FOLDER)
        self._lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
        try:
            self._take_lock()
            self._check_plan(plan)
            for each in path.glob(f"*{UNFINISHED}"):
                _remove(each)
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> Self:
        """Return the folder."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Let other runs have the folder; leave none where input was refused at the first step."""
        if isinstance(error, InvalidInput) and not self._has_work():
            self.remove()
        with suppress(OSError):
            os.close(self._lock)

    def has(self, step: str) -> bool:
        """Whether a step is done."""
        return (self.path / step).exists()

    @contextmanager
    def making(self, step: str) -> Iterator[Path]:
        """Do a step, whose file or folder the block makes at the path that it is given.

        Raises:
            OSError: it cannot be written; names the file.
        """
        unfinished = self.path / f"{step}{UNFINISHED}"
        with naming(unfinished):
            yield unfinished
            keep(unfinished, self.path / step, self._sync)
        self._done(step)

    def remove(self) -> None:
        """Remove the folder, once all of it is of no more use: at once, to whoever looks for it."""
        self.path.replace(written_beside(self.path))
        _remove_folder(written_beside(self.path))

    def _has_work(self) -> bool:
        """Whether a step is done; also where the folder is gone already."""
        if not self.path.exists():
            return True
        names = {each.name for each in self.path.iterdir() if each.suffix != UNFINISHED}
        return bool(names - {LOCK, PLAN})

    def _take_lock(self) -> None:
        if fcntl is not None:  # pragma: no branch  # (as said above)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise InvalidInput(str(self.path), "another run is at work in it") from error

    def _check_plan(self, plan: Mapping[str, object]) -> None:
        wanted = json.loads(json.dumps(plan))
        path = self.path / PLAN
        if not path.exists():
            unfinished = self.path / f"{PLAN}{UNFINISHED}"
            unfinished.write_text(json.dumps(wanted, indent=2), encoding="utf-8")
            keep(unfinished, path, self._sync)
            return
        found = kept_document(path, dict)
        others = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
        if others:
            problem = f"has the work of another run, which differs in: {', '.join(others)}"
            raise InvalidInput(str(self.path), f"{problem}; remove it, or name another output")


def remove_left(path: Path) -> None:
    """Remove what a run has left that was stopped at its very end, while it removed its folder.

    Args:
        path: of the folder, as the run had it.
    """
    if _is_folder(written_beside(path)):
        _remove_folder(written_beside(path))


def written_beside(path: Path) -> Path:
    """Return where a file is written until it is whole, and a folder lies while it is removed."""
    return path.with_name(f"{path.name}{UNFINISHED}")


def kept_document(path: Path, kind: type[KeptT]) -> KeptT:
    """Read the JSON document that a run has kept in its folder.

    Args:
        path: of the file.
        kind: what it must be.

    Raises:
        InvalidInput: the file is damaged: it holds no JSON, or a value of another kind.
    """
    try:
        kept: object = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        kept = None
    if not isinstance(kept, kind):
        raise damaged(path)
    return kept


def damaged(path: Path) -> InvalidInput:
    """Return the error of a file that no run has left so."""
    return InvalidInput(str(path), "is damaged; remove its folder, to begin anew")


def keep(unfinished: Path, finished: Path, sync: Callable[[Path], object] = sync_to_disk) -> None:
    """Put a file or folder on the disk, and give it its name."""
    for folder, _, names in os.walk(unfinished):
        for name in names:
            sync(Path(folder, name))
        sync(Path(folder))
    if unfinished.is_file():
        sync(unfinished)
    unfinished.replace(finished)
    sync(finished.parent)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name a file in an error of the operating system that names none, such as of a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def _is_folder(path: Path) -> bool:
    """Whether it is a folder, and no link to one, which could not be removed as one."""
    return path.is_dir() and not path.is_symlink()


def _remove_folder(path: Path) -> None:
    """Remove a folder, which another run may be removing as well."""

    def unless_gone(
        _call: object, _path: str, raised: tuple[object, BaseException, object]
    ) -> None:
        if not isinstance(raised[1], FileNotFoundError):
            raise raised[1]

    shutil.rmtree(path, onerror=unless_gone)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
