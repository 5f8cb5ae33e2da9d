"""Which links are asked, how politely, where to, and what is made of the answers.

The server is a real one. What a test says instead of the name server is only where a name leads.
"""

import json
import socket
import ssl
import threading
import time
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from digest.curation import link_health, public_http
from digest.curation.http_check import Answer, Checker, LinkOutcome
from digest.curation.link_health import NothingAnswers, check, due, recheck, write
from digest.curation.public_http import Refused, is_public, public_addresses
from digest.models import Catalogue, Link, LinkHealth, Paper
from tests.catalogue import load_once
from tests.samples import digest, row

ALIVE, GONE, FAILED, UNKNOWN = LinkOutcome


class Server(ThreadingHTTPServer):
    """Answers as its `answers` say, by path: a status, or a status with headers, for each method or
    for both. Keeps who was asked what, and when."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = {}
        self.asked = []
        self.begun = defaultdict(int)
        self.most_at_once = defaultdict(int)
        self.meeting = None
        self.lock = threading.Lock()

    @property
    def place(self):
        return [self.server_address[:2]]

    def lines(self):
        return [(method, host, path) for method, host, path, *_ in self.asked]


class Handler(BaseHTTPRequestHandler):
    def do_HEAD(self):
        server, host = self.server, self.headers["Host"]
        with server.lock:
            server.asked.append((self.command, host, self.path, time.monotonic(), self.headers))
            server.begun[host] += 1
            server.most_at_once[host] = max(server.most_at_once[host], server.begun[host])
        if server.meeting:
            server.meeting.wait()
        answer = server.answers.get(self.path, 200)
        if isinstance(answer, dict):
            answer = answer[self.command]
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        if status is None:
            self.trickle()
        else:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            with server.lock:
                server.begun[host] -= 1
            self.end_headers()

    do_GET = do_HEAD

    def trickle(self):
        """A head without end, each byte of it in time."""
        never = threading.Event()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        try:
            while not never.wait(0.01):
                self.wfile.write(b"x")
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def checker(server):
    """One for which every name leads to the server, and nobody has to wait."""
    return Checker(lambda host, port: server.place, pause=0)


# Where to


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "224.0.0.1", "239.1.2.3", "255.255.255.255"),
        *("240.0.0.1", "192.0.2.1", "198.18.0.1", "192.0.0.9", "192.88.99.1"),
        *("::", "::1", "fe80::1", "fe80::1%lo", "fc00::1", "fd12::1", "ff02::1", "fec0::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1"),
        *("64:ff9b:1::a00:1", "2002:7f00:1::", "2002:808:808::1", "2001:0:4136:e378::1"),
        *("2001:db8::1", "3fff::1", "100::1", "5f00::1"),
    ],
)
def test_an_address_that_not_everybody_can_reach_is_refused(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "140.82.121.4", "2606:50c0:8000::153"])
def test_a_public_address_is_taken(address):
    assert is_public(address)


def test_a_name_that_leads_inside_is_not_asked():
    assert Checker(pause=0).ask("http://localhost/") == (
        Answer(FAILED, None, "leads to an address that is not public")
    )
    with pytest.raises(Refused):
        public_addresses("localhost", 80)


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    def look_up(host, port, type):
        return [(2, 1, 6, "", (address, port)) for address in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(Refused):
        public_addresses("example.org", 80)


def test_a_name_is_looked_up_once_and_what_was_looked_at_is_connected_to(server, monkeypatch):
    looked_up = []

    def resolve(host, port):
        looked_up.append((host, port))
        return server.place

    def never(*args, **kwargs):
        raise AssertionError("a second look-up")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    assert Checker(resolve, pause=0).ask("http://lab.example.org/x?y=1") == Answer(ALIVE, 200)
    assert looked_up == [("lab.example.org", 80)]
    assert server.lines() == [("HEAD", "lab.example.org", "/x?y=1")]


def test_another_address_is_tried_where_one_refuses(server):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = unused.getsockname()
        both = [nobody, *server.place]
        assert Checker(lambda *_: both, pause=0).ask("http://a.example.org/") == Answer(ALIVE, 200)
        assert Checker(lambda *_: [nobody], pause=0).ask("http://a.example.org/") == (
            Answer(FAILED, None, "refuses connections")
        )


def test_each_redirect_is_looked_at(server):
    def resolve(host, port):
        return server.place if host == "a.example.org" else public_addresses("localhost", port)

    server.answers["/"] = (302, {"Location": "http://b.example.org/inside"})
    assert Checker(resolve, pause=0).ask("http://a.example.org/") == (
        Answer(FAILED, None, "leads to an address that is not public")
    )
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "location",
    [
        *("http://127.0.0.1/", "http://[::1]/", "http://localhost/", "file:///etc/passwd"),
        *("ftp://b.example.org/", "http://user:word@b.example.org/", "http://[/"),
    ],
)
def test_a_redirect_to_what_is_no_web_address_is_not_followed(server, checker, location):
    server.answers["/"] = (301, {"Location": location})
    answer = checker.ask("http://a.example.org/")
    assert answer == Answer(UNKNOWN, 301, "redirects to what is no web address")
    assert len(server.asked) == 1


def test_redirects_are_followed_five_times(server, checker):
    for number in range(7):
        server.answers[f"/{number}"] = (308, {"Location": f"/{number + 1}"})
    assert checker.ask("http://a.example.org/2") == Answer(ALIVE, 200)
    assert checker.ask("http://a.example.org/1") == (
        Answer(UNKNOWN, 308, "redirects more than 5 times")
    )


def test_another_port_is_not_asked(server, checker):
    answer = checker.ask("http://a.example.org:6379/")
    assert answer == Answer(FAILED, None, "is at port 6379, which is not asked")
    assert server.asked == []


# How


def test_it_says_who_asks(server, checker, settings):
    settings.SITE_URL = "https://digest.example.org"
    checker.ask("http://a.example.org/")
    headers = server.asked[0][-1]
    assert headers["User-Agent"] == "PaperDigest (link check; +https://digest.example.org/)"


@pytest.mark.parametrize("status", [400, 403, 404, 405, 501])
def test_a_head_that_is_refused_is_asked_again_with_get(server, checker, status):
    server.answers["/"] = {"HEAD": status, "GET": 200}
    assert checker.ask("http://a.example.org/") == Answer(ALIVE, 200)
    assert [method for method, *_ in server.asked] == ["HEAD", "GET"]


def test_one_request_at_a_time_of_a_host_and_a_pause_between_two(server):
    urls = [f"http://{www}a.example.org/{number}" for number in range(3) for www in ("", "www.")]
    checker = Checker(lambda *_: server.place, pause=0.05)
    assert len([item for item in checker.run(urls) if item]) == 6
    times = [at for *_, at, _ in server.asked]
    assert all(after - before >= 0.05 for before, after in pairwise(times))
    assert max(server.most_at_once.values()) == 1


def test_a_host_that_others_redirect_to_has_its_turns_as_well(server):
    server.answers["/"] = (302, {"Location": "http://c.example.org/end"})
    checker = Checker(lambda *_: server.place, pause=0.2)
    urls = [f"http://{name}.example.org/" for name in "ab"]
    assert dict(filter(None, checker.run(urls))) == {url: Answer(ALIVE, 200) for url in urls}
    first, second = (at for _, host, _, at, _ in server.asked if host == "c.example.org")
    assert second - first >= 0.2


def test_several_hosts_at_a_time(server, checker):
    server.meeting = threading.Barrier(3, timeout=10)  # which one alone would not leave
    urls = [f"http://{name}.example.org/" for name in "abc"]
    assert dict(filter(None, checker.run(urls))) == {url: Answer(ALIVE, 200) for url in urls}


@pytest.mark.parametrize("answer", [429, (503, {"Retry-After": "120"})])
def test_a_host_that_asks_for_it_is_left_alone(server, checker, answer):
    server.answers["/0"] = answer
    urls = [f"http://a.example.org/{number}" for number in range(3)]
    ((url, told),) = filter(None, checker.run(urls))
    assert (url, told.outcome, len(server.asked)) == (urls[0], UNKNOWN, 1)


def test_a_host_that_fails_three_times_is_left_alone():
    def resolve(host, port):
        raise socket.gaierror

    urls = [f"http://a.example.org/{number}" for number in range(5)]
    found = list(filter(None, Checker(resolve, pause=0).run(urls)))
    assert found == [(url, Answer(FAILED, None, "no name server knows it")) for url in urls[:3]]


def test_an_answer_without_end_is_left(server, checker, monkeypatch):
    monkeypatch.setattr(public_http, "TIMEOUT", 0.1)
    server.answers["/"] = (None, {})
    answer = checker.ask("http://a.example.org/")
    assert answer == Answer(FAILED, None, "did not answer in time")


def test_a_handshake_without_end_is_left(monkeypatch):
    monkeypatch.setattr(public_http, "TIMEOUT", 0.1)
    never = threading.Event()

    def trickle(listening):
        asking, _ = listening.accept()
        with asking, suppress(OSError):
            asking.sendall(b"\x16\x03\x03\x3f\xff")  # the head of a long record
            while not never.wait(0.01):
                asking.sendall(b"\x02")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=trickle, args=(listening,))
        thread.start()
        checker = Checker(lambda *_: [listening.getsockname()], pause=0)
        answer = checker.ask("https://a.example.org/")
        thread.join()
    assert answer == Answer(FAILED, None, "did not answer in time")


def test_a_run_ends_in_time(server, checker):
    server.meeting = threading.Barrier(2)
    assert list(filter(None, checker.run(["http://a.example.org/"], seconds=0.05))) == []
    server.meeting.abort()


def test_a_mistake_of_ours_is_not_hidden(server):
    with pytest.raises(ZeroDivisionError):
        list(Checker(lambda *_: 1 / 0).run(["http://a.example.org/"]))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for a.example.org, signed by itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("a.example.org")]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "a.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        made.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.fixture
def secure(server, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # of those who hang up
    return server


def test_a_certificate_is_believed_for_its_name_alone(secure, certificate):
    trusting = ssl.create_default_context(cafile=str(certificate))

    def ask(host, context):
        return Checker(lambda *_: secure.place, context, pause=0).ask(f"https://{host}/")

    assert ask("a.example.org", trusting) == Answer(ALIVE, 200)
    for host, context in (("b.example.org", trusting), ("a.example.org", None)):
        answer = ask(host, context)
        assert (answer.outcome, answer.status) == (FAILED, None)
        assert answer.reason.startswith("has a certificate that is not valid: ")


# What it means


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        (200, ALIVE, ""),
        (204, ALIVE, ""),
        (404, GONE, "Not Found"),
        (410, GONE, "Gone"),
        (401, UNKNOWN, "Unauthorized"),
        (403, UNKNOWN, "Forbidden"),
        (405, UNKNOWN, "Method Not Allowed"),
        (429, UNKNOWN, "Too Many Requests"),
        (451, UNKNOWN, "Unavailable For Legal Reasons"),
        (500, FAILED, "Internal Server Error"),
        (503, FAILED, "Service Unavailable"),
        (799, FAILED, "an answer that no standard knows"),
        (304, UNKNOWN, "Not Modified"),
    ],
)
def test_what_a_status_says(server, checker, status, outcome, reason):
    server.answers["/"] = status
    assert checker.ask("http://a.example.org/")[:3] == (outcome, status, reason)


URL = "https://github.com/lab/code-1"


def health(url=URL):
    found = LinkHealth.objects.get(url=url)
    return found.status, found.failures, found.dead


def days_pass(days=1):
    LinkHealth.objects.update(checked_at=F("checked_at") - timedelta(days=days))


@pytest.mark.django_db
def test_a_link_that_is_gone_is_dead_at_once():
    assert write({URL: Answer(GONE, 404, "Not Found")}) == ([URL], [])
    assert health() == (404, 1, True)


@pytest.mark.django_db
def test_a_link_that_fails_on_three_days_is_dead():
    failed = {URL: Answer(FAILED, None, "refuses connections")}
    for failures in (1, 2):
        assert [write(failed), write(failed)] == [([], [])] * 2  # twice a day is once
        assert health() == (None, failures, False)
        days_pass()
    assert write(failed) == ([URL], [])
    assert health() == (None, 3, True)


@pytest.mark.django_db
def test_what_tells_nothing_changes_nothing():
    write({URL: Answer(GONE, 404, "Not Found")})
    assert write({URL: Answer(UNKNOWN, 403, "Forbidden")}) == ([], [])
    assert health() == (403, 1, True)


@pytest.mark.django_db
def test_a_link_that_answers_again_is_alive():
    write({URL: Answer(GONE, 404, "Not Found")})
    assert write({URL: Answer(ALIVE, 200)}) == ([], [URL])
    assert health() == (200, 0, False)


@pytest.mark.django_db
def test_the_catalogue_changes_once_with_what_is_dead(django_assert_num_queries):
    urls = [f"{URL}{number}" for number in range(10)]
    before = Catalogue.current().revision
    write({url: Answer(ALIVE, 200) for url in urls})
    assert Catalogue.current().revision == before
    # Two for a savepoint, one to read, one to write, two for the catalogue.
    with django_assert_num_queries(6):
        write({url: Answer(GONE, 404) for url in urls})
    assert Catalogue.current().revision != before


# Which


@pytest.fixture
def papers(db):
    rows = [
        row(1, github_urls=["https://a.example.org/", "https://b.example.org/"]),
        row(2, github_urls=["https://a.example.org/"]),
        row(3, link="https://c.example.org/paper", github_urls=[]),
    ]
    load_once((digest(*rows), "2025-02-06.json"))
    return list(Paper.objects.order_by("position"))


A, B, C = "https://a.example.org/", "https://b.example.org/", "https://c.example.org/paper"


def test_what_was_never_checked_comes_first_then_the_oldest(papers, django_assert_num_queries):
    assert due() == [A, B, C]
    write({C: Answer(ALIVE, 200)})
    days_pass(1)
    write({A: Answer(ALIVE, 200)})
    assert due() == [B]
    days_pass(7)
    with django_assert_num_queries(4):
        assert due() == [B, C, A]
    assert due(timedelta(days=8)) == [B, C]


def test_what_failed_is_due_on_the_next_day(papers):
    write({A: Answer(FAILED), B: Answer(GONE, 404), C: Answer(ALIVE, 200)})
    assert due() == []
    days_pass()
    assert due() == [A]


def test_hidden_papers_have_no_links_to_check(papers):
    Paper.objects.filter(pk=papers[2].pk).update(hidden=True)
    Paper.objects.filter(pk=papers[0].pk).update(hidden=True)
    assert due() == [A]


def test_what_no_paper_gives_any_longer_is_forgotten(papers):
    write({A: Answer(GONE, 404), B: Answer(GONE, 404)})
    Link.objects.filter(url=A).delete()
    due()
    assert [row.url for row in LinkHealth.objects.all()] == [B]


def test_a_run_keeps_what_was_answered_when_it_is_interrupted(papers, server, checker):
    def interrupt(done):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check([url.replace("https", "http") for url in due()], checker, progress=interrupt)
    assert LinkHealth.objects.count() == 2


@pytest.mark.django_db
def test_a_machine_without_a_network_marks_nothing():
    def resolve(host, port):
        raise socket.gaierror

    urls = [f"http://{name}.example.org/" for name in "abcde"]
    with pytest.raises(NothingAnswers):
        check(urls, Checker(resolve, pause=0))
    assert LinkHealth.objects.count() == 0
    assert check(urls[:4], Checker(resolve, pause=0)).outcomes == {FAILED: 4}
    assert LinkHealth.objects.count() == 4


@pytest.mark.django_db
def test_a_recheck_is_bounded_and_goes_on_where_it_ended(server):
    urls = [f"http://a.example.org/{number:02}" for number in range(25)]
    first = recheck(urls, Checker(lambda *_: server.place, pause=0))
    assert (first.outcomes, first.left) == ({ALIVE: 20}, 5)
    recheck(urls, Checker(lambda *_: server.place, pause=0))
    assert [path for _, _, path in server.lines()[20:25]] == [f"/{n}" for n in range(20, 25)]


# The command


def run(*arguments):
    out = StringIO()
    call_command("check_links", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_marks_and_reports(papers, server, monkeypatch):
    Link.objects.filter(url=A).update(url="http://a.example.org/")
    Link.objects.filter(url=B).update(url="http://b.example.org/gone")
    Paper.objects.filter(url=C).update(url="http://c.example.org/paper")
    server.answers["/gone"] = 404
    monkeypatch.setattr(link_health, "Checker", lambda: Checker(lambda *_: server.place, pause=0))
    assert run("--limit", "1") == (
        "1 links: 1 alive, 0 gone, 0 failed, 0 untold, 0 left for another run.\n"
    )
    assert run() == (
        "dead: http://b.example.org/gone\n"
        "2 links: 1 alive, 1 gone, 0 failed, 0 untold, 0 left for another run.\n"
    )
    server.answers["/gone"] = 200
    assert json.loads(run("--older-than", "0", "--json")) == {
        "alive": 3,
        "gone": 0,
        "failed": 0,
        "untold": 0,
        "left": 0,
        "dead": [],
        "alive again": ["http://b.example.org/gone"],
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--limit", "0"], "0: give a whole number, 1 or more"),
        (["--workers", "x"], "x: give a whole number, 1 or more"),
        (["--older-than", "-1"], "-1: give a whole number of days, 0 or more"),
    ],
)
def test_a_number_that_is_none_is_refused(arguments, complaint):
    with pytest.raises(CommandError, match=complaint):
        run(*arguments)


def test_the_command_says_when_it_is_interrupted_or_offline(papers, monkeypatch):
    for error, complaint in ((KeyboardInterrupt, "saved"), (NothingAnswers, "no host answered")):

        def fail(*args, error=error, **kwargs):
            raise error

        monkeypatch.setattr("digest.management.commands.check_links.check", fail)
        with pytest.raises(CommandError, match=complaint):
            run()


# What readers see


def test_a_dead_link_is_marked_on_its_papers_page(client, papers, monkeypatch):
    address = papers[0].get_absolute_url()
    assert "did not answer" not in client.get(address).content.decode()
    moment = datetime(2025, 2, 3, 12, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    write({A: Answer(GONE, 404, "Not Found"), B: Answer(ALIVE, 200)})
    page = client.get(address).content.decode()
    assert page.count("did not answer on") == 1
    assert "(did not answer on 3 Feb 2025)" in page


def test_a_papers_own_dead_address_is_marked(client, papers):
    write({C: Answer(GONE, 404, "Not Found")})
    assert "did not answer on" in client.get(papers[2].get_absolute_url()).content.decode()
