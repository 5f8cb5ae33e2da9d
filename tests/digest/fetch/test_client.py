"""How politely a service is asked, what is tried again, and where an answer ends."""

import socket
import threading
import tracemalloc
from email.utils import formatdate

import pytest

from digest.fetch.client import Client, NotFetched, Unreachable
from tests.digest.fetch.conftest import Reply, compressed


@pytest.fixture
def client(service, clock, settings, tmp_path):
    settings.LOCKS = tmp_path
    return Client("example.org", service.url, 3.0, sleep=clock.sleep, now=clock, seconds=5)


def refused(client, path="/x"):
    with pytest.raises(NotFetched) as error:
        client.get(path)
    return str(error.value)


def test_it_says_who_asks(client, service, settings):
    settings.SITE_URL, settings.VERSION = "https://digest.example.org", "1.2"
    service.replies["/x"] = [Reply(b"x")]
    assert client.get("/x") == (b"x", "", "")
    ((path, headers),) = service.asked
    assert path == "/x"
    assert headers["User-Agent"] == "PaperDigest/1.2 (+https://digest.example.org/)"
    assert headers["Accept-Encoding"] == "gzip"
    assert "If-None-Match" not in headers
    assert "If-Modified-Since" not in headers


def test_what_is_known_is_not_sent_again(client, service):
    service.replies["/x"] = [
        Reply(b"x", ETag='"1"', Last_Modified="Mon"),
        Reply(status=304),
    ]
    first = client.get("/x")
    assert first == (b"x", '"1"', "Mon")
    assert client.get("/x", '"1"', "Mon") == (None, '"1"', "Mon")
    _, headers = service.asked[1]
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('"1"', "Mon")
    # To who knows nothing it is no answer.
    assert refused(client) == "example.org answers 304 (Not Modified)"


def test_there_is_a_pause_between_two_requests_of_all_processes(client, service, clock, tmp_path):
    client.get("/1")
    assert clock.slept == []
    clock.now += 1
    client.get("/2")
    assert clock.slept == [2]
    # Another process knows by the file when the last request was.
    assert (tmp_path / "fetch-example.org.lock").read_text() == f"{clock.now}"
    other = Client("example.org", service.url, 3.0, sleep=clock.sleep, now=clock)
    other.get("/3")
    assert clock.slept == [2, 3]
    clock.now += 10
    other.get("/4")
    clock.now -= 1000  # the clock is set back
    other.get("/5")
    assert clock.slept == [2, 3, 3]
    clock.now += 10
    (tmp_path / "fetch-example.org.lock").write_text("?")
    other.get("/6")
    assert clock.slept == [2, 3, 3]


def test_one_request_is_sent_at_a_time(client, service, clock):
    begun, go = threading.Event(), threading.Event()

    def wait(headers):
        begun.set()
        go.wait(5)
        return Reply(b"1")

    service.replies["/1"] = [wait]
    first = threading.Thread(target=client.get, args=("/1",))
    first.start()
    begun.wait(5)
    second = threading.Thread(target=client.get, args=("/2",))
    second.start()
    second.join(0.1)
    assert service.paths() == ["/1"]
    go.set()
    first.join()
    second.join()
    assert service.paths() == ["/1", "/2"]


def test_a_server_error_passes(client, service, clock):
    service.replies["/x"] = [Reply(status=500), Reply(status=503), Reply(status=502), Reply(b"x")]
    assert client.get("/x").content == b"x"
    assert clock.slept == [3, 5, 9]  # the pause; 2 * 2 + jitter; 4 * 2 + jitter


def test_tries_come_to_an_end(client, service, clock):
    service.replies["/x"] = [Reply(status=500)]
    assert refused(client) == "example.org answers 500 (Internal Server Error)"
    assert len(service.asked) == 4
    assert clock.slept == [3, 5, 9]


@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_for_as_long_as_the_service_asks(client, service, clock, status):
    service.replies["/x"] = [Reply(status=status, Retry_After="30"), Reply(b"x")]
    assert client.get("/x").content == b"x"
    assert clock.slept == [30]


def test_it_does_not_wait_for_hours(client, service, clock):
    service.replies["/x"] = [Reply(status=429, Retry_After="3600"), Reply(b"x")]
    with pytest.raises(Unreachable) as error:
        client.get("/x")
    assert str(error.value) == (
        "example.org answers 429 (Too Many Requests) and asks to be left alone for 3,600 seconds"
    )
    assert clock.slept == []


@pytest.mark.parametrize("after", ["soon", "-5", "9" * 5000, formatdate(0, usegmt=True)])
def test_a_time_that_says_nothing_is_passed_over(client, service, clock, after):
    service.replies["/x"] = [Reply(status=429, Retry_After=after), Reply(b"x")]
    assert client.get("/x").content == b"x"
    assert clock.slept == [3]


