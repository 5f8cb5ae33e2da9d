"""The mails about new papers that people asked for, and which papers were in them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Frequency(models.TextChoices):
    OFF = "off", "never"
    DAILY = "daily", "every day"
    WEEKLY = "weekly", "every week"


class MailSettings(models.Model):
    """When a person wants mails about new papers. Without a row they get none."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    frequency = models.CharField(max_length=6, choices=Frequency, default=Frequency.OFF)
    hour = models.PositiveSmallIntegerField(
        default=8, help_text="of the day in the person's time zone"
    )
    weekday = models.PositiveSmallIntegerField(
        default=0, choices=list(enumerate(WEEKDAYS)), help_text="of weekly mails, from 0 for Monday"
    )
    left_out: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, help_text="names of the sections that the person does not want"
    )
    since = models.DateTimeField(help_text="when they were switched on")
    last_due = models.DateTimeField(
        help_text="when the last one was due, be it that there was nothing to send"
    )
    bounced_at = models.DateTimeField(
        null=True, help_text="when a mail came back, which ended them"
    )

    class Meta:
        verbose_name_plural = "mail settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(frequency__in=Frequency.values), name="mail_settings_frequency"
            ),
            models.CheckConstraint(condition=Q(hour__lte=23), name="mail_settings_hour"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="mail_settings_weekday"),
        ]

    def __str__(self) -> str:
        return self.get_frequency_display()


class Mail(models.Model):
    """A mail to a person, which has one for each time at which one is due, at most.

    claimed_at: when a process began to send it: another one takes it over after a while, if it is
    not sent by then.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "due_at"], name="mail_once")]
        indexes = [
            models.Index(fields=["claimed_at"], name="mail_unsent", condition=Q(sent_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.due_at}"


class MailedPaper(models.Model):
    """A paper that was in a mail: it is in no other mail to the same person."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    mail = models.ForeignKey(Mail, models.CASCADE, related_name="papers")
    # Its key alone: a paper need not stay in the catalogue because it was mailed.
    paper = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "paper"], name="mailed_paper_once")]

    def __str__(self) -> str:
        return str(self.paper)
