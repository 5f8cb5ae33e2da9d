"""What a person has read of the digests, and the streams that they subscribe to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, F, FilteredRelation, Max, OuterRef, Q, QuerySet

from accounts.models import ReadDigest, StreamReading, User
from digest.batches import batches
from digest.models import (
    DEFAULT,
    PLACES,
    Digest,
    DigestKey,
    Stream,
    StreamQuerySet,
    tomorrow,
)

from .base import NotFound, Part

_NEW = f"""
FROM digest_digest AS d
JOIN digest_stream AS s ON s.id = d.stream_id
LEFT JOIN accounts_streamreading AS r ON r.stream_id = s.id AND r.user_id = %s
JOIN digest_placement AS pl ON pl.digest_id = d.id
JOIN digest_paper AS p ON p.id = pl.paper_id
WHERE coalesce(r.is_subscribed, s.is_subscribed)
AND d.date <= %s AND d.date > coalesce(r.read_until, %s)
AND NOT EXISTS (
    SELECT 1 FROM accounts_readdigest AS marked
    WHERE marked.user_id = %s AND marked.stream_id = d.stream_id AND marked.date = d.date
)
-- Of most papers their first digest of all is this one: nothing else is asked for then.
AND (p.date = d.date AND p.position = pl.position + (d.stream_id - 1) * {PLACES} OR NOT EXISTS (
    SELECT 1 FROM digest_placement AS other
    JOIN digest_digest AS before ON before.id = other.digest_id
    JOIN digest_stream AS s2 ON s2.id = before.stream_id
    LEFT JOIN accounts_streamreading AS r2 ON r2.stream_id = s2.id AND r2.user_id = %s
    WHERE other.paper_id = pl.paper_id AND coalesce(r2.is_subscribed, s2.is_subscribed)
    AND (before.date < d.date OR before.date = d.date AND before.stream_id < d.stream_id)
))
"""  # noqa: S608
"""What is new, as SQL: every page of a person counts it, and the ORM takes thirty times as long to
put this together as the database to answer."""


class Subscription(NamedTuple):
    """A stream, and whether its digests are new to the person."""

    stream: Stream
    is_subscribed: bool


class Reading(NamedTuple):
    """What a person chose of a stream, as an export has it: whether they subscribe, None if they
    did not choose; and which digests are read: those until a day, and single ones."""

    stream: str
    is_default: bool
    is_subscribed: bool | None
    until: date | None
    days: list[date]


class Digests(Part):
    """A digest is read once it is marked so; `StreamReading.read_until`, else `User.read_until`,
    counts as such a mark on all digests of its stream up to a day."""

    def unread(self) -> QuerySet[Digest]:
        """The digests that have come out and are not read, newest first: those of the streams that
        the person subscribes to."""
        if not isinstance(self._user, User):
            return Digest.objects.none()
        return self._unread(self._user).filter(_subscribed("stream"))

    def get(self, day: date, slug: str = "") -> Digest:
        """A day's digest. slug: of its stream; of the default one, if empty. Raises NotFound."""
        stream = {"stream__slug": slug} if slug else {"stream": DEFAULT}
        found = Digest.objects.select_related("stream").filter(date=day, **stream).first()
        if found is None:
            raise NotFound("There is no such digest.")
        return found

    def unread_days(self, stream: int = DEFAULT) -> set[date]:
        """The days of a stream whose digests have come out and are not read, whether the person
        subscribes to it or not."""
        if not isinstance(self._user, User):
            return set()
        return set(self._unread(self._user).filter(stream=stream).values_list("date", flat=True))

    def next_unread(self, day: date, stream: int = DEFAULT) -> Digest | None:
        """The digest to read after one: the next older one that is not read and has papers; if
        there is none, the nearest of the others."""
        unread = self.unread().filter(paper_count__gt=0).select_related("stream")
        older = unread.filter(Q(date__lt=day) | Q(date=day, stream__gt=stream))
        return older.first() or unread.order_by("date", "-stream").first()

    @cached_property
    def new_by_day(self) -> dict[date, int]:
        """How many papers are new on each day that has any, the newest day first. New is what came
        first in a digest that is not read, among those of the streams that the person subscribes
        to."""
        rows = self._new("d.date, count(*)", "GROUP BY d.date ORDER BY d.date DESC")
        return {_date(day): count for day, count in rows}

    def new_papers(self) -> int:
        """How many papers are new."""
        return sum(self.new_by_day.values())

    def new_on(self, days: Collection[date]) -> list[tuple[date, int]]:
        """The keys of the papers that are new on these days, each with its day, in their order on
        it."""
        if not days:
            return []
        among = ", ".join(["%s"] * len(days))
        order = f"AND d.date IN ({among}) ORDER BY d.date DESC, d.stream_id, pl.position"
        return [(_date(day), key) for day, key in self._new("d.date, pl.paper_id", order, *days)]

    def _new(self, columns: str, rest: str, *days: date) -> list[tuple[Any, int]]:
        """Rows of the placements (`pl`) and digests (`d`) of papers that are new."""
        if not isinstance(self._user, User):
            return []
        user, stored = self._user.pk, connection.ops.adapt_datefield_value
        until = self._user.read_until or date.min
        parameters = [user, stored(tomorrow()), stored(until), user, user, *map(stored, days)]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} {_NEW} {rest}", parameters)
            rows: list[tuple[Any, int]] = cursor.fetchall()
        return rows

    def is_read(self, day: date, stream: int = DEFAULT) -> bool:
        if not isinstance(self._user, User):
            return False
        return not self._unread(self._user).filter(date=day, stream=stream).exists()

    def mark_read(self, day: date, stream: int = DEFAULT) -> None:
        """Count a stream's digest of a day as read."""
        self._mark([DigestKey(day, stream)])

    def mark_read_between(self, first: date, last: date) -> list[DigestKey]:
        """Count the digests as read that are new on the days from the first to the last. Out: their
        keys, the newest first."""
        found = self.unread().filter(date__range=(first, last))
        keys = [DigestKey(*key) for key in found.values_list("date", "stream")]
        self._mark(keys)
        return keys

    def mark_unread(self, day: date, stream: int = DEFAULT) -> None:
        """Count a stream's digest of a day as new again."""
        self.mark_all_unread([DigestKey(day, stream)])

    @transaction.atomic
    def mark_all_unread(self, digests: Iterable[DigestKey]) -> None:
        """Count these digests as new again."""
        streams: dict[int, set[date]] = defaultdict(set)
        for day, stream in digests:
            streams[stream].add(day)
        for stream, days in streams.items():
            until, first = self._until(stream), min(days)
            if until and first <= until:
                # A day cannot be taken out of "all up to": the others after it are read one by one.
                later = Digest.objects.of(stream).filter(date__gt=first, date__lte=until)
                dates = later.values_list("date", flat=True)
                self._mark(DigestKey(one, stream) for one in dates if one not in days)
                self._set_until(stream, first - timedelta(days=1))
            read = ReadDigest.objects.filter(user=self._owner, stream=stream)
            for some in batches(days):
                read.filter(date__in=some).delete()
        self._forget()

    @transaction.atomic
    def mark_all_read(self) -> None:
        """Count every digest that has come out as read, of the streams that they subscribe to."""
        newest = Digest.objects.out().order_by().values("stream").annotate(newest=Max("date"))
        subscribed = self._streams().filter(_subscribed()).values("pk")
        for stream, day in newest.filter(stream__in=subscribed).values_list("stream", "newest"):
            self._until(stream)
            self._set_until(stream, day)
            read = ReadDigest.objects.filter(user=self._owner, stream=stream)
            read.filter(date__lte=day).delete()
        self._forget()

    # Streams

    def subscriptions(self) -> list[Subscription]:
        """All streams that have digests, if there are several to choose from."""
        if not self._user.pk:
            return []
        streams: Any = self._streams().with_digests().annotate(mine=F("reading__is_subscribed"))
        found = [
            Subscription(stream, stream.is_subscribed if stream.mine is None else stream.mine)
            for stream in streams
        ]
        return found if len(found) > 1 else []

    @transaction.atomic
    def subscribe(self, streams: Collection[int]) -> None:
        """Have the digests of the streams with these keys be new to the person, and no others'. Of
        a stream that comes, its newest digest alone is new at first."""
        self._lock()
        for stream, was_subscribed in self.subscriptions():
            is_subscribed = stream.pk in streams
            if is_subscribed != was_subscribed:
                values: dict[str, object] = {"is_subscribed": is_subscribed}
                newest = Digest.objects.of(stream.pk).out().order_by("-date").first()
                if is_subscribed and newest:
                    values["read_until"] = newest.date - timedelta(days=1)
                StreamReading.objects.update_or_create(
                    user=self._owner, stream=stream, defaults=values
                )

    # Export and import

    def readings(self) -> list[Reading]:
        """What they chose of each stream of which they chose anything, the default one first."""
        days: dict[int, list[date]] = {}
        marked = ReadDigest.objects.filter(user=self._user.pk).order_by("stream_id", "date")
        for stream, day in marked.values_list("stream", "date"):
            days.setdefault(stream, []).append(day)
        until = self._user.read_until if isinstance(self._user, User) else None
        rows: Any = self._streams().annotate(
            mine=F("reading__is_subscribed"), until=F("reading__read_until")
        )
        found = []
        for one in rows:
            read = one.until or (until if one.is_default else None)
            found.append(Reading(one.slug, one.is_default, one.mine, read, days.get(one.pk, [])))
        return [one for one in found if one.is_subscribed is not None or one.until or one.days]

    @transaction.atomic
    def restore(self, readings: Iterable[tuple[int, Reading]]) -> None:
        """Count these digests as read, too, and subscribe as the readings say. readings: each with
        the key of its stream."""
        for stream, reading in readings:
            there = self._until(stream)
            until = reading.until and min(reading.until, tomorrow())  # what comes later is new
            if until and (there is None or until > there):
                self._set_until(stream, until)
            self._mark(DigestKey(day, stream) for day in reading.days)
            if reading.is_subscribed is not None:
                StreamReading.objects.update_or_create(
                    user=self._owner,
                    stream_id=stream,
                    defaults={"is_subscribed": reading.is_subscribed},
                )

    # Rows

    def _unread(self, user: User) -> QuerySet[Digest]:
        """The digests of all streams that have come out and are not read, newest first."""
        mine = FilteredRelation("stream__readings", condition=Q(stream__readings__user=user))
        marked = ReadDigest.objects.filter(
            user=user, stream=OuterRef("stream"), date=OuterRef("date")
        )
        floor = Q(reading__read_until=None)
        if user.read_until:
            floor &= Q(date__gt=user.read_until)
        return (
            Digest.objects.out()
            .alias(reading=mine)
            .filter(Q(date__gt=F("reading__read_until")) | floor, ~Exists(marked))
        )

    def _streams(self) -> StreamQuerySet:
        """All streams, each with the person's own `reading` of it, if there is one."""
        mine = FilteredRelation("readings", condition=Q(readings__user=self._user.pk))
        return Stream.objects.alias(reading=mine)

    def _mark(self, digests: Iterable[DigestKey]) -> None:
        rows = [ReadDigest(user=self._owner, date=day, stream_id=one) for day, one in digests]
        ReadDigest.objects.bulk_create(rows, ignore_conflicts=True)
        self._forget()

    def _forget(self) -> None:
        """Forget the counts, so that they are read again."""
        self.__dict__.pop("new_by_day", None)

    def _lock(self) -> User:
        """The person's row, which nobody else changes until the transaction ends: another tab may
        have changed something since this request began."""
        return User.objects.select_for_update().get(pk=self._owner.pk)

    def _until(self, stream: int) -> date | None:
        """Until when all of a stream is read, as it is now and stays until the transaction ends."""
        user = self._lock()
        rows = StreamReading.objects.filter(user=user, stream=stream)
        found = rows.values_list("read_until", flat=True).first()
        return found or user.read_until

    def _set_until(self, stream: int, day: date) -> None:
        StreamReading.objects.update_or_create(
            user=self._owner, stream_id=stream, defaults={"read_until": day}
        )


def _date(stored: date | str) -> date:
    """A date as a database gives it to a plain cursor."""
    return stored if isinstance(stored, date) else date.fromisoformat(stored)


def _subscribed(stream: str = "") -> Q:
    """The condition that the person subscribes to a stream: by their own choice, else by the
    operator's. stream: the
    name of the relation to it, of rows with a `reading`."""
    by_default = f"{stream}__is_subscribed" if stream else "is_subscribed"
    return Q(reading__is_subscribed=True) | Q(reading__is_subscribed=None, **{by_default: True})
