"""What a browser asks for by itself: the icon, what installing the site needs, and what reading it
without a connection needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, wraps
from hashlib import sha256
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

_COLOUR = "#fdfcf9"
"""Of the light page: `--paper` of static/site.css."""


_NEEDED = (
    *("site.css", "site.js", "density.js", "theme.js", "suggestions.js", "icon-32.png", "icon.svg"),
    *("requests.js", "offline.js", "back.js", "note.js", "lists.js", "search.js", "copy.js"),
    *("keys.js", "menu.js", "select.js"),
    "django_htmx/htmx-2.min.js",
)
"""Static files that pages need, those among them that are loaded without a connection alone."""

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])


def offline_copy(view: _View) -> _View:
    """Let the browser keep the pages of a view, to be read without a connection. See static/sw.js.

    Not for what somebody else shares privately.
    """

    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        allow_offline_copy(request, response)
        return response

    return cast(_View, marked)


def allow_offline_copy(request: HttpRequest, response: HttpResponseBase) -> None:
    """The same for one response; the header has the key of the person whose page it is."""
    response["Offline-Copy"] = str(request.user.pk or "visitor")


@require_safe
@never_cache
def service_worker(request: HttpRequest) -> HttpResponse:
    """static/sw.js, with the version of the site: a browser that gets another version removes what
    the earlier one stored."""
    return HttpResponse(_service_worker(), content_type="text/javascript")


@cache
def _service_worker() -> str:
    text = (settings.ROOT / "static" / "sw.js").read_text("utf-8")
    needed = json.dumps([reverse("offline"), *map(static, _NEEDED)])
    manifest = getattr(staticfiles_storage, "manifest_hash", "")
    version = sha256(f"{text} {needed} {manifest} {settings.VERSION}".encode()).hexdigest()[:12]
    return text.replace('"{version}"', json.dumps(version)).replace("{needed}", needed)


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown without a connection in place of a page that the browser did not keep."""
    return render(request, "digest/offline.html")


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """How the site looks where it is installed as an app."""
    content = {
        "name": "Paper Digest",
        "short_name": "Papers",
        "description": "Daily digests of new papers: their points, code, models and datasets.",
        "id": reverse("home"),
        "start_url": reverse("home"),
        "scope": reverse("home"),
        "display": "standalone",
        "theme_color": _COLOUR,
        "background_color": _COLOUR,
        "icons": [
            {
                "src": static(f"icon-{size}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for size in (192, 512)
            for purpose in ("any", "maskable")
        ],
        "shortcuts": [
            {"name": "Library", "url": reverse("library")},
            {"name": "Search", "url": reverse("papers")},
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json")


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def favicon(request: HttpRequest) -> HttpResponse:
    """Where the icon is, for programs that read no page before: feed readers, and old browsers."""
    return redirect(static("icon-32.png"))
