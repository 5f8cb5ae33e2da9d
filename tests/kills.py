"""Kills a process of our own while it works, at a moment or before a step of the database's."""

import json
import os
import select
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple
from unittest.mock import patch

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper


class Ended(NamedTuple):
    """What became of the work. answer: what it returned; None if it was killed before. steps: how
    many statements, commits and roll-backs there were. seconds: from its begin to its end."""

    answer: Any
    steps: int
    seconds: float

    @property
    def killed(self) -> bool:
        return self.answer is None


def run(work: Callable[[], Any], *, step: int = 0, seconds: float = 0) -> Ended:
    """Do the work in a forked process, which has the database to itself.

    work: returns what JSON takes, and not None. step: the process kills itself (SIGKILL) before
    this statement, commit or roll-back, counted from 1. seconds: it is killed after so many.
    """
    connections.close_all()  # no connection is shared with the process
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # From 3.12 on, Python warns of threads that a fork leaves behind: here nobody needs them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(reading)
        _work(work, step, writing)
    os.close(writing)
    begun = perf_counter()
    with os.fdopen(reading, "rb") as pipe:
        if seconds and not select.select([pipe], [], [], seconds)[0]:
            os.kill(child, signal.SIGKILL)
        said = pipe.read()
    took = perf_counter() - begun
    _, status = os.waitpid(child, 0)
    if said:
        answer, steps = json.loads(said)
        return Ended(answer, steps, took)
    if not os.WIFSIGNALED(status):
        raise RuntimeError("the work failed: see above")
    return Ended(None, 0, took)


def _work(work: Callable[[], Any], kill_at: int, pipe: int) -> None:
    """Never returns: what the parent has to do at its end is not for this process to do."""
    steps = 0

    def counted(method: Any) -> Any:
        def count(self: Any, *arguments: Any, **options: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return method(self, *arguments, **options)

        return count

    try:
        with (
            patch.object(
                CursorWrapper,
                "_execute_with_wrappers",
                counted(CursorWrapper._execute_with_wrappers),
            ),
            patch.object(BaseDatabaseWrapper, "commit", counted(BaseDatabaseWrapper.commit)),
            patch.object(BaseDatabaseWrapper, "rollback", counted(BaseDatabaseWrapper.rollback)),
        ):
            answer = work()
        os.write(pipe, json.dumps([answer, steps]).encode())
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
