"""Asking for a URL as a reader would who follows it: does it still answer?

A check asks for single addresses that papers give: it follows no links and reads no page, so
robots.txt, which is for those who do, is not asked for. A host that asks to be left alone (429,
Retry-After) is, for the rest of the run; where one refuses to answer programs (401, 403 and the
like), the link's mark stays as it is.

Whatever a file named as a link is asked for from inside of the operator's network. So each name is
resolved once, every address that it gives has to be public, and the connection is to one of these
very addresses; each redirect is looked at in the same way.
"""

from __future__ import annotations

import ipaddress
import logging
import queue
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, suppress
from enum import Enum
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from digest.text.links import clean_url

# It logs each odd answer of what is somebody else's server.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

TIMEOUT = 10.0
"""Seconds that a server may take over one step of an answer, and over all of one: twice that."""
PAUSE = 1.0
"""Seconds between two requests of one host."""
MAX_REDIRECTS = 5
PORTS = (80, 443)
"""Other ports are not asked: what listens there need not take a request for what it is."""

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


class Refused(Exception):
    """What is not asked for, and why: a sentence's end for people."""


Address = tuple[Any, ...]
"""What a socket connects to: a numeric address, a port, and for IPv6 two numbers more."""
Resolve = Callable[[str, int], list[Address]]


def is_public(address: str) -> bool:
    """Whether a numeric address is one that everybody on the internet can reach.

    No private, loopback, link-local, shared (CGNAT), documentation and multicast addresses, and of
    IPv6 only the global unicast range, without those that hold an IPv4 address which a gateway
    would go on to: 6to4, Teredo; NAT64, IPv4-mapped and -compatible ones are outside of that range.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        tunnel = ip.sixtofour or ip.teredo
        return ip.is_global and ip in _UNICAST and ip not in _DOCUMENTATION and not tunnel
    return ip.is_global and not ip.is_multicast and not any(ip in one for one in _SPECIAL)


_UNICAST = ipaddress.ip_network("2000::/3")
_DOCUMENTATION = ipaddress.ip_network("3fff::/20")
# For protocols, and for the relays of 6to4, which Python 3.11 takes for global in part
_SPECIAL = [ipaddress.ip_network(network) for network in ("192.0.0.0/24", "192.88.99.0/24")]


def public_addresses(host: str, port: int) -> list[Address]:
    """What a name stands for, to connect to without another look-up.

    Raises Refused if any of it is not public: a name that is now this and now that is no mistake.
    Raises OSError if the name is not known.
    """
    found = [entry[4] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not all(is_public(str(address[0])) for address in found):
        raise Refused("leads to an address that is not public")
    return found


class _Connection(HTTPConnection):
    """A connection to one of these addresses, whatever the name stands for by now."""

    addresses: list[Address]
    overdue = False
    _wire: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        """What urllib3 sends through, and verifies certificates over by the name."""
        for last, address in enumerate(self.addresses, start=1 - len(self.addresses)):
            sock = socket.socket(socket.AF_INET6 if ":" in str(address[0]) else socket.AF_INET)
            try:
                sock.settimeout(TIMEOUT)
                sock.connect(address)
                # TLS takes the socket over, and leaves nothing to hang up by.
                self._wire = sock.dup()
                if self.overdue:
                    raise TimeoutError
            except OSError:  # another may do: to IPv6, many machines have no way
                sock.close()
                if self.overdue or not last:
                    raise
            else:
                return sock
        raise OSError("the name has no address")

    def hang_up(self) -> None:
        """End an answer that comes byte by byte, each within the time-out."""
        self.overdue = True
        with suppress(OSError):  # if it has ended by itself
            if self._wire:
                self._wire.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        if self._wire:
            self._wire.close()


class _SecureConnection(_Connection, HTTPSConnection):
    """The same, over TLS."""


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
            except (OSError, HTTPException, HTTPError, ValueError) as error:
                host.failures += 1
                host.left_alone = host.failures >= 3
                return None, None, _in_words(error), False
            finally:
                host.asked_at = time.monotonic()
            host.failures = 0
            host.left_alone = status == HTTPStatus.TOO_MANY_REQUESTS or (status >= 500 and retry)
            return status, location, _phrase(status), host.left_alone

    def _send(self, method: str, url: str) -> tuple[int, str | None, bool]:
        """The status, where to go instead, and whether there is a time to try again.

        Of the answer no more is read than its head, whose size is limited.
        """
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        if port not in PORTS:
            raise Refused(f"is at port {port}, which is not asked")
        # The timeout applies to each step by itself.
        connection = (
            _SecureConnection(host, port, timeout=TIMEOUT, ssl_context=self._context)
            if secure
            else _Connection(host, port, timeout=TIMEOUT)
        )
        connection.addresses = self._resolve(host, port)
        timer = threading.Timer(2 * TIMEOUT, connection.hang_up)
        timer.daemon = True
        timer.start()
        try:
            with closing(connection):
                target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                headers = _headers(parts.netloc)
                connection.request(method, target, headers=headers, preload_content=False)
                answer = connection.getresponse()
                answer.close()
        except (OSError, HTTPException, HTTPError, ValueError):
            if not connection.overdue:
                raise
        finally:
            timer.cancel()
        if connection.overdue:  # a head that breaks off may well pass for a whole one
            raise TimeoutError
        location = next(iter(answer.headers.getlist("Location")), None)
        return answer.status, location, "Retry-After" in answer.headers


def _headers(host: str) -> dict[str, str]:
    return {
        "Host": host,
        "User-Agent": f"PaperDigest (link check; +{settings.SITE_URL}/)",
        "Accept": "*/*",
        "Connection": "close",
    }


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


def _in_words(error: Exception) -> str:
    match error:
        case socket.gaierror():
            return "no name server knows it"
        case TimeoutError():
            return "did not answer in time"
        case ConnectionRefusedError():
            return "refuses connections"
        case ssl.SSLCertVerificationError():
            return f"has a certificate that is not valid: {error.verify_message}"
        case ssl.SSLError():
            return "speaks no TLS that is understood"
        case HTTPException() | HTTPError() | ValueError():
            return "answers what is no HTTP"
    return f"cannot be reached: {getattr(error, 'strerror', None) or error}"
