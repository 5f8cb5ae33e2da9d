"""Answers in fewer bytes: for whom, in what, and where not."""

import gzip
from contextlib import suppress

import brotli
import pytest
from django.http import HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.test import RequestFactory

from accounts.library import Library
from accounts.models import Visibility
from digest.catalogue.load import load
from digest.models import Catalogue
from digest.pages.compression import SMALL, Compression, encoding_for, hold_secret
from tests.accounts.conftest import person
from tests.samples import digest, row

TEXT = b"Some words, again and again. " * 100
DECODERS = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}


def answered(response, accept="gzip, br", **headers):
    """What the middleware makes of a response."""
    request = RequestFactory().get("/", headers={"Accept-Encoding": accept, **headers})
    return Compression(lambda request: response)(request)


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("", ""),
        ("identity", ""),
        ("gzip", "gzip"),
        ("GZip, deflate", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0.8, gzip;q=0.5", "br"),
        ("br;q=0, gzip;q=0", ""),
        ("br;q=0, *", "gzip"),
        ("*", "br"),
        ("*;q=0", ""),
        ("br;q=x", ""),
        ("br ; q=1.0 , gzip", "br"),
        (",;,=", ""),
    ],
)
def test_what_somebody_takes(accept, encoding):
    request = RequestFactory().get("/", headers={"Accept-Encoding": accept})
    assert encoding_for(request) == encoding


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_an_answer_is_compressed(encoding):
    response = HttpResponse(TEXT, headers={"ETag": '"a"', "Content-Length": str(len(TEXT))})
    answer = answered(response, encoding)
    assert DECODERS[encoding](answer.content) == TEXT
    assert answer["Content-Encoding"] == encoding
    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["Vary"] == "Accept-Encoding"
    assert answer["ETag"] == 'W/"a"'


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_a_stream_is_compressed_as_it_goes(encoding):
    """Its pieces are fetched as they are sent, and it is closed as before."""

    class Pieces:
        left = 50
        closed = False

        def __iter__(self):
            return self

        def __next__(self):
            self.left -= 1
            if self.left < 0:
                raise StopIteration
            return TEXT

        def close(self):
            self.closed = True

    pieces = Pieces()
    response = StreamingHttpResponse(pieces, content_type="application/x-bibtex; charset=utf-8")
    response["Content-Length"] = str(50 * len(TEXT))
    answer = answered(response, encoding)
    assert not answer.has_header("Content-Length")
    assert pieces.left == 50
    assert DECODERS[encoding](b"".join(answer)) == TEXT * 50
    with suppress(RuntimeError):  # Django looks at the database, which is not there
        answer.close()
    assert pieces.closed


@pytest.mark.parametrize(("accept", "tag"), [("br", 'W/"a"'), ("", '"a"')])
def test_what_has_not_changed_has_the_tag_of_the_whole_answer(accept, tag):
    assert answered(HttpResponseNotModified(headers={"ETag": '"a"'}), accept)["ETag"] == tag


def test_without_a_wish_it_goes_as_it_is():
    answer = answered(HttpResponse(TEXT, headers={"ETag": '"a"'}), "")
    assert (answer.content, answer["ETag"]) == (TEXT, '"a"')
    assert answer["Vary"] == "Accept-Encoding"
    assert not answer.has_header("Content-Encoding")


def secret():
    response = HttpResponse(TEXT)
    hold_secret(response)
    return response


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse(TEXT[: SMALL - 1]),
        HttpResponse(TEXT, headers={"Content-Encoding": "x"}),
        HttpResponse(TEXT, content_type="image/png"),
        HttpResponse(TEXT, content_type="application/zip"),
        StreamingHttpResponse([TEXT], content_type="application/zip"),
        secret(),
    ],
)
def test_what_is_left_alone(response):
    answer = answered(response)
    assert b"".join(answer) == TEXT[: SMALL - 1] or b"".join(answer) in (TEXT, b"")
    assert not answer.has_header("Vary")
    assert answer.get("Content-Encoding") in (None, "x")


