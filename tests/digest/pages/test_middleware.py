from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts.models import User
from digest.api.problems import problem
from digest.pages import middleware
from digest.pages.middleware import MAX_BODY, ContentSecurityPolicy

pytestmark = pytest.mark.sqlite


def respond(**headers: str) -> HttpResponse:
    answer = ContentSecurityPolicy(lambda request: HttpResponse(headers=headers))
    return answer(RequestFactory().get("/"))


def test_nothing_inline_and_nothing_from_elsewhere() -> None:
    policy = dict(
        directive.split(" ", 1)
        for directive in respond().headers["Content-Security-Policy"].split("; ")
    )
    assert policy.pop("default-src") == "'none'"
    assert policy.pop("base-uri") == "'none'"
    assert policy.pop("frame-ancestors") == "'none'"
    assert {*policy.values()} == {"'self'"}


def test_a_view_has_the_last_word() -> None:
    response = respond(**{"Cross-Origin-Resource-Policy": "cross-origin"})
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize(("debug", "is_there"), [(True, False), (False, True)])
def test_a_page_that_shows_a_developer_an_error_may_have_its_styles(
    settings: Any, debug: bool, is_there: bool
) -> None:
    settings.DEBUG = debug
    response = Client().get("/nope/")
    assert response.status_code == 404
    assert ("<style>" in response.content.decode()) == debug
    assert ("Content-Security-Policy" in response.headers) == is_there


# What is sent


def send(address: str, length: object) -> HttpResponse:
    """Ask as a visitor whose browser announces a body of this length."""
    client = Client(enforce_csrf_checks=True)
    return client.generic(
        "POST", address, b"", "multipart/form-data; boundary=x", CONTENT_LENGTH=str(length)
    )


def test_what_is_too_large_is_not_read() -> None:
    response = send("/library/import/", MAX_BODY + 1)
    assert response.status_code == 413
    assert "larger than 60 MB" in response.content.decode()
    assert "Content-Security-Policy" in response.headers
    response = send("/api/v1/me/import/", MAX_BODY + 1)
    assert response["Content-Type"] == "application/problem+json"
    found = problem(413, "A request has at most 60 MB.")
    assert response.json() == found | {"request_id": response["X-Request-ID"]}


@pytest.mark.django_db
def test_an_address_for_forms_says_so_to_who_opens_it() -> None:
    client = Client()
    client.force_login(User.objects.create_user("owner"))
    answer = client.get("/library/mark/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "<h1>Nothing to show here</h1>" in answer.content.decode()
    assert answer["Content-Length"] == str(len(answer.content))
    assert client.get("/api/v1/papers/lookup/").json()["status"] == 405


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["", 0, "nonsense", -1])
def test_what_is_not_is_seen_to(length: object) -> None:
    assert send("/library/import/", length).status_code in (302, 400, 403)


def test_nothing_reads_a_body_before_it_was_measured() -> None:
    before = settings.MIDDLEWARE[: settings.MIDDLEWARE.index("digest.pages.middleware.BodyLimit")]
    assert before == [
        "digest.pages.readiness.Readiness",
        "digest.pages.request_log.RequestLog",
        "digest.pages.middleware.MethodPreservingRedirect",
        "django.middleware.security.SecurityMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "digest.pages.middleware.ContentSecurityPolicy",
    ]


@pytest.mark.parametrize(("most", "names"), [(10_000, ["a", "b"]), (7_000, ["a"]), (3_000, [])])
def test_files_are_measured_as_they_come(
    monkeypatch: pytest.MonkeyPatch, most: int, names: list[str]
) -> None:
    monkeypatch.setattr(middleware, "MAX_BODY", most)
    files = {name: SimpleUploadedFile(name, b"x" * 5_000) for name in "ab"}
    assert list(RequestFactory().post("/", files).FILES) == names
