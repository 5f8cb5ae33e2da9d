"""The folder of a mirror: written beside its place, and put there when it is whole."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARKER = "mirror.json"
"""A file by which a mirror is known; it says when it was made, and of what."""


class CannotExport(Exception):
    """The mirror cannot be written; the text says why, and what to do."""


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A new, empty folder beside another one; it takes the place of that one at the end, unless
    there is an error: then the other one stays as it was, and the new one is removed.

    What a run that was killed left there is removed first. Raises CannotExport and OSError.
    """
    folder = Path(os.path.abspath(folder.expanduser())).resolve()
    _refuse(folder)
    new = folder.with_name(f".{folder.name}.new")
    old = folder.with_name(f".{folder.name}.old")
    with _locked(new):
        shutil.rmtree(old, ignore_errors=True)
        for path in new.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        try:
            yield new
            _refuse(folder)  # others may have written there in the meantime
            with suppress(FileNotFoundError):
                folder.rename(old)
            new.rename(folder)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _refuse(folder: Path) -> None:
    """Raise CannotExport for a folder that is not ours to replace."""
    if not folder.parent.is_dir():
        raise CannotExport(f"there is no folder {folder.parent}")
    if folder.is_dir():
        if any(folder.iterdir()) and not (folder / MARKER).is_file():
            raise CannotExport(
                f"{folder} is not empty, and is no mirror (it has no {MARKER}): name another folder"
            )
    elif folder.exists():
        raise CannotExport(f"{folder} is a file: name a folder")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Make a folder, if there is none, and let no other process have it. Raises CannotExport."""
    folder.mkdir(exist_ok=True)
    # No link: what it leads to would be emptied.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A run that ended in between may have moved it to its place.
            is_there = os.path.samestat(os.fstat(descriptor), os.stat(folder))
        except (BlockingIOError, FileNotFoundError):
            is_there = False
        if not is_there:
            raise CannotExport(f"another run is writing {folder}: wait until it has ended")
        yield
    finally:
        os.close(descriptor)
