"""Errors of the log, mailed to ADMINS: each kind once an hour, for all processes together."""

from __future__ import annotations

import fcntl
import logging
from hashlib import sha256
from pathlib import Path
from threading import Thread
from time import monotonic
from traceback import extract_tb

from django.conf import settings
from django.core.cache import caches
from django.core.mail import mail_admins
from django.db import connections

from digest.log import Line

PAUSE = 3600
"""Seconds between two mails of a kind."""

_log = logging.getLogger(__name__)
_mailed_here: dict[str, float] = {}
"""When this process saw each kind last, so that a storm of errors asks no file or server."""


class ErrorMail(logging.Handler):
    """The lines of errors, with their tracebacks. Values of variables are not in it, nor what was
    sent: they may be people's own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.setFormatter(Line("{asctime} {levelname} {name}{request_part}: {message}", style="{"))

    def emit(self, record: logging.LogRecord) -> None:
        # A request for a host that is not ours, for one, is an error of whoever asks.
        if not settings.ADMINS or getattr(record, "status_code", 500) < 500:
            return
        try:
            kind = kind_of(record)
            if _is_due(kind):
                text = (
                    f"{self.format(record)}\n\nErrors of this kind, {kind}, are mailed once an hour"
                    " at most; the log has all of them.\n"
                )
                # Elsewhere: whoever waits for an answer need not wait for a mail server.
                Thread(target=_send, args=(f"Error: {kind}", text), name="error mail").start()
        except Exception:  # of whatever: it is printed, and what was being done goes on
            self.handleError(record)


def kind_of(record: logging.LogRecord) -> str:
    """The class of an error, and the line of ours where it happened."""
    if not (record.exc_info and record.exc_info[0]):
        return f"{record.name} in {_within(record.pathname)}:{record.lineno}"
    frames = extract_tb(record.exc_info[2])
    ours = [frame for frame in frames if not _within(frame.filename).startswith("/")]
    place = (ours or frames)[-1]
    return f"{record.exc_info[0].__name__} in {_within(place.filename)}:{place.lineno}"


def _within(file: str) -> str:
    """A path below the project's folder; others as they are."""
    path = Path(file)
    for folder in ("digest", "accounts"):
        if path.is_relative_to(settings.ROOT / folder):
            return str(path.relative_to(settings.ROOT))
    return str(path.absolute())


def _is_due(kind: str) -> bool:
    """Whether no process has mailed this kind within the hour; this one does so now."""
    now = monotonic()
    if kind in _mailed_here and now - _mailed_here[kind] < PAUSE:
        return False
    _mailed_here[kind] = now
    key = f"error-mail-{sha256(kind.encode()).hexdigest()}"
    try:
        # A cache of files looks and writes in two steps.
        with (settings.LOCKS / "error-mail.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return caches["errors"].add(key, 1, PAUSE)
    except OSError:  # a full disk, for one: that is worth a mail of each process
        return True


def _send(subject: str, text: str) -> None:
    try:
        mail_admins(subject, text)
    except Exception as error:
        _log.warning("An error could not be mailed: %s", error)
    finally:
        connections.close_all()  # those of this thread
