"""What a person has read of the digests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max, QuerySet

from accounts.models import ReadDigest, User
from digest.models import Digest, Paper, tomorrow

from .base import NotFound, Part


class Digests(Part):
    """A digest is read once it is marked so; `User.read_until` stands for all up to a day."""

    def unread(self) -> QuerySet[Digest]:
        """The digests that have come out and are not read, newest first."""
        if not isinstance(self._user, User):
            return Digest.objects.none()
        found = Digest.objects.out().exclude(
            date__in=ReadDigest.objects.filter(user=self._user).values("date")
        )
        return found.filter(date__gt=self._user.read_until) if self._user.read_until else found

    def get(self, day: date) -> Digest:
        """The day's digest. Raises NotFound."""
        found = Digest.objects.filter(date=day).first()
        if found is None:
            raise NotFound("There is no such digest.")
        return found

    def new_papers(self) -> int:
        """How many papers came first in a digest that is not read."""
        return Paper.objects.visible().filter(date__in=self.unread().values("date")).count()

    def is_read(self, day: date) -> bool:
        return isinstance(self._user, User) and not self.unread().filter(date=day).exists()

    def mark_read(self, day: date) -> None:
        """Count the day's digest as read."""
        ReadDigest.objects.bulk_create(
            [ReadDigest(user=self._owner, date=day)], ignore_conflicts=True
        )

    @transaction.atomic
    def mark_unread(self, day: date) -> None:
        """Count the day's digest as new again."""
        until = self._until()
        if until and day <= until:
            # One day cannot be taken out of "all up to": those after it are read one by one.
            later = Digest.objects.filter(date__gt=day, date__lte=until)
            self.restore(None, later.values_list("date", flat=True))
            self._set_until(day - timedelta(days=1))
        ReadDigest.objects.filter(user=self._owner, date=day).delete()

    def marked(self) -> list[date]:
        """The days that were marked as read one by one, in order."""
        days = ReadDigest.objects.filter(user=self._user.pk).order_by("date")
        return list(days.values_list("date", flat=True))

    @transaction.atomic
    def restore(self, until: date | None, days: Iterable[date]) -> None:
        """Count these as read, too."""
        there = self._until()
        until = until and min(until, tomorrow())  # what comes out after today is new
        if until and (there is None or until > there):
            self._set_until(until)
        ReadDigest.objects.bulk_create(
            [ReadDigest(user=self._owner, date=day) for day in days], ignore_conflicts=True
        )

    @transaction.atomic
    def mark_all_read(self) -> None:
        """Count every digest that has come out as read."""
        self._until()
        newest = Digest.objects.out().aggregate(newest=Max("date"))["newest"]
        if newest:
            self._set_until(newest)
            ReadDigest.objects.filter(user=self._owner, date__lte=newest).delete()

    def _until(self) -> date | None:
        """Until when all is read, as it is now: another tab may have said otherwise since this
        request began. Nobody else changes it until the transaction ends."""
        return User.objects.select_for_update().get(pk=self._owner.pk).read_until

    def _set_until(self, day: date) -> None:
        self._owner.read_until = day
        self._owner.save(update_fields=["read_until"])
