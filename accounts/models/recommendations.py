"""What a person states of papers that they want, and what is learned from what they keep."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from digest.models import Paper

from .lists import ReadingList
from .rows import JoinableRow


class Rating(JoinableRow):
    """A person's answer to the question whether a paper is of interest to them."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    is_relevant = models.BooleanField()
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "paper", "shown"], name="rating_once")
        ]

    def __str__(self) -> str:
        return f"{self.paper}: {'yes' if self.is_relevant else 'no'}"


class Preference(models.Model):
    """A word, an author or a category that a person wants more or less of.

    name: the word as it was printed in a paper, or the name of the author or category: papers that
    come later have it too, whatever the keys of the rows are.
    """

    class Kind(models.TextChoices):
        WORD = "word", "word"
        AUTHOR = "author", "author"
        CATEGORY = "category", "category"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=200)
    wants_more = models.BooleanField(help_text="more of it; else less")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "name"], name="preference_once"),
            models.CheckConstraint(condition=~Q(name=""), name="preference_has_name"),
            models.CheckConstraint(
                condition=Q(kind__in=["word", "author", "category"]), name="preference_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{'more' if self.wants_more else 'less'} of the {self.kind} {self.name}"


class InterestModel(models.Model):
    """A linear model of what is of interest to a person, made of their own rows alone.

    weights: of each feature, by its name (`accounts.recommender.features`); threshold: what those
    of a paper that is likely to matter add up to. words: how the most important words are printed,
    by feature. kept: the papers that it was learned from.

    The other numbers are of a back-test: of so many papers that the person kept last (tested), how
    many were in the top tenth of their day, by a model that was learned from what was kept before
    them (by_model), and by the order of the digest itself (by_order); and how many would be by
    chance, on average.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    weights: models.JSONField[dict[str, float], dict[str, float]] = models.JSONField(default=dict)
    words: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    threshold = models.FloatField(default=0)
    kept = models.PositiveIntegerField()
    tested = models.PositiveIntegerField(default=0)
    by_model = models.PositiveIntegerField(default=0)
    by_order = models.PositiveIntegerField(default=0)
    by_chance = models.FloatField(default=0)
    trained_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(by_model__lte=models.F("tested"), by_order__lte=models.F("tested")),
                name="interest_model_shares",
            ),
        ]

    def __str__(self) -> str:
        return f"of {self.user}, from {self.kept} papers"

    @property
    def is_useful(self) -> bool:
        """Whether it may order papers: it was better than the order of the digests, or there was
        too little to test it with."""
        return not self.tested or self.by_model > self.by_order


class WeeklyCount(models.Model):
    """That several people bookmarked a paper within a week: those of the installation, or of a
    reading list, who agreed to be counted.

    Counted once a day. people: the number, rounded down to one of `LEVELS` of
    `accounts.library.weekly_counts`; where there are fewer than the lowest, there is no row.
    """

    # Protected, as every row of people: papers without such rows are deleted without looking here.
    paper = models.ForeignKey(Paper, models.PROTECT, related_name="+")
    reading_list = models.ForeignKey(ReadingList, models.CASCADE, null=True, related_name="+")
    people = models.PositiveSmallIntegerField()
    counted_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "reading_list"],
                condition=Q(reading_list__isnull=False),
                name="weekly_count_once_of_list",
            ),
            models.UniqueConstraint(
                fields=["paper"], condition=Q(reading_list=None), name="weekly_count_once"
            ),
            models.CheckConstraint(condition=Q(people__gte=3), name="weekly_count_anonymous"),
        ]

    def __str__(self) -> str:
        return f"{self.paper}: {self.people} or more"
