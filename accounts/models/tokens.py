"""API tokens, and their scopes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class Scope(models.TextChoices):
    """What a token lets a program do."""

    CATALOGUE_READ = "catalogue:read", "read the catalogue"
    LIBRARY_READ = "library:read", "read your library"
    LIBRARY_WRITE = "library:write", "change your library"
    DIGESTS_WRITE = "digests:write", "load digests, if you are a curator"


class ApiToken(models.Model):
    """What a program shows in place of a password. Of the token itself only a hash is stored."""

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
