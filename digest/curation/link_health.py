"""Which of the catalogue's links still answer: they are asked, and the dead are marked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from digest.batches import batches
from digest.models import Catalogue, Link, LinkHealth, Paper

from .http_check import Answer, Checker, LinkOutcome, site_of

FAILURES = 3
"""After so many days in a row without an answer a link is dead."""
AGAIN = timedelta(days=7)
"""A link that was checked more recently is not due."""
MOST_AT_ONCE = 20
"""URLs of a `recheck`, which somebody waits for."""
SECONDS_AT_ONCE = 10.0


def due(older_than: timedelta = AGAIN) -> list[str]:
    """The URLs that visible papers give and that were not checked for so long: those that never
    were, then the oldest. One that failed is due every day, until it answers or is dead.

    Forgets what was known of URLs that no paper gives any longer.
    Reads each of the catalogue's URLs once: 400,000 of them take some seconds.
    """
    now = timezone.now()
    given = set(Link.objects.filter(paper__hidden=False).values_list("url", flat=True).iterator())
    papers = Paper.objects.visible().exclude(url="")
    given.update(papers.values_list("url", flat=True).iterator())
    checked = dict(LinkHealth.objects.values_list("url", "checked_at"))
    failing = LinkHealth.objects.filter(dead=False, failures__gt=0, checked_at__date__lt=now.date())
    again = set(failing.values_list("url", flat=True))
    forgotten = sorted(checked.keys() - given)
    for some in batches(forgotten):
        LinkHealth.objects.filter(url__in=some).delete()
    before = now - older_than
    wanted = [url for url in given if url not in checked or url in again or checked[url] <= before]
    return _oldest_first(wanted, checked)


def _oldest_first(urls: Iterable[str], checked: dict[str, datetime]) -> list[str]:
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(urls, key=lambda url: (checked.get(url, never), url))


class Written(NamedTuple):
    """What a batch of answers changed: URLs that are dead now, and URLs that are alive again."""

    died: list[str]
    revived: list[str]


@transaction.atomic
def write(answers: dict[str, Answer]) -> Written:
    """Save answers. If this changes what is dead, so does the catalogue."""
    now = timezone.now()
    known = LinkHealth.objects.in_bulk(answers, field_name="url")
    rows = []
    written = Written([], [])
    for url, answer in sorted(answers.items()):
        row = known.get(url) or LinkHealth(url=url)
        dead = row.dead
        match answer.outcome:
            case LinkOutcome.ALIVE:
                row.failures, row.dead = 0, False
            case LinkOutcome.GONE:
                row.failures, row.dead = row.failures + 1, True
            case LinkOutcome.FAILED:
                # A bad day is one failure, however often somebody looks.
                if not row.failures or row.checked_at.date() < now.date():
                    row.failures += 1
                row.dead = dead or row.failures >= FAILURES
        row.status, row.reason, row.checked_at = answer.status, answer.reason, now
        rows.append(row)
        if row.dead != dead:
            (written.died if row.dead else written.revived).append(url)
    LinkHealth.objects.bulk_create(
        rows,
        batch_size=100,
        update_conflicts=True,
        unique_fields=["url"],
        update_fields=["status", "reason", "checked_at", "failures", "dead"],
    )
    if written.died or written.revived:
        Catalogue.change()
    return written


class NothingAnswers(Exception):
    """Of several hosts none answered: the fault is most likely ours, and no link's."""


class Checked(NamedTuple):
    """What a run did. outcomes: how many of each; left: how many it did not come to."""

    outcomes: Counter[LinkOutcome]
    died: list[str]
    revived: list[str]
    left: int


def check(
    urls: list[str],
    checker: Checker | None = None,
    workers: int = 8,
    seconds: float = float("inf"),
    progress: Callable[[int], object] = lambda done: None,
) -> Checked:
    """Ask for URLs and save the answers every few seconds, so that an interruption loses few.

    seconds: after which it ends, at the latest. progress: called with the number of answers.
    Raises NothingAnswers, and saves nothing, if all of five hosts or more fail.
    """
    several = len({site_of(url) for url in urls}) >= 5
    done = Checked(Counter(), [], [], len(urls))
    batch: dict[str, Answer] = {}
    written_at = time.monotonic()

    def save() -> None:
        nonlocal batch, written_at
        if several and done.outcomes.total() == done.outcomes[LinkOutcome.FAILED]:
            return
        if batch:
            written = write(batch)
            done.died.extend(written.died)
            done.revived.extend(written.revived)
        batch, written_at = {}, time.monotonic()

    try:
        with closing((checker or Checker()).run(urls, workers, seconds)) as answers:
            for item in answers:
                if item:
                    url, answer = item
                    batch[url] = answer
                    done.outcomes[answer.outcome] += 1
                    progress(done.outcomes.total())
                if len(batch) >= 100 or time.monotonic() - written_at > 3:
                    save()
    finally:
        save()
    if batch:
        raise NothingAnswers
    return done._replace(left=len(urls) - done.outcomes.total())


def recheck(urls: Iterable[str], checker: Checker | None = None) -> Checked:
    """Ask for URLs while somebody waits: at most `MOST_AT_ONCE`, for `SECONDS_AT_ONCE`.

    Those that were asked longest ago come first, so that the rest is got by doing it again.
    """
    urls = {*urls}
    known = LinkHealth.objects.filter(url__in=urls)
    oldest = _oldest_first(urls, dict(known.values_list("url", "checked_at")))
    checked = check(oldest[:MOST_AT_ONCE], checker, MOST_AT_ONCE, SECONDS_AT_ONCE)
    return checked._replace(left=len(urls) - checked.outcomes.total())
