"""What is remembered of the site's own state."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class FailingCheck(models.Model):
    """A check of the Status page that finds something wrong. Its row goes when it does not."""

    name = models.CharField(max_length=50, primary_key=True)
    since = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class MailFailure(models.Model):
    """Since when no mail could be sent, in one row; there is none as long as mails leave."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    since = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)
    error = models.TextField(help_text="of the last one")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="mail_failure_is_one")]

    def __str__(self) -> str:
        return self.error
