"""How the site itself is, on a page."""

from __future__ import annotations

from typing import cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from digest.models import FailingCheck
from digest.status import examine

from .site import Site


def status(request: HttpRequest) -> HttpResponse:
    """What each check finds now, and since when what is wrong has been found so."""
    if not request.user.has_perm("digest.view_source"):
        raise PermissionDenied
    since = dict(FailingCheck.objects.values_list("name", "since"))
    context = {
        **admin.site.each_context(request),
        "title": "Status",
        "rows": [(check, finding, since.get(check.name)) for check, finding in examine()],
    }
    return TemplateResponse(request, "admin/digest/status.html", context)


cast(Site, admin.site).add_page("status/", status, "status")
