"""People and what they made: rows that no file can bring back.

What a person made is reached through `library.Library` alone, and their tokens through `tokens`.
A person's rows go with their account; papers stay as long as anybody has kept them.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    RegexValidator,
)
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Lower
from django.urls import reverse
from django.utils.crypto import salted_hmac

from digest.models import Digest, Paper

models.CharField.register_lookup(Length)
models.TextField.register_lookup(Length)

NOTE_LENGTH = 100_000
"""Characters of a note, at most."""
COMMENT_LENGTH = 4_000
"""Characters of a list's description and of a comment in it, at most."""
REPORT_LENGTH = 2_000
"""Characters of a reader's report, and of a curator's answer, at most."""
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
    papers_on_a_page = models.PositiveSmallIntegerField(
        "papers a page",
        default=25,
        choices=[(number, str(number)) for number in SHOWN],
        validators=[MinValueValidator(SHOWN[0]), MaxValueValidator(SHOWN[-1])],
    )
    read_until = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="every digest up to this day counts as read; none, if there is no day",
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            # "Ada" and "ada" would be one person to everybody who reads the name.
            models.UniqueConstraint(Lower("username"), name="user_name_once"),
            models.CheckConstraint(condition=Q(theme__in=Theme.values), name="user_theme"),
            models.CheckConstraint(
                condition=Q(papers_on_a_page__in=SHOWN), name="user_papers_on_a_page"
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    def save(self, *args: Any, **options: Any) -> None:
        # To somebody who comes, the newest digest is new, and all that was before it is not.
        if self._state.adding and self.read_until is None:
            newest = Digest.objects.out().values_list("date", flat=True).first()
            self.read_until = newest and newest - timedelta(days=1)
        super().save(*args, **options)


class ReadDigest(models.Model):
    """A day's digest that a person marked as read; those before `User.read_until` need no row."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    date = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "date"], name="read_digest_once")]

    def __str__(self) -> str:
        return self.date.isoformat()


class Status(models.TextChoices):
    TO_READ = "to-read", "to read"
    READING = "reading", "reading"
    READ = "read", "read"


class PaperRow(models.Model):
    """A row that somebody made of a paper.

    paper: where it is shown. home: the paper that it was made of, if curators have merged that into
    the one where it is shown. Only `library.merges` writes it.
    """

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="+")
    home = models.ForeignKey(
        Paper, models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )

    class Meta:
        abstract = True


class ShownManager(models.Manager["Any"]):
    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(shown=True)


class JoinableRow(PaperRow):
    """A row of which its owner is shown one for a paper, however many papers were merged into that.

    shown: true, or null, which is equal to no other null: only what is shown is unique. joined: of
    a shown row, that it joins several, which are its parts; of another, that it is such a part, and
    not replaced by what its owner wrote since. Those that are not shown stay at home.
    """

    shown = models.BooleanField(null=True, default=True, editable=False)
    joined = models.BooleanField(default=False, editable=False)

    objects = ShownManager()
    with_parts = models.Manager()

    class Meta:
        abstract = True


class Bookmark(JoinableRow):
    """A person's mark on a paper, with a reading status."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    status = models.CharField(max_length=7, choices=Status, default=Status.TO_READ)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "paper", "shown"], name="bookmark_once"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="bookmark_status"),
        ]

    def __str__(self) -> str:
        return f"{self.paper} ({self.get_status_display()})"