@pytest.mark.parametrize(
    ("scheme", "cookie", "site", "encoding"),
    [
        ("https", "sessionid=x", None, ""),
        ("https", "sessionid=x", "cross-site", ""),
        ("https", "sessionid=x", "same-site", ""),
        ("https", "sessionid=x", "same-origin", "br"),
        ("https", "sessionid=x", "none", "br"),
        ("https", None, "cross-site", "br"),
        ("http", "sessionid=x", None, "br"),
    ],
)
def test_no_other_site_learns_from_a_length(scheme, cookie, site, encoding):
    headers = {"Accept-Encoding": "br", "Cookie": cookie, "Sec-Fetch-Site": site}
    given = {name: value for name, value in headers.items() if value}
    request = RequestFactory().get("/", secure=scheme == "https", headers=given)
    assert encoding_for(request) == encoding


@pytest.fixture
def day(db):
    """A day as large as real ones are."""
    load(digest(*(row(n, summary=f"- Point {n} of {n * 7919}.\n" * 8) for n in range(1, 41))), "a")
    return "/digests/2025-02-06/"


@pytest.mark.parametrize("address", ["/digests/2025-02-06/", "/digests.atom", "/api/v1/papers/"])
@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_pages_feeds_and_the_api_say_the_same(client, day, address, encoding):
    plain = client.get(address)
    packed = client.get(address, headers={"Accept-Encoding": encoding})
    assert packed["Content-Encoding"] == encoding
    assert DECODERS[encoding](packed.content) == plain.content
    assert "Accept-Encoding" in plain["Vary"]
    assert plain["Vary"] == packed["Vary"]
    tag = packed["ETag"]
    assert tag.removeprefix("W/") == plain["ETag"].removeprefix("W/")
    for asked in ({"If-None-Match": tag}, {"If-None-Match": plain["ETag"]}):
        again = client.get(address, headers={"Accept-Encoding": encoding, **asked})
        assert (again.status_code, again["ETag"], again.content) == (304, tag, b"")


@pytest.mark.parametrize("address", ["/digests/2025-02-06/", "/digests.atom", "/api/v1/papers/"])
def test_what_is_stored_is_compressed_once(client, day, address, monkeypatch):
    made = []
    module = "digest.pages.compression._pieces"

    def counted(pieces, encoding, stored):
        assert stored
        made.append(encoding)
        yield b"".join(pieces)

    monkeypatch.setattr(module, counted)
    for encoding in ("br", "gzip", "br", "gzip", "br"):
        assert client.get(address, headers={"Accept-Encoding": encoding}).status_code == 200
    assert made == ["br", "gzip"]
    Catalogue.change()
    client.get(address, headers={"Accept-Encoding": "br"})
    assert made == ["br", "gzip", "br"]


@pytest.mark.django_db
@pytest.mark.parametrize("is_member", [False, True])
def test_a_real_day_is_small(client, shared, is_member):
    """A day's page of 97 kB has at most 20."""
    file = shared / "archive" / "json" / "2025" / "03" / "25.json"
    load(file.read_bytes(), "2025-03-25.json")
    if is_member:
        client.force_login(person("ada"))
    plain, packed, small = (
        len(client.get("/digests/2025-03-25/", headers={"Accept-Encoding": encoding}).content)
        for encoding in ("", "gzip", "br")
    )
    assert plain > 97_000
    assert small < packed <= plain * 20 / 97


@pytest.mark.django_db
def test_pages_with_secrets_are_sent_as_they_are(client):
    owner = person("owner")
    made = Library(owner).lists.create("A list", visibility=Visibility.LINK)
    client.force_login(owner)
    answer = client.get(f"/lists/{made.slug}/settings/", headers={"Accept-Encoding": "br"})
    assert made.secret in answer.content.decode()
    for page in ("/account/tokens/", "/library/feeds/", "/library/webhooks/"):
        answer = client.get(page, headers={"Accept-Encoding": "br"})
        assert len(answer.content) > 1_000
        assert not answer.has_header("Content-Encoding")
