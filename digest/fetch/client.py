"""An HTTP client for a service, which keeps to the pauses that the service asks for.

In: a path, and perhaps the ETag of an earlier answer. Out: the answer, or NotFetched. All processes
of this machine together send a service one request at a time, with a pause between two. Errors that
may pass (a lost connection, 429, 5xx) are tried again a few times, each time later, or when the
service asks for it. The size of an answer, also decompressed, and its time are limited.
"""

from __future__ import annotations

import fcntl
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from urllib3 import BaseHTTPResponse, PoolManager, Retry
from urllib3 import exceptions as errors

from digest.environment import LOOPBACK
from digest.formats import MAX_BYTES

TIMEOUT = 20.0
"""Seconds that a service may take for one step of an answer, at most."""
SECONDS = 120.0
"""Seconds that it may take for a whole answer."""
LONGEST_WAIT = 60
"""Seconds to wait for a service, at most: if it asks for more, this run gives up."""
MAX_REDIRECTS = 3

_RETRY = Retry(
    total=3,
    status_forcelist=(408, 429, 500, 502, 503, 504),
    backoff_factor=2,
    backoff_jitter=2,
    backoff_max=LONGEST_WAIT,
)
_ADDRESS_STATUSES = (304, 400, 404, 410, 422)
"""Statuses that are about one address. Others mean that the service refuses, whatever is asked."""
_VALIDATOR = re.compile("[ -~]{0,200}")


class NotFetched(Exception):
    """There is no usable answer. The text says why, as a sentence without its full stop."""


class Unreachable(NotFetched):
    """The service does not answer, or refuses: other addresses need not be tried now."""


class Answer(NamedTuple):
    """A service's answer. content: decompressed; None if it did not change (304). etag,
    last_modified: its headers, to send with the next request; "" where it has none."""

    content: bytes | None
    etag: str = ""
    last_modified: str = ""


class _TooSlow(errors.HTTPError):
    """The answer takes too long."""


class _TooLarge(errors.HTTPError):
    """The answer is too large."""


class _BadRedirect(errors.HTTPError):
    """The answer redirects too often, or to an address that is not allowed."""


