"""Logging in with an account of another site."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from allauth.socialaccount.providers.orcid import views as orcid
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_POST
from requests import RequestException

_log = logging.getLogger(__name__)

View = Callable[..., HttpResponse]


def elsewhere(view: View) -> View:
    """A view that asks another site; if that gives a wrong answer or none, the page shows it."""

    @wraps(view)
    def ask(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (RequestException, KeyError, TypeError, ValueError) as error:
            _log.exception("Logging in elsewhere failed")
            failed: HttpResponse = render_authentication_error(request, None, exception=error)
            return failed

    return ask


def leaving(view: View) -> View:
    """A provider's log-in by a page that goes there, in place of a redirect.

    Browsers compare where a form leads with form-action of the page that it is on, redirects
    included, and a provider may redirect to anywhere.
    """

    @require_POST
    @wraps(view)
    def leave(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = elsewhere(view)(request, *args, **kwargs)
        address = response.headers.get("Location", "")
        if not address.startswith(("https://", "http://")):
            return response
        return render(request, "socialaccount/leaving.html", {"address": address})

    return leave


def providers() -> list[URLPattern | URLResolver]:
    """The addresses for logging in elsewhere, as far as that is switched on."""
    views: dict[str, tuple[View, View]] = {
        "github": (github.oauth2_login, github.oauth2_callback),
        "orcid": (orcid.oauth2_login, orcid.oauth2_callback),
        "openid_connect": (openid_connect.login, openid_connect.callback),
    }
    found: list[URLPattern | URLResolver] = []
    for name in settings.SOCIALACCOUNT_PROVIDERS:
        login, callback = views[name]
        at = "<slug:provider_id>" if name == "openid_connect" else name
        found += [
            path(f"{at}/login/", leaving(login), name=f"{name}_login"),
            path(f"{at}/login/callback/", elsewhere(callback), name=f"{name}_callback"),
        ]
    return found
