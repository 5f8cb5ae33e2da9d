"""Requests to whatever address people or files name, from inside of the operator's network.

Each name is resolved once, every address that it gives has to be public, and the connection is to
one of these very addresses. Redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

# It logs each odd answer of what is somebody else's server.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

TIMEOUT = 10.0
"""Seconds that a server may take over one step of an answer, and over all of one: twice that."""
PORTS = (80, 443)
"""Other ports are not asked: what listens there need not take a request for what it is."""

FAILURES = (OSError, HTTPException, HTTPError, ValueError)
"""What `send` raises where there is no answer."""


class Refused(Exception):
    """What is not asked for, and why: a sentence's end for people."""


class Unanswered(Exception):
    """What gave no answer, and why: a sentence's end for people."""


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


class Response(NamedTuple):
    """An answer: its status, and its headers."""

    status: int
    headers: Any


def send(
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes | None = None,
    resolve: Resolve = public_addresses,
    context: ssl.SSLContext | None = None,
) -> Response:
    """Ask for a URL, once, without following where it redirects to.

    Of the answer no more is read than its head, whose size is limited. Raises Refused, or
    one of FAILURES.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    if port not in PORTS:
        raise Refused(f"is at port {port}, which is not asked")
    # The timeout applies to each step by itself.
    connection = (
        _SecureConnection(
            host, port, timeout=TIMEOUT, ssl_context=context or ssl.create_default_context()
        )
        if secure
        else _Connection(host, port, timeout=TIMEOUT)
    )
    connection.addresses = resolve(host, port)
    timer = threading.Timer(2 * TIMEOUT, connection.hang_up)
    timer.daemon = True
    timer.start()
    try:
        with closing(connection):
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"Host": parts.netloc, "Connection": "close", **headers}
            connection.request(method, target, body, headers, preload_content=False)
            answer = connection.getresponse()
            answer.close()
    except FAILURES:
        if not connection.overdue:
            raise
    finally:
        timer.cancel()
    if connection.overdue:  # a head that breaks off may well pass for a whole one
        raise TimeoutError
    return Response(answer.status, answer.headers)


def post(
    url: str,
    body: bytes,
    headers: dict[str, str],
    resolve: Resolve = public_addresses,
    context: ssl.SSLContext | None = None,
) -> int:
    """Send something to a URL; the status of the answer. Raises Refused, Unanswered."""
    agent = {"User-Agent": f"PaperDigest (webhook; +{settings.SITE_URL}/)"}
    try:
        return send("POST", url, {**agent, **headers}, body, resolve, context).status
    except FAILURES as error:
        raise Unanswered(in_words(error)) from None


def in_words(error: Exception) -> str:
    """Why there was no answer: a sentence's end for people."""
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
