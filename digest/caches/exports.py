"""Whole exports, kept on the disk for as long as the catalogue does not change.

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
"""Seconds that a reader may take for a file while it is made: then it is not kept, and others are
let make theirs."""
A_MINUTE = 10
"""Exports that are made for one address in a minute, by each process."""
MAX_BYTES = 256_000_000
"""All exports together; those that were not asked for the longest go first."""

_waiting = BoundedSemaphore()
_counted = Lock()
_made: dict[str, int] = {}
_minute = 0


class Busy(Exception):
    """The export cannot be made just now; its text says so to whoever asks. after: in how many
    seconds to come again. own: because of what this address alone asks for."""

    def __init__(self, after: int, own: bool = False) -> None:
        why = "You asked for" if own else "Others ask for"
        super().__init__(f"{why} more exports than are made at once. Try again in {after} s.")
        self.after, self.own = after, own
        self.status = 429 if own else 503


def whole(
    made_of: str, address: str, make: Callable[[], Iterable[bytes]]
) -> BufferedReader | Iterator[bytes]:
    """The export, from the disk or while it is being made.

    made_of: what it follows from, beside the catalogue: its format, and what was asked for.
    address: who asks. make: gives its pieces. Raises Busy. What is given has to be closed.
    """
    key = Revision().key("export", made_of)
    folder: Path = settings.EXPORTS
    path = folder / key
    if (kept := _kept(path)) is not None:
        return kept
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        # One file always has the same turn: whoever wants it as well waits for it.
        turn = (folder / f"turn-{int(key[:8], 16) % AT_ONCE}.lock").open("ab")
    except OSError:  # no room, or no leave to write: nothing is kept
        return (piece for piece in make())  # which can be closed
    try:
        if not _take(turn):
            kept = _wait(path, turn)
        # It may have been made since it was looked for.
        if (kept := kept or _kept(path)) is None:
            _count(address)
            return _Making(make, path, turn)
    except BaseException:
        turn.close()
        raise
    turn.close()
    return kept


def _kept(path: Path) -> BufferedReader | None:
    try:
        file = path.open("rb")
        os.utime(path)
    except OSError:
        return None
    return file


def _take(turn: Any) -> bool:
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _wait(path: Path, turn: Any) -> BufferedReader | None:
    """Wait until the file is there, or it is our turn to make it. Raises Busy."""
    if not _waiting.acquire(blocking=False):
        raise Busy(int(WAIT) + 1)
    try:
        end = monotonic() + WAIT
        while monotonic() < end:
            if (kept := _kept(path)) is not None:
                return kept
            if _take(turn):
                return None
            sleep(0.05)
    finally:
        _waiting.release()
    raise Busy(int(WAIT) + 1)


def _count(address: str) -> None:
    """Count one more that is made for an address. Raises Busy."""
    global _minute
    with _counted:
        now = int(time())
        if now // 60 != _minute:
            _minute = now // 60
            _made.clear()
        if _made.get(address, 0) >= A_MINUTE:
            raise Busy(60 - now % 60, own=True)
        _made[address] = _made.get(address, 0) + 1


class _Making:
    """The pieces of a file that is written to the disk as well, and is there once it is whole.

    turn: the lock that is held until then; it ends with the process, too.
    """

    def __init__(self, make: Callable[[], Iterable[bytes]], path: Path, turn: Any) -> None:
        self._make, self._path, self._turn = make, path, turn
        self._pieces: Iterator[bytes] | None = None
        self._file: Any = None
        self._given, self._slow = 0.0, 0.0

    def __iter__(self) -> _Making:
        return self

    def __next__(self) -> bytes:
        if self._pieces is None:
            self._pieces = iter(self._make())
            self._keep(self._open)
        else:
            self._slow += monotonic() - self._given
            if self._slow > SLOW:
                self._let_go()
        try:
            piece = next(self._pieces)
        except StopIteration:
            self._keep(self._finish)
            self._let_go()
            raise
        except BaseException:
            self._let_go()
            raise
        self._keep(lambda: self._file.write(piece))
        self._given = monotonic()
        return piece

    def close(self) -> None:
        self._let_go()

    def _open(self) -> None:
        self._file = NamedTemporaryFile(dir=self._path.parent, prefix="part-", delete=False)  # noqa: SIM115

    def _finish(self) -> None:
        self._file.close()
        os.replace(self._file.name, self._path)
        self._file = None
        _sweep(self._path.parent)

    def _keep(self, step: Callable[[], Any]) -> None:
        """Do something to keep the file. Where that fails, for want of room, it is not kept."""
        if self._turn.closed:
            return
        try:
            step()
        except OSError:
            self._let_go()

    def _let_go(self) -> None:
        """Keep nothing of it, and let others have their turn."""
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)
            self._file = None
        self._turn.close()


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
