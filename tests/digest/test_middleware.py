from django.http import HttpResponse
from django.test import RequestFactory

from digest.middleware import ContentSecurityPolicy


def respond(**headers: str) -> HttpResponse:
    middleware = ContentSecurityPolicy(lambda request: HttpResponse(headers=headers))
    return middleware(RequestFactory().get("/"))


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
