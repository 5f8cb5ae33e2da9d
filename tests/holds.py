"""Who holds the database for how long: on SQLite, an open transaction keeps all others from
writing."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.transaction import Atomic, get_connection

ROOT = Path(__file__).resolve().parents[1]
READS = ("SELECT", "PRAGMA", "EXPLAIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "WITH", "SET ")


@dataclass
class Hold:
    """One transaction, or one statement that wrote outside of any.

    where: the line of the project that began it; of a decorated function, its call. seconds: from
    the return of BEGIN to that of COMMIT or ROLLBACK; of a statement by itself, with its waiting
    for others. in_sql: how much of that passed within the database. statements: how many there
    were. calls: of the project's own functions meanwhile, if they were counted.
    """

    where: str
    seconds: float = 0.0
    in_sql: float = 0.0
    statements: int = 0
    calls: int = 0

    @property
    def outside(self) -> float:
        """Seconds in which the database had nothing to do, and others waited for it."""
        return self.seconds - self.in_sql


@contextmanager
def watch(*, count_calls: bool = False) -> Iterator[list[Hold]]:
    """The holds of all threads of this process while the block runs, as they end. Calls are those
    of this thread, and to count them is slow.

    Within a test's own transaction, the outermost `atomic()` that begins in the block counts as
    one. Not for two watches at a time.
    """
    done: list[Hold] = []
    # By connection: its hold, since when, and how many blocks of atomic() are around it.
    open_: dict[BaseDatabaseWrapper, tuple[Hold, float, int]] = {}
    enter, exit_ = Atomic.__enter__, Atomic.__exit__

    def begin(self: Atomic) -> None:
        enter(self)
        connection = get_connection(self.using)
        # A transaction that begins as a reader keeps nobody from writing.
        reads = getattr(connection, "transaction_mode", None) == "DEFERRED"
        if connection not in open_ and not reads:
            open_[connection] = Hold(_where()), perf_counter(), len(connection.atomic_blocks) - 1

    def end(connection: BaseDatabaseWrapper) -> None:
        if found := open_.pop(connection, None):
            hold, since, _ = found
            hold.seconds = perf_counter() - since
            done.append(hold)

    def leave(self: Atomic, *error: Any) -> None:
        connection = get_connection(self.using)
        try:
            exit_(self, *error)
        finally:
            if connection in open_ and len(connection.atomic_blocks) <= open_[connection][2]:
                end(connection)

    def ended(method: Any) -> Any:
        # What is done on commit comes after it, within the block, and holds nothing.
        def end_after(self: BaseDatabaseWrapper) -> None:
            since = perf_counter()
            try:
                method(self)
            finally:
                if self in open_:
                    open_[self][0].in_sql += perf_counter() - since
                    end(self)

        return end_after

    def timed(method: Any, *, statement: bool) -> Any:
        def run(self: CursorWrapper, *arguments: Any, **options: Any) -> Any:
            since = perf_counter()
            try:
                return method(self, *arguments, **options)
            finally:
                passed = perf_counter() - since
                if self.db in open_:
                    hold = open_[self.db][0]
                    hold.in_sql += passed
                    hold.statements += statement
                elif statement and not self.db.in_atomic_block and _writes(arguments[0]):
                    done.append(Hold(_where(), passed, passed, 1))

        return run

    def fetch(name: str) -> Any:
        # SQLite looks for a row when it is asked for.
        return timed(
            lambda self, *arguments: CursorWrapper.__getattr__(self, name)(*arguments),
            statement=False,
        )

    ours: dict[Any, bool] = {}

    def called(frame: Any, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or not open_:
            return
        if code not in ours:
            ours[code] = code.co_filename.startswith((f"{ROOT}/digest/", f"{ROOT}/accounts/"))
        for hold, *_ in open_.values():
            hold.calls += ours[code]

    run = CursorWrapper._execute_with_wrappers
    with (
        patch.object(Atomic, "__enter__", begin),
        patch.object(Atomic, "__exit__", leave),
        patch.object(BaseDatabaseWrapper, "commit", ended(BaseDatabaseWrapper.commit)),
        patch.object(BaseDatabaseWrapper, "rollback", ended(BaseDatabaseWrapper.rollback)),
        patch.object(CursorWrapper, "_execute_with_wrappers", timed(run, statement=True)),
        patch.object(CursorWrapper, "fetchone", fetch("fetchone"), create=True),
        patch.object(CursorWrapper, "fetchmany", fetch("fetchmany"), create=True),
        patch.object(CursorWrapper, "fetchall", fetch("fetchall"), create=True),
    ):
        if count_calls:
            sys.setprofile(called)
        try:
            yield done
        finally:
            if count_calls:
                sys.setprofile(None)


def _writes(sql: str) -> bool:
    return not str(sql).lstrip(" (\n").upper().startswith(READS)


def _where() -> str:
    """The innermost line of the project that is being run."""
    frame: Any = sys._getframe(1)
    while frame:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(ROOT) and file != Path(__file__) and ".venv" not in file.parts:
            return f"{file.relative_to(ROOT)}:{frame.f_lineno} {frame.f_code.co_qualname}"
        frame = frame.f_back
    return "?"
