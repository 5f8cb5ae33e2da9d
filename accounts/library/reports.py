"""What a person said is wrong with papers, and what became of it."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Report, User
from digest.models import Paper

from .base import Part

A_DAY = 10
"""Reports of one person in 24 hours, at most."""


class Reports(Part):
    """Addressed to the curators, who settle them: see `accounts.reports`."""

    def all(self) -> QuerySet[Report]:
        """The reports with their papers, the newest first."""
        return Report.objects.filter(user=self._user.pk).select_related("paper")

    @transaction.atomic
    def add(self, paper: Paper, kind: str, comment: str) -> Report:
        """Tell the curators that something is wrong with a paper.

        comment: of REPORT_LENGTH characters at most. Raises ValidationError, of the kind if this
        was said already and waits, or of the whole if A_DAY were made.
        """
        # Of two requests at once, one waits for the other and counts its report.
        User.objects.select_for_update().get(pk=self._owner.pk)
        own, now = self.all(), timezone.now()
        if own.filter(paper=paper, kind=kind, outcome="").exists():
            raise ValidationError(
                {"kind": "You have reported this already. It is waiting for the curators."}
            )
        if own.filter(made_at__gt=now - timedelta(days=1)).count() >= A_DAY:
            raise ValidationError(
                f"You have sent {A_DAY} reports in one day, which is the most that is accepted. "
                "Come back tomorrow."
            )
        return Report.objects.create(
            user=self._owner, paper=paper, kind=kind, comment=comment, made_at=now
        )

    def unseen(self) -> int:
        """How many were settled and not looked at since."""
        return self._unseen().count()

    def mark_seen(self) -> None:
        """The person has looked at all of them."""
        self._unseen().update(seen_at=timezone.now())

    def _unseen(self) -> QuerySet[Report]:
        own = Report.objects.filter(user=self._user.pk, seen_at=None)
        return own.exclude(outcome="")