class Dismissal(JoinableRow):
    """A paper that a person does not want to see in lists."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "paper", "shown"], name="dismissal_once")
        ]

    def __str__(self) -> str:
        return str(self.paper)


class Note(JoinableRow):
    """A person's private Markdown text on a paper.

    version: counts the texts that were saved; who saves one says which they began from.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    text = models.TextField(validators=[MaxLengthValidator(NOTE_LENGTH)])
    html = models.TextField(help_text="the text as safe HTML")
    words = models.TextField(help_text="the text as the search folds it")
    version = models.PositiveIntegerField(default=1)
    added_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "paper", "shown"], name="note_once"),
            models.CheckConstraint(
                condition=Q(text__length__range=(1, NOTE_LENGTH)), name="note_length"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class Visibility(models.TextChoices):
    PRIVATE = "private", "only me"
    MEMBERS = "members", "members"
    LINK = "link", "everybody with the secret link"
    PUBLIC = "public", "everybody"


class ReadingList(models.Model):
    """A named, ordered list of papers with an owner."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    slug = models.CharField(
        max_length=10, unique=True, help_text="random, so that no address tells how many there are"
    )
    name = models.CharField(max_length=200)
    description = models.TextField(
        blank=True, validators=[MaxLengthValidator(COMMENT_LENGTH)], help_text="Markdown"
    )
    description_html = models.TextField(blank=True)
    visibility = models.CharField(max_length=7, choices=Visibility, default=Visibility.PRIVATE)
    secret = models.CharField(
        max_length=22, unique=True, help_text="128 random bits: what the secret link ends in"
    )
    added_at = models.DateTimeField()
    changed_at = models.DateTimeField(help_text="when its items or what it says of itself changed")

    class Meta:
        constraints = [
            # A search says in:"name", which has to mean one list.
            models.UniqueConstraint("owner", Lower("name"), name="reading_list_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="reading_list_has_name"),
            models.CheckConstraint(
                condition=Q(visibility__in=Visibility.values), name="reading_list_visibility"
            ),
            models.CheckConstraint(
                condition=Q(description__length__lte=COMMENT_LENGTH),
                name="reading_list_description_length",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("reading-list", args=[self.slug])


class Role(models.TextChoices):
    VIEWER = "viewer", "may read"
    EDITOR = "editor", "may read and change the papers"


class Membership(models.Model):
    """A person who was let into a list by its owner, and came."""

    reading_list = models.ForeignKey(
        ReadingList, models.CASCADE, related_name="memberships", db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    role = models.CharField(max_length=6, choices=Role, default=Role.VIEWER)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reading_list", "user"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Invitation(models.Model):
    """Whom a list's owner asks to come: whoever has this user name, or this address confirmed.

    It is kept as it was typed and not looked up, so that inviting tells nobody who has an account.
    """

    reading_list = models.ForeignKey(
        ReadingList, models.CASCADE, related_name="invitations", db_index=False
    )
    invitee = models.CharField("user name or e-mail address", max_length=254)
    role = models.CharField(max_length=6, choices=Role, default=Role.VIEWER)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("reading_list", Lower("invitee"), name="invitation_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role"),
        ]
        indexes = [models.Index(Lower("invitee"), name="invitation_invitee")]

    def __str__(self) -> str:
        return self.invitee


class SentMail(models.Model):
    """That somebody's invitation was mailed to an address, until whoever has it answers one.

    address: hashed, since it may be anybody's.
    """

    # It outlives the sender's account: another one of theirs must not write there again.
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    address = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.sender} at {self.sent_at}"

    @staticmethod
    def hashed(address: str) -> str:
        return salted_hmac("accounts.SentMail", address.lower(), algorithm="sha256").hexdigest()


class ListItem(JoinableRow):
    """A paper in a reading list.

    position: orders the items, with gaps to put others into. section: the heading under which it
    stands, with the items around it that have the same. shows_note: whether readers of the list are
    shown what its owner noted on the paper.
    """

    reading_list = models.ForeignKey(
        ReadingList, models.CASCADE, related_name="items", db_index=False
    )
    position = models.BigIntegerField()
    section = models.CharField(max_length=200, blank=True)
    comment = models.TextField(
        blank=True, validators=[MaxLengthValidator(COMMENT_LENGTH)], help_text="Markdown"
    )
    comment_html = models.TextField(blank=True)
    shows_note = models.BooleanField(default=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["reading_list", "paper", "shown"], name="list_item_once"
            ),
            models.UniqueConstraint(
                fields=["reading_list", "position", "shown"], name="list_item_place"
            ),
            models.CheckConstraint(
                condition=Q(comment__length__lte=COMMENT_LENGTH), name="list_item_comment_length"
            ),
        ]

    def __str__(self) -> str:
        return str(self.paper)


class Scope(models.TextChoices):
    """What a token lets a program do."""

    CATALOGUE_READ = "catalogue:read", "read the catalogue"
    LIBRARY_READ = "library:read", "read your library"
    LIBRARY_WRITE = "library:write", "change your library"
    DIGESTS_WRITE = "digests:write", "load digests, if you are a curator"


class ApiToken(models.Model):
    """What a program shows in place of a password. Of the token itself only a hash is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=100, help_text="what it is for, to know it again")
    sha256 = models.CharField(max_length=64, unique=True)
    beginning = models.CharField(max_length=12, help_text="its first signs, to tell it by")
    scopes = models.JSONField(help_text="what it may be used for")
    added_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    used_on = models.DateField(null=True, blank=True, help_text="the last day of its use")
    second_factor = models.BooleanField(
        default=False, help_text="whether the session in which it was made had shown one"
    )

    class Meta:
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.UniqueConstraint("user", Lower("name"), name="api_token_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="api_token_has_name"),
            models.CheckConstraint(condition=Q(sha256__length=64), name="api_token_sha256"),
        ]

    def __str__(self) -> str:
        return self.name


class Report(PaperRow):
    """What a reader says is wrong with a paper, addressed to the curators, who settle it."""

    class Kind(models.TextChoices):
        TITLE = "title", "the title"
        AUTHORS = "authors", "the authors"
        SUMMARY = "summary", "the summary"
        CATEGORIES = "categories", "the categories"
        LINKS = "links", "a link"
        DUPLICATE = "duplicate", "it is here twice"
        OTHER = "other", "something else"

    class Outcome(models.TextChoices):
        MENDED = "mended", "mended"
        DECLINED = "declined", "left as it is"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField("what is wrong", max_length=10, choices=Kind)
    comment = models.TextField(validators=[MaxLengthValidator(REPORT_LENGTH)])
    made_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    answer = models.TextField(blank=True, validators=[MaxLengthValidator(REPORT_LENGTH)])
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    seen_at = models.DateTimeField(
        null=True, blank=True, help_text="when the reader had seen what became of it"
    )

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [models.Index(fields=["outcome", "-made_at"], name="report_queue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        *["title", "authors", "summary", "categories", "links"],
                        *["duplicate", "other"],
                    ]
                ),
                name="report_kind",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", settled_at=None)
                | Q(outcome__in=["mended", "declined"], settled_at__isnull=False),
                name="report_settled",
            ),
            models.CheckConstraint(
                condition=Q(comment__length__lte=REPORT_LENGTH)
                & Q(answer__length__lte=REPORT_LENGTH),
                name="report_length",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.paper}"


class Disclosure(models.Model):
    """A time in which those who may can read people's private rows in the admin, and why.

    Nobody can at any other time. The rows stay for ever: they are the log.
    """

    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    why = models.TextField()
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(why=""), name="disclosure_says_why"),
            models.CheckConstraint(
                condition=Q(closes_at__gte=models.F("opened_at")), name="disclosure_ends"
            ),
        ]

    def __str__(self) -> str:
        return self.why
