import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from digest.fetch import arxiv, huggingface
from digest.fetch.client import Client


class Reply:
    """What a server answers. length: what it says of its body's length, if something else.

    slow: the body comes byte by byte, without end.
    """

    def __init__(self, body=b"", status=200, length=None, slow=False, **headers):
        self.body, self.status, self.length, self.slow = body, status, length, slow
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Service(ThreadingHTTPServer):
    """Plays a service: `replies` has by path what it answers, one after the other, the last one
    again and again. A reply may be a function of the request's headers. asked: the requests."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies = {}
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.ended = threading.Event()

    def paths(self):
        return [path for path, _ in self.asked]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers))
        replies = self.server.replies.get(self.path) or [Reply(b"[]")]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if callable(reply):
            reply = reply(self.headers)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not reply.slow:
            self.send_header("Content-Length", reply.length or len(reply.body))
        self.end_headers()
        self.wfile.write(reply.body)
        while reply.slow and not self.server.ended.wait(0.01):
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    with Service() as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.01,))
        thread.start()
        yield service
        service.ended.set()
        service.shutdown()
        thread.join()


class Clock:
    """A time that passes only while somebody sleeps. slept: how long, each time."""

    def __init__(self):
        self.now = 1_750_000_000.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    """The time of all clients, in which waiting takes none. Retries have no jitter."""
    clock = Clock()
    monkeypatch.setattr("random.random", lambda: 0.5)
    return clock


@pytest.fixture
def services(service, clock, settings, tmp_path, monkeypatch):
    """The service stands for all of them, and nobody waits for it."""
    settings.LOCKS = tmp_path
    settings.HUGGINGFACE_URL = settings.ARXIV_URL = service.url
    for module in (huggingface, arxiv):
        monkeypatch.setattr(
            module,
            "Client",
            lambda *arguments, **options: Client(
                *arguments, sleep=clock.sleep, now=clock, **options
            ),
        )
    return service


def compressed(content):
    return Reply(gzip.compress(content), Content_Encoding="gzip")
