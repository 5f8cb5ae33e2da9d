"""`manage.py daily`: runs every command that is due once a day."""

import fcntl
import logging
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from digest.management.loading import loading
from digest.models import DailyRun

_log = logging.getLogger(__name__)

MOST_LINKS = "2000"
"""Links that a run checks, at most: those that are due longest. A host is asked for one a second,
and most links lead to one of two hosts: so many take half an hour."""


class Command(BaseCommand):
    help = (
        "Fetch what FETCH names, then run suggest_categories, find_duplicates, recommend,"
        " count_bookmarks, send_mails, call_webhooks, check_links, clearsessions and check_status."
        " If one of them fails, the others run all the same."
    )

    def handle(self, verbosity: int, **options: Any) -> None:
        path = settings.LOCKS / "daily.lock"
        try:
            lock = path.open("a")
        except OSError as error:
            raise CommandError(f"{path} cannot be opened: {error.strerror}") from error
        with lock, loading("the steps before this one are done"):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.stdout.write("Another daily run is still going on: this one does nothing.")
                return
            failed = self.run(verbosity)
        if failed:
            raise CommandError(f"failed: {', '.join(failed)}")

    def run(self, verbosity: int) -> list[str]:
        """Run all steps and store their results. Gives the names of those that failed."""
        run, _ = DailyRun.objects.update_or_create(
            id=1, defaults={"begun_at": timezone.now(), "ended_at": None, "steps": []}
        )
        for name, words in (
            *((f"fetch {name}", _fetched(name)) for name in settings.FETCH),
            ("suggest_categories", ("suggest_categories",)),
            ("find_duplicates", ("find_duplicates",)),
            ("recommend", ("recommend",)),
            ("count_bookmarks", ("count_bookmarks",)),
            ("send_mails", ("send_mails",)),
            ("call_webhooks", ("call_webhooks",)),
            ("check_links", ("check_links", "--limit", MOST_LINKS)),
            ("clearsessions", ("clearsessions",)),
            ("check_status", ("check_status",)),
        ):
            if verbosity:
                self.stdout.write(f"{name}:")
            error = self.step(words, verbosity)
            if error:
                self.stderr.write(f"{name}: {error}")
            run.steps.append({"name": name, "error": error})
            run.save()
        run.ended_at = timezone.now()
        run.save()
        return run.failed_steps

    def step(self, words: tuple[str, ...], verbosity: int) -> str:
        """Run a command. Gives the reason if it failed, else ""."""
        try:
            call_command(*words, verbosity=verbosity, stdout=self.stdout, stderr=self.stderr)
        except CommandError as error:
            if isinstance(error.__context__, KeyboardInterrupt):
                raise
            return str(error)
        except Exception as error:  # the other steps still run
            _log.exception("daily: %s", " ".join(words))
            return f"an unexpected error, see the log: {type(error).__name__}"
        return ""


def _fetched(name: str) -> tuple[str, ...]:
    """The command that fetches what FETCH names: `huggingface`, or `arxiv:cs.CL`."""
    service, _, category = name.partition(":")
    return ("fetch", service, "--category", category) if category else ("fetch", service)
