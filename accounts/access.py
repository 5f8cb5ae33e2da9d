"""Who may open a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django_htmx.middleware import HtmxDetails

from digest.pages.paging import HtmxRequest

from .library import Library
from .models import User


class MemberRequest(HtmxRequest):
    """The request of a person who is logged in. library: theirs."""

    user: User
    htmx: HtmxDetails
    library: Library


View = Callable[..., HttpResponseBase]


def logged_in(view: View) -> View:
    """Let nobody else in, and leave the page in no cache. The others log in and come back, if it
    is a page that they asked for: `accounts.middleware.LoggedOut` has what else they are told.
    """

    @never_cache
    @wraps(view)
    def checked(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            request.library = Library(request.user)
            return view(request, *args, **kwargs)
        next_page = request.get_full_path() if request.method == "GET" else back(request, "/")
        return redirect_to_login(next_page, resolve_url(settings.LOGIN_URL))

    return checked


def back(request: HtmxRequest, otherwise: str) -> str:
    """The address on this site that a form says to go to next."""
    address = request.POST.get("next", "")
    safe = address.startswith("/") and url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    return address if safe else otherwise


def go_back(request: HtmxRequest, otherwise: str, place: str = "") -> HttpResponse:
    """place: the id of an element of that page, at which it is to be shown."""
    address = back(request, otherwise)
    if place:
        address = f"{address.partition('#')[0]}#{place}"
    return HttpResponseRedirect(address)
