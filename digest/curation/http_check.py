"""Asking for a URL as a reader would who follows it: does it still answer?

A check asks for single addresses that papers give: it follows no links and reads no page, so
robots.txt, which is for those who do, is not asked for. A host that asks to be left alone (429,
Retry-After) is, for the rest of the run; where one refuses to answer programs (401, 403 and the
like), the link's mark stays as it is.

Whatever a file named as a link is asked for from inside of the operator's network: `public_http`
connects to public addresses alone. Each redirect is looked at in the same way.
"""

from __future__ import annotations

import queue
import ssl
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable
from enum import Enum
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from digest.text.links import clean_url

from .public_http import FAILURES, Refused, Resolve, in_words, public_addresses, send

PAUSE = 1.0
"""Seconds between two requests of one host."""
MAX_REDIRECTS = 5

_LEFT_ALONE = "the host is left alone"
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_REDIRECTS = (301, 302, 303, 307, 308)


class LinkOutcome(Enum):
    """What an answer says of a link."""

    ALIVE = "alive"
    GONE = "gone"
    FAILED = "failed"
    UNKNOWN = "untold"


class Answer(NamedTuple):
    """What asking for a URL gave.

    status: of HTTP, if there was one. reason: in words; "" of a link that is alive. busy: the host
    asked to be left alone.
    """

    outcome: LinkOutcome
    status: int | None = None
    reason: str = ""
    busy: bool = False


class _Host:
    """A host's turn: one request at a time, with a pause between two."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.asked_at = float("-inf")
        self.failures = 0
        self.left_alone = False


class Checker:
    """Asks for URLs in one run, several hosts at a time.

    resolve: says for a name and a port what to connect to, or raises Refused: the only way to an
    address. context: by which certificates are believed. pause: seconds, as `PAUSE`.
    """

    def __init__(
        self,
        resolve: Resolve = public_addresses,
        context: ssl.SSLContext | None = None,
        pause: float = PAUSE,
    ) -> None:
        self._resolve = resolve
        self._context = context or ssl.create_default_context()
        self._pause = pause
        self._hosts: dict[str, _Host] = {}
        self._stopped = threading.Event()

    def run(
        self, urls: Iterable[str], workers: int = 8, seconds: float = float("inf")
    ) -> Generator[tuple[str, Answer] | None, None, None]:
        """Ask for clean URLs: each with its answer, as they come, and None for every second in
        which none came. Of a host that asked to be left alone, or failed three times in a row, the
        others are left out.

        seconds: after which nothing more is given. What was begun by then ends by itself.
        """
        waiting: dict[str, deque[str]] = {}
        for url in urls:
            waiting.setdefault(site_of(url), deque()).append(url)
        hosts: queue.SimpleQueue[deque[str]] = queue.SimpleQueue()
        for some in waiting.values():
            hosts.put(some)
        answers: queue.SimpleQueue[tuple[str, Answer] | BaseException | None]
        answers = queue.SimpleQueue()
        running = min(workers, len(waiting))
        for _ in range(running):
            # Daemons, so that a name server which takes its time keeps nobody from leaving.
            threading.Thread(target=self._work, args=(hosts, answers), daemon=True).start()
        end = time.monotonic() + seconds
        try:
            while running:
                left = end - time.monotonic()
                if left <= 0:
                    return
                try:
                    answer = answers.get(timeout=min(left, 1))
                except queue.Empty:
                    yield None
                    continue
                if isinstance(answer, BaseException):
                    raise answer
                if answer is None:
                    running -= 1
                else:
                    yield answer
        finally:
            self._stopped.set()

    def _work(self, hosts: Any, answers: Any) -> None:
        try:
            while True:
                urls = hosts.get_nowait()
                while urls and not self._stopped.is_set():
                    url = urls.popleft()
                    answer = self.ask(url)
                    if answer.reason != _LEFT_ALONE:
                        answers.put((url, answer))
        except queue.Empty:
            answers.put(None)
        except BaseException as error:  # a mistake of ours is not the link's
            answers.put(error)

    def ask(self, url: str) -> Answer:
        """Ask for one URL, and whatever it redirects to."""
        for _ in range(1 + MAX_REDIRECTS):
            answer, location = self._ask_once(url)
            if location is None:
                return answer
            try:
                target = clean_url(urljoin(url, location))
            except ValueError:
                target = None
            if target is None:
                return Answer(
                    LinkOutcome.UNKNOWN, answer.status, "redirects to what is no web address"
                )
            url = target
        return Answer(
            LinkOutcome.UNKNOWN, answer.status, f"redirects more than {MAX_REDIRECTS} times"
        )

    def _ask_once(self, url: str) -> tuple[Answer, str | None]:
        """The answer of one address, and where it redirects to, if it does."""
        # Some servers know no HEAD, and of these some say 404.
        for method in ("HEAD", "GET"):
            status, location, reason, busy = self._request(method, url)
            if busy or status is None or status < 400:
                break
        if status in _REDIRECTS and location:
            return Answer(LinkOutcome.UNKNOWN, status), location
        return Answer(_outcome(status, busy), status, reason, busy), None

    def _request(self, method: str, url: str) -> tuple[int | None, str | None, str, bool]:
        """The status, the redirect, what is wrong, and whether the host is to be left alone."""
        host = self._hosts.setdefault(site_of(url), _Host())
        with host.turn:
            pause = max(0.0, host.asked_at + self._pause - time.monotonic())
            if host.left_alone or self._stopped.wait(pause):
                return None, None, _LEFT_ALONE, True
            try:
                status, location, retry = self._send(method, url)
            except Refused as error:
                return None, None, str(error), False
            except FAILURES as error:
                host.failures += 1
                host.left_alone = host.failures >= 3
                return None, None, in_words(error), False
            finally:
                host.asked_at = time.monotonic()
            host.failures = 0
            host.left_alone = status == HTTPStatus.TOO_MANY_REQUESTS or (status >= 500 and retry)
            return status, location, _phrase(status), host.left_alone

    def _send(self, method: str, url: str) -> tuple[int, str | None, bool]:
        """The status, where to go instead, and whether there is a time to try again."""
        agent = f"PaperDigest (link check; +{settings.SITE_URL}/)"
        headers = {"User-Agent": agent, "Accept": "*/*"}
        answer = send(method, url, headers, None, self._resolve, self._context)
        location = next(iter(answer.headers.getlist("Location")), None)
        return answer.status, location, "Retry-After" in answer.headers


def site_of(url: str) -> str:
    """The host that a URL is at, with or without www."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _outcome(status: int | None, busy: bool) -> LinkOutcome:
    if busy:
        return LinkOutcome.UNKNOWN
    if status is None or status >= 500:
        return LinkOutcome.FAILED
    if status in _GONE:
        return LinkOutcome.GONE
    return LinkOutcome.ALIVE if 200 <= status < 300 else LinkOutcome.UNKNOWN


def _phrase(status: int) -> str:
    if 200 <= status < 300:
        return ""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "an answer that no standard knows"
