"""`make audit`: what it says, and when it fails. OSV is played by a server on the loopback."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytest.importorskip("pip_audit")

pytestmark = pytest.mark.slow


class Osv(BaseHTTPRequestHandler):
    """Knows of something against what `against` names, and writes down what it was asked."""

    against = ""
    asked: list[dict]

    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(said)
        weak = said["package"]["name"] == self.against
        answer = {"vulns": [{"id": "TEST-1", "affected": []}]} if weak else {}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def osv(name):
    handler = type("Known", (Osv,), {"against": name, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query", handler.asked
    server.shutdown()
    server.server_close()


def audit(url):
    environment = {**os.environ, "OSV_URL": url}
    return subprocess.run(
        [sys.executable, ".ci/audit"], cwd=ROOT, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize(("against", "status"), [("", 0), ("django", 1)])
def test_what_is_known_fails(against, status):
    with osv(against) as (url, asked):
        done = audit(url)
    assert done.returncode == status, done.stdout + done.stderr
    assert (f"{against} " in done.stdout and "TEST-1" in done.stdout) == bool(status)
    assert {*asked[0]} == {"package", "version"}


def test_without_a_network_it_says_that_nothing_was_audited():
    done = audit("http://127.0.0.1:9/v1/query")
    assert done.returncode == 0
    assert done.stdout.startswith("Nothing was audited, since http://127.0.0.1:9/v1/query could")
