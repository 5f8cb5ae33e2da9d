"""`/healthz` and `/readyz`: what a supervisor or a balancer asks, under any host name.

/healthz: whether the process answers; nothing else is asked. /readyz: whether it can serve, as
JSON, with 503 if it cannot: the database answers, and all migrations are applied. Beside that it
says which version this is, whether the cache answers, without which the site works too, and how old
the newest digest and the last daily run are.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from secrets import token_hex
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone

from digest.models import DailyRun, Digest

_OK, _FAILS = "ok", "fails"


class Readiness:
    """Middleware, since the host name of a request is checked within it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = _ANSWERS.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        allowed = request.method in ("GET", "HEAD")
        response = answer() if allowed else HttpResponseNotAllowed(["GET", "HEAD"])
        response["Cache-Control"] = "no-store"
        return response


def _health() -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def _readiness() -> HttpResponse:
    found: dict[str, Any] = {"version": settings.VERSION, "database": _FAILS, "migrations": None}
    try:
        found |= _asked()
    except Error:  # what else it has is in the log of the database
        connection.close()
    is_ready = found["database"] == _OK and found["migrations"] == _OK
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"ready": is_ready, **found, "cache": _cache()}, status=status)


def _asked() -> dict[str, Any]:
    """What is read from the database. Raises Error."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        return {"database": _OK, "migrations": f"to be applied: {len(plan)}"}
    newest = Digest.objects.out().order_by("-date").values_list("date", flat=True).first()
    today = timezone.now().date()
    run = DailyRun.objects.first()
    return {
        "database": _OK,
        "migrations": _OK,
        "newest_digest": newest and {"date": newest, "age_in_days": max((today - newest).days, 0)},
        "daily_run": run
        and {
            "begun_at": run.begun_at,
            "ended_at": run.ended_at,
            "failed": [step["name"] for step in run.steps if step["error"]],
        },
    }


def _cache() -> str:
    """Whether the cache returns what was put into it, and does so by itself: where Redis is down,
    each process has its own."""
    value = token_hex(8)
    try:
        cache.set("readyz", value, 10)
        is_there = cache.get("readyz") == value and not getattr(cache, "is_down", False)
        return _OK if is_there else _FAILS
    except Exception:  # each kind of cache has errors of its own
        return _FAILS


_ANSWERS = {"/healthz": _health, "/readyz": _readiness}
