"""What the doctor finds in the catalogue, on a page."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from digest.caches.revision import Revision
from digest.curation.doctor import CHECKS, examine

from .site import Site

SHOWN = 100
"""Findings of a check on its page."""


def doctor(request: HttpRequest) -> HttpResponse:
    """What each check finds: how much of all of them, and the first findings of one.

    The numbers are cached for as long as the catalogue does not change: to count takes some seconds
    of 200,000 papers.
    """
    if not request.user.has_perm("digest.view_paper"):
        raise PermissionDenied
    context: dict[str, Any] = {**admin.site.each_context(request), "title": "Catalogue checks"}
    if name := request.GET.get("check"):
        if name not in CHECKS:
            raise Http404
        found = examine(CHECKS[name])
        context |= {
            "title": found.check.title,
            "check": found.check,
            "count": _bounded(found),
            "findings": found.findings[:SHOWN],
            "shown": SHOWN if len(found.findings) > SHOWN else 0,
        }
    else:
        counts = Revision().once(
            lambda: {name: _bounded(examine(check)) for name, check in CHECKS.items()}, "doctor"
        )
        context["checks"] = [(check, counts[name]) for name, check in CHECKS.items()]
    return TemplateResponse(request, "admin/digest/doctor.html", context)


def _bounded(examined: Any) -> str:
    count = f"{len(examined.findings):,}"
    return f"more than {count}" if examined.more else count


cast(Site, admin.site).add_page("doctor/", doctor, "doctor")
