"""What Prometheus reads of the site's processes. What it reads of the data and the machine is in
`digest.status`.

Where METRICS_TOKEN is set, the workers of a server count together, in a folder that digest/wsgi.py
names before this is imported; a command counts for itself, and is not asked.
"""

from __future__ import annotations

import logging
from functools import partial

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

from digest.metrics_folder import own_folder

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# They are in no registry of the process: `registry` has them.
_counter = partial(Counter, registry=None)
_histogram = partial(Histogram, registry=None, buckets=_BUCKETS)

REQUESTS = _counter(
    "paper_digest_requests",
    "Requests that were answered, by view, method and status",
    ["view", "method", "status"],
)
SECONDS = _histogram(
    "paper_digest_request_seconds", "Seconds until an answer was ready, by view", ["view"]
)
SEARCHES = _histogram(
    "paper_digest_search_seconds", "The same of requests that search for words", ["view"]
)
ERRORS = _counter("paper_digest_errors", "Errors in the log, by their kind", ["kind"])
MAILS = _counter("paper_digest_mails", "Mails, by whether they were sent or failed", ["result"])


def count_request(view: str, method: str, status: int, seconds: float) -> None:
    """Count a request, and how long it took."""
    # Whoever asks may make methods up.
    REQUESTS.labels(view, method if method in METHODS else "other", status).inc()
    SECONDS.labels(view).observe(seconds)


class CountErrors(logging.Handler):
    """Counts errors of the log: by the class of the exception, or the name of the log."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0] if record.exc_info else None
        ERRORS.labels(error.__name__ if error else record.name).inc()


def registry() -> CollectorRegistry:
    """All of these, of all workers of this server."""
    found = CollectorRegistry()
    if values.ValueClass._multiprocess:
        folder = own_folder(settings.METRICS)  # which is in use, and so not deleted
        MultiProcessCollector(found, str(folder))  # type: ignore[no-untyped-call]
    else:
        for each in (REQUESTS, SECONDS, SEARCHES, ERRORS, MAILS):
            found.register(each)
    return found
