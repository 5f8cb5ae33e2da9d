"""Reading lists, what is in them, and who may read them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.crypto import salted_hmac

from .rows import JoinableRow

COMMENT_LENGTH = 4_000
"""Characters of a list's description and of a comment in it, at most."""


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
            # In a search, in:"name" has to mean one list.
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
    """A member of a list, other than its owner."""

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

    It is stored as it was typed and not looked up, so that an invitation does not show who has an
    account.
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