def test_what_is_not_there_is_not_tried_again(client, service):
    for status, kind, words in (
        (404, NotFetched, "404 (Not Found)"),
        (403, Unreachable, "403 (Forbidden)"),
        (499, Unreachable, "499"),
    ):
        service.replies["/x"] = [Reply(b"no", status=status)]
        with pytest.raises(NotFetched) as error:
            client.get("/x")
        assert (type(error.value), str(error.value)) == (kind, f"example.org answers {words}")
    assert len(service.asked) == 3


def test_what_cannot_be_sent_or_stored_is_no_validator(client, service):
    service.replies["/x"] = [Reply(b"x", ETag="x" * 201, Last_Modified="\x01")]
    assert client.get("/x") == (b"x", "", "")


def test_an_answer_that_breaks_off_is_asked_for_again(client, service):
    service.replies["/x"] = [Reply(b"half", length=8), Reply(b"whole")]
    assert client.get("/x").content == b"whole"
    service.replies["/x"] = [Reply(b"half", length=8)]
    assert refused(client) == "example.org broke its answer off"


def test_an_answer_is_decompressed(client, service):
    service.replies["/x"] = [compressed(b"x" * 1000)]
    assert client.get("/x").content == b"x" * 1000
    service.replies["/x"] = [Reply(b"no gzip", Content_Encoding="gzip")]
    assert refused(client) == "example.org sent an answer that cannot be decompressed"


@pytest.mark.parametrize("reply", [Reply(b"x" * 1001), compressed(b"x" * 1001)])
def test_an_answer_that_is_too_large_is_left(client, service, clock, reply):
    client = Client("example.org", service.url, 0, sleep=clock.sleep, now=clock, max_bytes=1000)
    service.replies["/x"] = [reply]
    assert refused(client).startswith("example.org answers with more than 0 MiB")
    assert len(service.asked) == 1


def test_what_decompresses_to_very_much_is_not_decompressed(client, service, clock):
    """Of a megabyte that would be a gigabyte no more is made than is allowed."""
    client = Client("example.org", service.url, 0, sleep=clock.sleep, now=clock, max_bytes=2**20)
    service.replies["/x"] = [compressed(bytes(2**26))]
    tracemalloc.start()
    try:
        assert "more than 1 MiB" in refused(client)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_an_answer_without_end_is_left(service, clock, settings, tmp_path):
    settings.LOCKS = tmp_path
    client = Client("example.org", service.url, 0, sleep=clock.sleep, now=clock, seconds=0.1)
    service.replies["/x"] = [Reply(slow=True)]
    assert refused(client) == "example.org did not answer in time"


def test_a_redirect_is_followed_to_https_alone(client, service):
    service.replies["/x"] = [Reply(status=302, Location="/y")]
    service.replies["/y"] = [Reply(b"y")]
    assert client.get("/x").content == b"y"
    for target in (
        *("http://example.org/y", "ftp://127.0.0.1/y", "//[", "file:///etc/passwd"),
        *("https:///y", "javascript:x"),
    ):
        service.replies["/x"] = [Reply(status=302, Location=target)]
        assert refused(client) == "example.org redirects to an address that is not https"
    service.replies["/x"] = [Reply(status=301, Location="/x")]
    assert refused(client) == "example.org redirects more than 3 times"


@pytest.mark.parametrize(
    ("url", "target", "to"),
    [
        ("https://huggingface.co/a", "/b", "https://huggingface.co/b"),
        ("https://huggingface.co/a", "https://hf.co/b", "https://hf.co/b"),
        ("https://huggingface.co/a", "http://huggingface.co/b", None),
        ("https://huggingface.co/a", "http://127.0.0.1/b", None),
        ("http://127.0.0.1/a", "http://localhost/b", "http://localhost/b"),
        ("http://127.0.0.1/a", "http://10.0.0.1/b", None),
    ],
)
def test_where_a_redirect_may_lead(client, url, target, to):
    if to:
        assert client._redirected(url, target) == to
    else:
        with pytest.raises(Exception, match="an address that is not https"):
            client._redirected(url, target)


def test_a_host_that_is_down(client, service, clock):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client.base = f"http://127.0.0.1:{port}"
    with pytest.raises(Unreachable) as error:
        client.get("/x")
    assert str(error.value) == "example.org cannot be reached: no connection to it"


def test_a_name_that_nobody_knows(client, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    client.base = "https://example.org"
    assert refused(client) == "example.org cannot be reached: no name server knows it"


def test_a_host_without_tls(client, service):
    client.base = service.url.replace("http", "https")
    assert refused(client).startswith("example.org has no valid TLS certificate: ")


def test_a_lock_that_cannot_be_opened(client, settings, tmp_path):
    settings.LOCKS = tmp_path / "gone"
    assert refused(client).endswith("cannot be opened: No such file or directory")
