"""The site as `make run` serves it, and browsers that ask it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 60
"""Seconds after which an answer comes no more."""


@contextmanager
def served(log: Path, **environment: str) -> Iterator[int]:
    """Serve the site at a free port of this machine, which is given. log: where its own words go.

    environment: settings, beside those of this process.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = f"-m gunicorn --bind 127.0.0.1:{port} --log-level warning"
    with log.open("a") as opened:
        process = subprocess.Popen(
            [sys.executable, *command.split()],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=opened,
            stderr=opened,
        )
    try:
        while not _listens(port):
            if process.poll() is not None:
                raise RuntimeError(f"the server ended at once: {log.read_text()[-2000:]}")
            sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    browser = Browser(port)
    try:
        browser.ask("GET", "/robots.txt")
    except (OSError, HTTPException):
        return False
    finally:
        browser.close()
    return True


class Answer(NamedTuple):
    """location: where a redirect leads, or ""."""

    status: int
    location: str
    headers: dict[str, str]
    text: str
    seconds: float


class Browser:
    """Asks one thing after the other, keeps cookies, and sends the token against forgery."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        self.port, self.address = port, address
        self.cookies: dict[str, str] = {}
        self.connection: HTTPConnection | None = None
        self.used = 0.0

    def ask(
        self, method: str, path: str, form: dict[str, Any] | None = None, **headers: str
    ) -> Answer:
        """form: what is sent; values that are lists, several times. Raises OSError and
        HTTPException where no answer comes."""
        begun = monotonic()
        # A connection that rests is closed by the server at a moment of its choice.
        if self.connection is None or begun - self.used > 1:
            self.close()
            self.connection = HTTPConnection(self.address, self.port, timeout=TIMEOUT)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["Host"] = "localhost"
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if not self.cookies:  # whoever has none is shown pages that are kept
            del headers["Cookie"]
        body = None
        if form is not None:
            token = self.cookies.get("csrftoken", "")
            body = urlencode(form | {"csrfmiddlewaretoken": token}, doseq=True)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            text = response.read().decode()
        except (OSError, HTTPException):
            self.close()
            raise
        self.used = monotonic()
        for line in response.headers.get_all("Set-Cookie", ()):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        if response.will_close:
            self.close()
        said = dict(response.headers.items())
        return Answer(response.status, said.get("Location", ""), said, text, self.used - begun)

    def log_in(self, name: str, password: str) -> None:
        self.ask("GET", "/account/login/")
        answer = self.ask("POST", "/account/login/", {"login": name, "password": password})
        if (answer.status, answer.location) != (302, "/"):
            raise RuntimeError(f"{name} cannot log in: {answer.status} {answer.location}")
        self.ask("GET", "/papers/")

    def close(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection = None
