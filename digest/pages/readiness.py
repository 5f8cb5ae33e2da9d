"""`/healthz`, `/readyz` and `/metrics`: what a supervisor, a balancer or Prometheus asks, under any
host name.

/healthz: whether the process answers; nothing else is asked. /readyz: whether it can serve, as
JSON, with 503 if it cannot: the database answers, and all migrations are applied. Beside that it
says which version this is, whether the cache answers, without which the site works too, and how old
the newest digest and the last daily run are. /metrics: the figures of digest.metrics and
digest.status, for whoever has METRICS_TOKEN; without that setting there is no such page.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from secrets import compare_digest
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone
from prometheus_client.exposition import choose_encoder

from digest import metrics
from digest.models import DailyRun, Digest
from digest.status import StatusCollector, cache_answers

_OK, _FAILS = "ok", "fails"


class Readiness:
    """Middleware, since the host name of a request is checked within it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = _ANSWERS.get(request.path_info)
        if answer is None or (answer is _metrics and not settings.METRICS_TOKEN):
            return self.get_response(request)
        allowed = request.method in ("GET", "HEAD")
        response = answer(request) if allowed else HttpResponseNotAllowed(["GET", "HEAD"])
        response["Cache-Control"] = "no-store"
        return response


def _health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def _readiness(request: HttpRequest) -> HttpResponse:
    found: dict[str, Any] = {"version": settings.VERSION, "database": _FAILS, "migrations": None}
    try:
        found |= _asked()
    except Error:  # what else it has is in the log of the database
        connection.close()
    cache = _OK if cache_answers() else _FAILS
    is_ready = found["database"] == _OK and found["migrations"] == _OK
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"ready": is_ready, **found, "cache": cache}, status=status)


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
            "failed": run.failed_steps,
        },
    }


def _metrics(request: HttpRequest) -> HttpResponse:
    given = request.headers.get("Authorization", "").encode()
    if not compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
        headers = {"WWW-Authenticate": "Bearer"}
        return HttpResponse("Send METRICS_TOKEN.\n", "text/plain", 401, headers=headers)
    registry = metrics.registry()
    registry.register(StatusCollector())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


_ANSWERS = {"/healthz": _health, "/metrics": _metrics, "/readyz": _readiness}
