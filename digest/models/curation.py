"""What curators decided (Correction, Merge, Alias, a Proposal that was refused), and what waits for
them to decide. No file has any of it: it must be backed up.

A decision is never edited: it is active until it is ended or another takes its place, and its row
stays. So the rows are the history of the catalogue's curation, and what they decide about a paper
is one more input of `projection.project`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from digest.batches import batches
from digest.catalogue.fields import correctable
from digest.text import links

from .catalogue import DEFAULT, Paper, Source, Stream


def _curator() -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )


class DecisionQuerySet(models.QuerySet[Any]):
    def active(self) -> DecisionQuerySet:
        """Those that are not ended."""
        return self.filter(ended_at=None)


class Decision(models.Model):
    """What a curator decided: who, when, why; and when it ended, if it did."""

    made_by = _curator()
    made_at = models.DateTimeField(default=timezone.now)
    why = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = _curator()

    objects = DecisionQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-made_at", "-id"]

    @property
    def is_active(self) -> bool:
        return self.ended_at is None


_FIELDS = [(name, field.label) for name, field in correctable().items()]


class Correction(Decision):
    """A curator's value for one field of one paper.

    field: its name. value: as its class in `catalogue.fields` has it: a text, true or false, a list
    of names; for links `{"add": [URL...], "remove": [URL...]}`.
    """

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="corrections", db_index=False)
    field = models.CharField(max_length=11, choices=_FIELDS)
    value: models.JSONField[Any, Any] = models.JSONField()
    was: models.JSONField[Any, Any] = models.JSONField(
        null=True, help_text="what the sources said of it at the time, and thus was corrected"
    )

    class Meta(Decision.Meta):
        indexes = [models.Index(fields=["paper", "field", "made_at"], name="correction_history")]
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "field"], condition=Q(ended_at=None), name="correction_once"
            ),
            models.CheckConstraint(
                condition=Q(field__in=[name for name, _ in _FIELDS]), name="correction_field"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_field_display()} of {self.paper}"


class Merge(Decision):
    """A paper that is the same as another: what is stated of it counts for the other."""

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="merges")
    into = models.ForeignKey(Paper, models.PROTECT, related_name="merged")

    class Meta(Decision.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["paper"], condition=Q(ended_at=None), name="merge_once"
            ),
            models.CheckConstraint(condition=~Q(paper=F("into")), name="merge_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.paper} into {self.into}"

    @staticmethod
    def ends(slugs: Iterable[str]) -> dict[str, str]:
        """For each of these papers that was merged into another, that one's slug; and where that
        was merged itself, the last one's."""
        slugs = {*slugs}
        to: dict[str, str] = {}
        unresolved = list(slugs)
        while unresolved:
            found: dict[str, str] = {}
            for some in batches(unresolved):
                merges = Merge.objects.active().filter(paper__slug__in=some)
                found.update(merges.values_list("paper__slug", "into__slug"))
            to |= found
            unresolved = [slug for slug in found.values() if slug not in to]
        return {slug: _last(slug, to) for slug in slugs & to.keys()}


class Alias(Decision):
    """A printed name that stands for another: wherever a file prints it, the other is shown."""

    name = models.TextField(help_text="as printed")
    slug = models.CharField(max_length=100, help_text="the address that it had as an author")
    of = models.TextField("shown as", help_text="the name that is shown in its place")

    class Meta(Decision.Meta):
        verbose_name_plural = "aliases"
        indexes = [models.Index(fields=["slug"], name="alias_slug")]
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(ended_at=None), name="alias_once"),
            models.CheckConstraint(condition=~Q(name=F("of")), name="alias_of_another"),
            models.CheckConstraint(
                condition=Q(name__length__range=(1, 200)) & Q(of__length__range=(1, 200)),
                name="alias_length",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} is {self.of}"

    @staticmethod
    def shown(more: Mapping[str, str] = MappingProxyType({}), without: str = "") -> dict[str, str]:
        """For each name that stands for another, the one that is shown in the end, in one query.

        more: names that are to stand for others as well. without: one that is to stand for itself.
        """
        to = {**dict(Alias.objects.active().values_list("name", "of")), **more}
        to.pop(without, None)
        return {name: _last(name, to) for name in to}


def _last(start: str, to: dict[str, str]) -> str:
    while start in to:
        start = to[start]
    return start


class Difference(models.Model):
    """A source that says something else than a correction: it waits for a curator to settle it."""

    class Settled(models.TextChoices):
        KEPT = "kept", "the correction was kept"
        TAKEN = "taken", "the value of the source was used"
        EDITED = "edited", "another value was given"

    correction = models.ForeignKey(Correction, models.CASCADE, related_name="differences")
    source = models.ForeignKey(Source, models.CASCADE, related_name="differences")
    theirs: models.JSONField[Any, Any] = models.JSONField(help_text="what the source says")
    filed_at = models.DateTimeField(default=timezone.now)
    settled = models.CharField(max_length=6, choices=Settled, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = _curator()

    class Meta:
        ordering = ["-filed_at", "-id"]
        indexes = [models.Index(fields=["settled", "-filed_at"], name="difference_queue")]
        constraints = [
            models.UniqueConstraint(fields=["correction", "source"], name="difference_once"),
            models.CheckConstraint(
                condition=Q(settled="", settled_at=None)
                | Q(settled__in=["kept", "taken", "edited"], settled_at__isnull=False),
                name="difference_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.correction} in {self.source}"


class Proposal(models.Model):
    """Two papers, or two authors, that look like one: found by `duplicates`, for a curator to say.

    Papers are named by their slugs and authors by their names: both outlive their rows.
    """

    class Kind(models.TextChoices):
        PAPER = "paper", "papers"
        AUTHOR = "author", "authors"

    kind = models.CharField(max_length=6, choices=Kind)
    first = models.TextField(help_text="of the two, the one that comes first in order")
    second = models.TextField()
    reason = models.TextField()
    found_at = models.DateTimeField(default=timezone.now)
    refused_at = models.DateTimeField(
        null=True, blank=True, help_text="when a curator said that they are two"
    )
    refused_by = _curator()

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "first", "second"], name="proposal_once"),
            models.CheckConstraint(condition=~Q(first=F("second")), name="proposal_of_two"),
            models.CheckConstraint(condition=Q(kind__in=["paper", "author"]), name="proposal_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"


class LinkHealth(models.Model):
    """What asking for a link's URL gave, whichever papers it stands on."""

    url = models.CharField("URL", max_length=links.MAX_LENGTH, unique=True)
    checked_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, help_text="of HTTP; none if none came")
    reason = models.TextField(blank=True, help_text="why there was no answer, or what it means")
    failures = models.PositiveSmallIntegerField(default=0, help_text="in a row")
    dead = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "link health"
        indexes = [
            models.Index(fields=["checked_at"], name="link_health_oldest"),
            models.Index(fields=["dead"], name="link_health_dead"),
        ]

    def __str__(self) -> str:
        return self.url


class Upload(models.Model):
    """A file that a curator uploaded, until it is loaded or thrown away."""

    batch = models.UUIDField(help_text="what was uploaded together")
    name = models.TextField()
    stream = models.ForeignKey(
        Stream, models.CASCADE, default=DEFAULT, related_name="uploads", db_index=False
    )
    content = models.BinaryField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    report: models.JSONField[Any, Any] = models.JSONField(
        null=True, help_text="what loading it did; none before"
    )

    class Meta:
        ordering = ["uploaded_at", "id"]
        indexes = [models.Index(fields=["batch"], name="upload_batch")]

    def __str__(self) -> str:
        return self.name