class Client:
    """Asks one service.

    name: what people call it. base: the address that paths are added to. pause: seconds between two
    requests. sleep, now: waits for seconds, and the time in seconds since 1970. seconds, max_bytes:
    of an answer.
    """

    def __init__(
        self,
        name: str,
        base: str,
        pause: float,
        *,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.time,
        seconds: float = SECONDS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.name = name
        self.base = base
        self._pause: Final = pause
        self._sleep, self._now = sleep, now
        self._seconds, self._max_bytes = seconds, max_bytes

    def get(self, path: str, etag: str = "", last_modified: str = "") -> Answer:
        """Ask for a path. etag, last_modified: of the last answer, if there is one.

        Raises NotFetched.
        """
        headers = {
            "User-Agent": f"PaperDigest/{settings.VERSION} (+{settings.SITE_URL}/)",
            "Accept-Encoding": "gzip",
            **({"If-None-Match": etag} if etag else {}),
            **({"If-Modified-Since": last_modified} if last_modified else {}),
        }
        with self._exclusive() as wait:
            response, content = self._try(self.base + path, headers, wait)
        if response.status == HTTPStatus.NOT_MODIFIED and (etag or last_modified):
            return Answer(None, etag, last_modified)
        if response.status != HTTPStatus.OK:
            refusal = NotFetched if response.status in _ADDRESS_STATUSES else Unreachable
            raise refusal(f"{self.name} answers {_status(response.status)}")
        validators = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
        return Answer(content, *(text if _VALIDATOR.fullmatch(text) else "" for text in validators))

    @contextmanager
    def _exclusive(self) -> Iterator[Callable[[float], None]]:
        """Within it, no other process asks this service. Gives a function that waits until the next
        request may be sent, and for so many seconds at least. Raises Unreachable."""
        path = settings.LOCKS / f"fetch-{self.name}.lock"
        try:
            lock = path.open("a+")
        except OSError as error:
            raise Unreachable(f"{path} cannot be opened: {error.strerror}") from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.seek(0)
            asked = _seconds(lock.read())  # by the process before this one

            def wait(seconds: float) -> None:
                nonlocal asked
                since = self._now() - asked
                # A clock that was set back is no reason to wait for longer.
                pause = max(seconds, min(self._pause, self._pause - since))
                if pause > 0:
                    self._sleep(pause)
                asked = self._now()

            try:
                yield wait
            finally:
                with suppress(OSError):  # a full disk
                    lock.truncate(0)
                    lock.write(f"{self._now()}")
                    lock.flush()

    def _try(
        self, url: str, headers: dict[str, str], wait: Callable[[float], None]
    ) -> tuple[BaseHTTPResponse, bytes]:
        """The answer of the first try that gives one. Raises NotFetched."""
        retry, seconds = _RETRY, 0.0
        while True:
            wait(seconds)
            response = error = None
            seconds = 0.0
            try:
                response, content = self._within_time(url, headers)
            except (_TooLarge, _BadRedirect) as fault:
                raise NotFetched(f"{self.name} {fault}") from fault
            except errors.HTTPError as fault:
                error, reason = fault, _in_words(fault)
            else:
                if not retry.is_retry("GET", response.status, "Retry-After" in response.headers):
                    return response, content
                reason = f"answers {_status(response.status)}"
                seconds = _retry_after(response)
            if seconds <= LONGEST_WAIT:
                with suppress(errors.MaxRetryError):
                    retry = retry.increment("GET", url, response, error)
                    seconds = max(seconds, retry.get_backoff_time())
                    continue
            if seconds > LONGEST_WAIT:
                reason += f" and asks to be left alone for {seconds:,.0f} seconds"
            raise Unreachable(f"{self.name} {reason}") from error

    def _within_time(self, url: str, headers: dict[str, str]) -> tuple[BaseHTTPResponse, bytes]:
        """One request and its redirects. Raises HTTPError."""
        done: SimpleQueue[tuple[BaseHTTPResponse, bytes] | BaseException] = SimpleQueue()
        given_up = Event()

        def ask() -> None:
            try:
                done.put(self._ask(url, headers, given_up))
            except BaseException as error:  # raised in the thread that waits
                done.put(error)

        # A daemon thread, so that neither a slow name server nor an answer that comes byte by byte
        # keeps the process from ending.
        Thread(target=ask, daemon=True).start()
        try:
            found = done.get(timeout=self._seconds)
        except Empty:
            raise _TooSlow from None
        finally:
            given_up.set()
        if isinstance(found, BaseException):
            raise found
        return found

    def _ask(
        self, url: str, headers: dict[str, str], given_up: Event
    ) -> tuple[BaseHTTPResponse, bytes]:
        with PoolManager(timeout=TIMEOUT, retries=False) as manager:
            for _ in range(1 + MAX_REDIRECTS):
                response = manager.request(
                    "GET", url, headers=headers, preload_content=False, redirect=False
                )
                try:
                    target = response.get_redirect_location()
                    if not target:
                        return response, self._content(response, given_up)
                finally:
                    response.close()
                url = self._redirected(url, target)
        raise _BadRedirect(f"redirects more than {MAX_REDIRECTS} times")

    def _redirected(self, url: str, target: str) -> str:
        """The address to which a redirect leads. Raises HTTPError unless that is https, or both
        addresses are on this machine."""
        with suppress(ValueError):
            target = urljoin(url, target)
            asked, parts = urlsplit(url), urlsplit(target)
            is_local = asked.hostname in LOOPBACK and parts.hostname in LOOPBACK
            is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_local)
            if parts.hostname and is_safe:
                return target
        raise _BadRedirect("redirects to an address that is not https")

    def _content(self, response: BaseHTTPResponse, given_up: Event) -> bytes:
        content = bytearray()
        for piece in response.stream(2**16, decode_content=True):
            content += piece
            if len(content) > self._max_bytes:
                size = f"{self._max_bytes / 2**20:,.0f} MiB"
                raise _TooLarge(f"answers with more than {size}: no list of papers is that large")
            if given_up.is_set():
                raise _TooSlow
        return bytes(content)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _retry_after(response: BaseHTTPResponse) -> float:
    """The seconds of the header Retry-After; 0 without one, or if it cannot be read."""
    with suppress(errors.HTTPError, ValueError, OverflowError):
        return _RETRY.get_retry_after(response) or 0.0
    return 0.0


def _status(status: int) -> str:
    with suppress(ValueError):
        return f"{status} ({HTTPStatus(status).phrase})"
    return str(status)


def _in_words(error: errors.HTTPError) -> str:
    match error:
        case errors.NameResolutionError():
            return "cannot be reached: no name server knows it"
        case errors.NewConnectionError():
            return "cannot be reached: no connection to it"
        case _TooSlow() | errors.ConnectTimeoutError() | errors.ReadTimeoutError():
            return "did not answer in time"
        case errors.SSLError():
            return f"has no valid TLS certificate: {error}"
        case errors.DecodeError():
            return "sent an answer that cannot be decompressed"
        case errors.ProtocolError():
            return "broke its answer off"
    return f"cannot be asked: {error}"
