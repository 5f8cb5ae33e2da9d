"""Whole exports, stored on the disk for as long as the catalogue does not change.

An export of everything takes seconds to make, and megabytes. Each is made once for all processes,
two at a time at the most, so that there is always somebody left to answer for pages.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import BoundedSemaphore, Lock
from time import monotonic, sleep, time
from typing import Any

from django.conf import settings

from .revision import Revision

AT_ONCE = 2
"""Exports that are made at a time, in all processes of a machine together."""
WAIT = 2.0
"""Seconds to wait for one that is being made; of each process one request waits, others come
again."""
SLOW = 30.0
"""Seconds that a reader may take for a file while it is made: then it is not stored, and others are
let make theirs."""
A_MINUTE = 10
"""Exports that are made for one address in a minute, by each process."""
MAX_BYTES = 256_000_000
"""All exports together; those that were not asked for the longest go first."""

_waiting = BoundedSemaphore()
_counted = Lock()
_exports_by_address: dict[str, int] = {}
_minute = 0


class ExportBusy(Exception):
    """The export cannot be made just now; its text says so to whoever asks. after: in how many
    seconds to come again. own: because of what this address alone asks for."""

    def __init__(self, after: int, own: bool = False) -> None:
        reason = "You asked for" if own else "Others ask for"
        super().__init__(f"{reason} more exports than are made at once. Try again in {after} s.")
        self.after, self.own = after, own
        self.status = 429 if own else 503


def cached_export(
    content: str, address: str, make: Callable[[], Iterable[bytes]]
) -> BufferedReader | Iterator[bytes]:
    """The export, from the disk or while it is being made.

    content: what decides, together with the catalogue, what is in it: its format, and what was
    asked for. address: who asks. make: gives its pieces. Raises ExportBusy. What is returned has to
    be closed.
    """
    key = Revision().key("export", content)
    folder: Path = settings.EXPORTS
    path = folder / key
    if (stored := _stored(path)) is not None:
        return stored
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        # One file always has the same lock: whoever wants it as well waits for it.
        lock = (folder / f"turn-{int(key[:8], 16) % AT_ONCE}.lock").open("ab")
    except OSError:  # no room, or no leave to write: nothing is stored
        return (piece for piece in make())  # which can be closed
    try:
        if not _try_lock(lock):
            stored = _wait(path, lock)
        # It may have been made since it was looked for.
        if (stored := stored or _stored(path)) is None:
            _count(address)
            return _ExportStream(make, path, lock)
    except BaseException:
        lock.close()
        raise
    lock.close()
    return stored


def _stored(path: Path) -> BufferedReader | None:
    try:
        file = path.open("rb")
        os.utime(path)
    except OSError:
        return None
    return file


def _try_lock(lock: Any) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _wait(path: Path, lock: Any) -> BufferedReader | None:
    """Wait until the file is there, or we have the lock, to make it. Raises ExportBusy."""
    if not _waiting.acquire(blocking=False):
        raise ExportBusy(int(WAIT) + 1)
    try:
        end = monotonic() + WAIT
        while monotonic() < end:
            if (stored := _stored(path)) is not None:
                return stored
            if _try_lock(lock):
                return None
            sleep(0.05)
    finally:
        _waiting.release()
    raise ExportBusy(int(WAIT) + 1)


def _count(address: str) -> None:
    """Count one more that is made for an address. Raises ExportBusy."""
    global _minute
    with _counted:
        now = int(time())
        if now // 60 != _minute:
            _minute = now // 60
            _exports_by_address.clear()
        if _exports_by_address.get(address, 0) >= A_MINUTE:
            raise ExportBusy(60 - now % 60, own=True)
        _exports_by_address[address] = _exports_by_address.get(address, 0) + 1


class _ExportStream:
    """The pieces of a file that is written to the disk as well, and is there once it is complete.

    lock: held until then; it ends with the process, too.
    """

    def __init__(self, make: Callable[[], Iterable[bytes]], path: Path, lock: Any) -> None:
        self._make, self._path, self._lock = make, path, lock
        self._pieces: Iterator[bytes] | None = None
        self._file: Any = None
        self._given, self._slow = 0.0, 0.0

    def __iter__(self) -> _ExportStream:
        return self

    def __next__(self) -> bytes:
        if self._pieces is None:
            self._pieces = iter(self._make())
            self._try(self._open)
        else:
            self._slow += monotonic() - self._given
            if self._slow > SLOW:
                self._release()
        try:
            piece = next(self._pieces)
        except StopIteration:
            self._try(self._finish)
            self._release()
            raise
        except BaseException:
            self._release()
            raise
        self._try(lambda: self._file.write(piece))
        self._given = monotonic()
        return piece

    def close(self) -> None:
        self._release()

    def _open(self) -> None:
        self._file = NamedTemporaryFile(dir=self._path.parent, prefix="part-", delete=False)  # noqa: SIM115

    def _finish(self) -> None:
        self._file.close()
        os.replace(self._file.name, self._path)
        self._file = None
        _sweep(self._path.parent)

    def _try(self, step: Callable[[], Any]) -> None:
        """Do a step of storing the file. Where that fails, for want of room, it is not stored."""
        if self._lock.closed:
            return
        try:
            step()
        except OSError:
            self._release()

    def _release(self) -> None:
        """Delete what is not complete, and release the lock."""
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)
            self._file = None
        self._lock.close()


def _sweep(folder: Path) -> None:
    """Delete what there is too much of, and what was left half written by a process that ended."""
    found = []
    for file in folder.iterdir():
        if file.suffix == ".lock":
            continue
        try:
            about = file.stat()
        except FileNotFoundError:  # another process sweeps, too
            continue
        if file.name.startswith("part-") and about.st_mtime < time() - 3600:
            file.unlink(missing_ok=True)
        else:
            found.append((about.st_mtime, about.st_size, file))
    total = 0
    for _, size, file in sorted(found, reverse=True):
        total += size
        if total > MAX_BYTES:
            file.unlink(missing_ok=True)
