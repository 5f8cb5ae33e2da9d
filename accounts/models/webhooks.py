"""Webhooks: addresses of other services that are told of new papers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .lists import ReadingList


class HookShape(models.TextChoices):
    """What the body of a call looks like."""

    JSON = "json", "JSON, signed"
    SLACK = "slack", "Slack"
    MATTERMOST = "mattermost", "Mattermost"
    DISCORD = "discord", "Discord"


class Webhook(models.Model):
    """An address that is called with what is new to a person, or with what is added to a list.

    url, secret: encrypted, since whoever knows them can write there. since: what came before is not
    sent. ended_at: when it was switched off because calls failed.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    reading_list = models.ForeignKey(ReadingList, models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=100)
    shape = models.CharField(max_length=10, choices=HookShape, default=HookShape.JSON)
    url = models.TextField()
    secret = models.TextField()
    is_on = models.BooleanField(default=True)
    since = models.DateTimeField()
    since_paper = models.BigIntegerField(help_text="the key of the last paper that had come then")
    ended_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="webhook_has_name"),
            models.CheckConstraint(condition=Q(shape__in=HookShape.values), name="webhook_shape"),
        ]

    def __str__(self) -> str:
        return self.name


class WebhookCall(models.Model):
    """A call of a webhook, which is tried until it is answered well, or given up.

    next_at: when it is tried next; None once it has ended. status, answer: of the last try, what
    went wrong in words if there was no answer.
    """

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="calls")
    is_test = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [
            models.Index(
                fields=["next_at"], name="webhook_call_due", condition=Q(next_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.webhook} at {self.made_at}"

    @property
    def is_done(self) -> bool:
        """Whether the other side took it."""
        return self.status is not None and 200 <= self.status < 300


class WebhookPaper(models.Model):
    """A paper that was in a call: it is in no other one of the webhook."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="+", db_index=False)
    call = models.ForeignKey(WebhookCall, models.CASCADE, related_name="papers")
    paper = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "paper"], name="webhook_paper_once")
        ]

    def __str__(self) -> str:
        return str(self.paper)
