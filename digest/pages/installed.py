"""What a browser asks for by itself: the icon, and what installing the site needs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

_COLOUR = "#fdfcf9"
"""Of the light page: `--paper` of static/site.css."""


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
    """Where the icon is, for whoever reads no page: feed readers, and old browsers."""
    return redirect(static("icon-32.png"))
