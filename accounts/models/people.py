"""People with an account, and what they have read of the digests."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from digest.models import DEFAULT, Digest, Stream

SHOWN = (10, 25, 50, 100)
"""Papers on a page that a person may choose."""

# One name has one spelling: no letters that look like others, and no @, so that none looks like
# an address. A display name may be in any script.
USER_NAME_VALIDATORS = [
    RegexValidator(
        re.compile(r"\A[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\Z", re.IGNORECASE | re.ASCII),
        "Use the letters a to z, digits, and . _ - between them.",
    )
]


class Theme(models.TextChoices):
    AUTO = "auto", "as the system has it"
    LIGHT = "light", "light"
    DARK = "dark", "dark"


class Density(models.TextChoices):
    """How much a list shows of each paper."""

    TITLES = "titles", "titles"
    BRIEF = "brief", "brief"
    FULL = "full", "full"


class Step(models.TextChoices):
    """A first step that the first page shows to a new person."""

    IMPORT = "import", "import a library"
    LISTS = "lists", "choose streams, and how much lists show"
    STAR = "star", "star papers"


class User(AbstractUser):
    """A person with an account. Our own model, since Django's cannot be replaced later."""

    username = models.CharField(
        "user name",
        max_length=150,
        unique=True,
        validators=USER_NAME_VALIDATORS,
        error_messages={"unique": "A user with that username already exists."},
    )
    display_name = models.CharField(
        max_length=100, blank=True, help_text="what others see; your user name if left empty"
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    density = models.CharField(
        "papers in lists", max_length=6, choices=Density, default=Density.BRIEF
    )
    single_keys = models.BooleanField(
        "single keys", default=True, help_text="pages and lists answer to keys such as j and b"
    )
    papers_on_a_page = models.PositiveSmallIntegerField(
        "papers a page",
        default=25,
        choices=[(number, str(number)) for number in SHOWN],
        validators=[MinValueValidator(SHOWN[0]), MaxValueValidator(SHOWN[-1])],
    )
    recommendations = models.BooleanField(
        "papers for you",
        default=True,
        help_text="learn from what you keep which new papers matter to you; only you see it",
    )
    is_counted = models.BooleanField(
        "count my bookmarks",
        default=False,
        help_text="without your name, in what people here bookmarked this week; papers that fewer"
        " than three people bookmarked are never shown there",
    )
    read_until = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="every digest up to this day counts as read, but of streams of which the person"
        " has read until another; none, if there is no day",
    )

    steps_left = models.CharField(
        max_length=40,
        default="",
        blank=True,
        editable=False,
        help_text="those of `Step` that the first page still shows; all, once somebody signed up",
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            # "Ada" and "ada" would be one person to everybody who reads the name.
            models.UniqueConstraint(Lower("username"), name="user_name_once"),
            models.CheckConstraint(condition=Q(theme__in=Theme.values), name="user_theme"),
            models.CheckConstraint(condition=Q(density__in=Density.values), name="user_density"),
            models.CheckConstraint(
                condition=Q(papers_on_a_page__in=SHOWN), name="user_papers_on_a_page"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    def finish(self, step: Step) -> None:
        """Show a first step as done. Writes only the first time."""
        left = self.steps_left.split()
        if step in left:
            self.steps_left = " ".join(one for one in left if one != step)
            self.save(update_fields=["steps_left"])

    def save(self, *args: Any, **options: Any) -> None:
        # For a new user, only the newest digest is unread.
        if self._state.adding and self.read_until is None:
            newest = Digest.objects.out().values_list("date", flat=True).first()
            self.read_until = newest and newest - timedelta(days=1)
        super().save(*args, **options)


class StreamReading(models.Model):
    """What a person chose of a stream. Without a row, or a value, the operator's choice counts, and
    `User.read_until`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    stream = models.ForeignKey(Stream, models.CASCADE, related_name="readings")
    is_subscribed = models.BooleanField(
        null=True, help_text="whether its new digests are new to the person"
    )
    read_until = models.DateField(
        null=True, help_text="every digest of it up to this day counts as read"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "stream"], name="stream_reading_once")
        ]

    def __str__(self) -> str:
        return str(self.stream)


class ReadDigest(models.Model):
    """A digest that a person marked as read; those up to the day until which all of its stream is
    read need no row."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    stream = models.ForeignKey(
        Stream, models.CASCADE, default=DEFAULT, related_name="+", db_index=False
    )
    date = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "stream", "date"], name="read_digest_once")
        ]

    def __str__(self) -> str:
        return self.date.isoformat()
