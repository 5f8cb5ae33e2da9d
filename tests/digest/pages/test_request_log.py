"""A line of the log for each request, and the id by which it is found there."""

import json
import logging
import re
from io import StringIO

import pytest
from django.conf import settings as site
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import URLPattern
from django.urls.resolvers import ResolverMatch

from digest.log import JsonLine, Line, begin_request, request_id
from digest.pages.middleware import MAX_BODY

ID = re.compile("[0-9a-f]{16}")
PATH = "/papers/2502.00001/"


@pytest.fixture
def lines(caplog):
    """lines() are the fields of the requests since it was last asked."""
    caplog.set_level(logging.INFO, "request")

    def lines():
        found = [each.fields for each in caplog.records if each.name == "request"]
        caplog.clear()
        return found

    return lines


@pytest.mark.django_db
def test_a_request_is_a_line(client, lines):
    size = len(client.get("/papers/?q=a+secret+thought&page=1").content)
    (line,) = lines()
    assert line.pop("milliseconds") > 0
    assert line == {
        "method": "GET",
        "path": "/papers/?q&page",
        "view": "papers",
        "status": 200,
        "bytes": size,
        "from": "127.0.0.1",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "path", "view", "status"),
    [
        ("/nowhere/", "/nowhere/", "none", 404),
        ("/papers.bib", "/papers.bib", "papers-file", 200),
        ("/static/site.css", "/static/site.css", "static", 200),
        ("/papers/?Ada Lovelace&x1=2", "/papers/?…&…", "papers", 302),
        ("/lists/shared/abcdefgh/", "/lists/shared/…/", "shared-list", 404),
        ("/lists/shared/abcdefgh", "/lists/shared/…", "none", 301),
        ("/lists/shared/abcdefgh.bib", "/lists/shared/….bib", "shared-file", 404),
        (
            "/account/password/reset/key/1-abcdefgh/",
            "/account/password/reset/key/…-…/",
            "account_reset_password_from_key",
            200,
        ),
        ("/account/confirm-email/abcdefgh/", None, None, 200),
    ],
)
def test_no_secret_is_in_a_line(client, lines, address, path, view, status):
    b"".join(client.get(address))
    (line,) = lines()
    assert "abcdefgh" not in str(line)
    assert line["status"] == status
    if path:
        assert (line["path"], line["view"]) == (path, view)


def test_neither_health_nor_figures_make_lines(client, lines):
    client.get("/healthz")
    assert lines() == []


@pytest.mark.django_db
def test_the_path_of_an_error_has_no_secret(client, monkeypatch):
    """Django's own line names the path."""
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Line("{name}{request_part}: {message}", style="{"))
    client.raise_request_exception = False
    monkeypatch.setattr("accounts.views.list_page.Library", None)
    logging.getLogger("django.request").addHandler(handler)
    try:
        response = client.get("/lists/shared/abcdefgh/")
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    first = out.getvalue().splitlines()[0]
    found = response["X-Request-ID"]
    assert first == f"django.request [{found}]: Internal Server Error: /lists/shared/…/"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/lists/shared/abc%64efgh/?q=a", "/lists/shared/…/"),
        ("/papers/?q=a+secret+thought", "/papers/"),
        ("/nowhere", "/nowhere"),
    ],
)
def test_the_server_names_no_secret_either(address, path):
    """What gunicorn says of an answer that broke off."""
    text = "Error handling request %s %s"
    record = logging.LogRecord("gunicorn.error", logging.ERROR, "", 0, text, ("GET", address), None)
    line = Line("{message}", style="{").format(record)
    assert line == f"Error handling request GET {path}"


@pytest.mark.parametrize(
    ("proxies", "given", "is_taken"),
    [
        (1, "abc-1.2:3_x", True),
        (1, "a" * 64, True),
        (1, "a" * 65, False),
        (1, "a b", False),
        (1, 'x"}\n', False),
        (1, "ä", False),
        (1, "", False),
        (0, "abc-1", False),
    ],
)
def test_only_our_proxy_gives_an_id(client, settings, proxies, given, is_taken):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", HTTP_X_REQUEST_ID=given)
    found = begin_request(request)
    assert (found == given) is is_taken
    assert is_taken or ID.fullmatch(found)


@pytest.mark.django_db
def test_the_id_ends_with_the_request(client):
    first, second = (client.get("/robots.txt")["X-Request-ID"] for _ in range(2))
    assert first != second
    assert request_id() == ""


def forbidden(request):
    raise PermissionDenied


def failing(request):
    raise RuntimeError


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "address", "view"),
    [
        (404, "/nowhere/", None),
        (404, "/papers/2502.99999/", None),
        (403, "/robots.txt", forbidden),
        (500, "/robots.txt", failing),
        (404, "/api/v1/papers/2502.99999/", None),
        (500, "/api/v1/papers/", failing),
        (400, "/api/v1/papers/?x=1", None),
        (400, f"/papers/?{'a=1&' * 1_001}q=a", None),
        (400, f"/api/v1/papers/?{'a=1&' * 1_001}q=a", None),
    ],
)
def test_the_answer_to_an_error_has_the_id(client, monkeypatch, status, address, view):
    client.raise_request_exception = False
    if view:
        match = ResolverMatch(view, (), {}, "x", captured_kwargs={}, extra_kwargs={})
        monkeypatch.setattr(URLPattern, "resolve", lambda *_: match)
    response = client.get(address)
    assert response.status_code == status
    found = response["X-Request-ID"]
    assert ID.fullmatch(found)
    if address.startswith("/api/"):
        assert response.json()["request_id"] == found
    else:
        assert f"<code>{found}</code>" in response.content.decode()


@pytest.mark.django_db
def test_what_is_refused_before_any_page_has_the_id_too(client):
    response = client.post("/papers/", CONTENT_LENGTH=str(MAX_BODY + 1))
    assert response.status_code == 413
    assert response["X-Request-ID"] in response.content.decode()
    response = client.post("/api/v1/papers/", CONTENT_LENGTH=str(MAX_BODY + 1))
    assert response.json()["request_id"] == response["X-Request-ID"]
    response = client.get("/robots.txt", headers={"Host": "elsewhere.example"})
    assert response.status_code == 400
    assert f"<code>{response['X-Request-ID']}</code>" in response.content.decode()
    response = Client(enforce_csrf_checks=True).post("/account/login/")
    assert response.status_code == 403
    assert f"<code>{response['X-Request-ID']}</code>" in response.content.decode()


def test_a_line_as_json():
    said = site.LOGGING["formatters"]["json"]
    line = JsonLine(datefmt=said["datefmt"])
    record = logging.LogRecord("x", logging.ERROR, "", 0, "At %s", ('a\n"',), None)
    record.fields = {"status": 500}
    try:
        raise ValueError("b")
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    begin_request(RequestFactory().get("/"))
    written = line.format(record)
    assert "\n" not in written
    found = json.loads(written)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}", found.pop("time"))
    assert found.pop("traceback").endswith("ValueError: b")
    assert found == {
        "level": "ERROR",
        "logger": "x",
        "message": 'At a\n"',
        "request_id": request_id(),
        "status": 500,
    }
