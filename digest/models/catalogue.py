"""The catalogue: what files state (Source, Entry), what is shown of it, and when that changed
(Catalogue, Tombstone).

Entries are kept as they were given and never edited. Papers, their authors, categories, links and
places in digests are computed from them and from curators' decisions by `projection.project`, and
written by `digest.catalogue`. Files can be loaded again. Decisions (`curation`) and the times of
changes are in no file: they must be backed up.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import quote
from uuid import UUID, uuid4

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import connection, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Length
from django.urls import get_script_prefix, reverse
from django.utils import timezone

from digest.batches import batches
from digest.formats import Format
from digest.text import links
from digest.text.identity import OTHER

models.CharField.register_lookup(Length)
models.TextField.register_lookup(Length)


DEFAULT: Final = 1
"""The key of the default stream, which is always there."""
STREAMS: Final = 1_000
"""Streams of a catalogue, at most."""
PLACES: Final = 1_000_000
"""Places that a stream has in a day: more than any digest has papers."""


class DigestKey(NamedTuple):
    """Names a digest: its day, and the key of its stream. Sorted, those of a day are in the order
    of their streams."""

    date: date
    stream: int = DEFAULT


@cache
def _around(page: str, prefix: str) -> tuple[str, str]:
    before, _, after = reverse(page, args=["slug"]).rpartition("slug")
    return before, after


def _address(page: str, slug: str) -> str:
    """What `reverse` gives for a page and a slug, which it has to work out only once for each page:
    a list has two hundred addresses."""
    before, after = _around(page, get_script_prefix())
    return before + quote(slug) + after


class StreamQuerySet(models.QuerySet["Stream"]):
    def with_digests(self) -> StreamQuerySet:
        """Those that have a digest, the default one first."""
        return self.filter(Exists(Digest.objects.filter(stream=OuterRef("pk"))))

    def several(self) -> list[Stream]:
        """Those that have a digest, if there is more than one: only then is one to be chosen."""
        found = list(self.with_digests())
        return found if len(found) > 1 else []


class Stream(models.Model):
    """A series of digests, such as the daily papers, or those of an arXiv category.

    The key is its number: digests of one day are in the order of these numbers.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, editable=False)
    name = models.CharField(max_length=100, unique=True)
    slug = models.CharField(
        max_length=50,
        unique=True,
        validators=[
            RegexValidator(r"\A[a-z0-9]+(?:-[a-z0-9]+)*\Z", "Use a-z, 0-9, and - between.")
        ],
        help_text="its name in addresses; it cannot be changed later",
    )
    description = models.CharField(max_length=200, blank=True)
    is_subscribed = models.BooleanField(
        "new to everybody",
        default=False,
        help_text="Its digests are new to people, unless they chose otherwise.",
    )

    objects = StreamQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(id__range=(1, STREAMS)), name="stream_number"),
            models.CheckConstraint(condition=~Q(name=""), name="stream_has_name"),
            models.CheckConstraint(condition=~Q(slug=""), name="stream_has_slug"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_default(self) -> bool:
        return self.pk == DEFAULT

    def get_absolute_url(self) -> str:
        """Where its newest digest is."""
        return reverse("home") if self.is_default else reverse("stream-home", args=[self.slug])

    @transaction.atomic(savepoint=False)
    def save(self, *args: Any, **options: Any) -> None:
        """Pages show streams, so the catalogue changes with them. A new one gets the lowest number
        that is free."""
        Catalogue.change()  # first of all: who adds one at the same time waits here
        if self.pk is None:
            self.pk = Stream.next_number()
        super().save(*args, **options)

    @transaction.atomic(savepoint=False)
    def delete(self, *args: Any, **options: Any) -> Any:
        Catalogue.change()
        return super().delete(*args, **options)

    @staticmethod
    def next_number() -> int:
        """The lowest number that no stream has."""
        taken = {*Stream.objects.values_list("pk", flat=True)}
        return next(number for number in range(1, len(taken) + 2) if number not in taken)

    @staticmethod
    def ensure_default(**_: object) -> None:
        """Make the default stream, if it is not there: in a new or emptied database."""
        if Stream._meta.db_table not in connection.introspection.table_names():
            return
        Stream.objects.bulk_create(
            [Stream(pk=DEFAULT, name="Daily papers", slug="daily", is_subscribed=True)],
            ignore_conflicts=True,
        )


class Verdict(models.TextChoices):
    """What became of a row of a file when it was loaded.

    Of a paper that a file speaks of twice, the first row is new and the others are unchanged.
    """

    NEW = "new", "added a new paper"
    CHANGED = "changed", "changed what the paper shows"
    UNCHANGED = "unchanged", "changed nothing"
    MERGED = "merged", "added to the paper that its own was merged into"
    KEPT = "kept", "disagrees with a correction, which was kept"
    REJECTED = "rejected", "could not be read"


class Source(models.Model):
    """A loaded file, and what became of its rows: each has one verdict, and the numbers add up."""

    name = models.TextField(help_text="the path or file name that it was loaded from")
    sha256 = models.CharField("SHA-256", max_length=64)
    date = models.DateField(
        null=True,
        help_text="the day that its path gives; the same bytes may stand for several days if they"
        " name none themselves",
    )
    stream = models.ForeignKey(
        Stream, models.PROTECT, default=DEFAULT, related_name="sources", db_index=False
    )
    is_supplement = models.BooleanField(
        default=False,
        help_text="it says more of papers that other sources have put into a digest, and puts none"
        " there itself",
    )
    format = models.CharField(max_length=12, choices=[(f.value, f.value) for f in Format])
    content = models.BinaryField(help_text="the original bytes")
    loaded_at = models.DateTimeField(auto_now_add=True)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    rows = models.PositiveIntegerField(help_text="rows of the file, read or rejected")
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    merged = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField("kept as curated", default=0)
    rejected = models.PositiveIntegerField(default=0)
    problems = models.JSONField(
        default=list, help_text="what could not be read: line, reason, action"
    )

    class Meta:
        ordering = ["-loaded_at", "-id"]
        indexes = [models.Index(fields=["-loaded_at", "-id"], name="source_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(format__in=[f.value for f in Format]), name="source_format"
            ),
            models.CheckConstraint(condition=Q(sha256__length=64), name="source_sha256"),
            models.CheckConstraint(
                condition=Q(
                    rows=F("new")
                    + F("changed")
                    + F("unchanged")
                    + F("merged")
                    + F("kept")
                    + F("rejected")
                ),
                name="source_rows_add_up",
            ),
            models.UniqueConstraint(fields=["sha256", "date", "stream"], name="source_once"),
            models.UniqueConstraint(
                fields=["sha256", "stream"], condition=Q(date=None), name="source_once_undated"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DigestQuerySet(models.QuerySet["Digest"]):
    def of(self, stream: int = DEFAULT) -> DigestQuerySet:
        """Those of the stream with this key."""
        return self.filter(stream=stream)

    def by_key(self, keys: Collection[DigestKey]) -> dict[DigestKey, Digest]:
        """Those with these keys that are there."""
        found: dict[DigestKey, Digest] = {}
        for some in batches({day for day, _ in keys}):
            found.update((digest.key, digest) for digest in self.filter(date__in=some))
        return {key: digest for key, digest in found.items() if key in keys}

    def out(self) -> DigestQuerySet:
        """Those that have come out: until tomorrow, for it is tomorrow already where some of them
        are made. One that is dated later is most likely a slip: it is there, and is not the newest.
        """
        return self.filter(date__lte=tomorrow())

    def ahead(self) -> DigestQuerySet:
        """Those that are dated later."""
        return self.filter(date__gt=tomorrow())


def tomorrow() -> date:
    """The last day that a digest may be dated today."""
    return timezone.now().date() + timedelta(days=1)


class Digest(models.Model):
    """One day's issue of a stream: a date and its papers, in order."""

    stream = models.ForeignKey(
        Stream, models.PROTECT, default=DEFAULT, related_name="digests", db_index=False
    )
    date = models.DateField()
    sources = models.ManyToManyField(Source, related_name="digests")
    papers: models.ManyToManyField[Paper, Placement] = models.ManyToManyField(
        "Paper", through="Placement", related_name="digests"
    )
    paper_count = models.PositiveIntegerField(default=0)

    objects = DigestQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "stream_id"]
        constraints = [models.UniqueConstraint(fields=["date", "stream"], name="digest_once")]

    def __str__(self) -> str:
        return self.date.isoformat()

    @property
    def key(self) -> DigestKey:
        return DigestKey(self.date, self.stream_id or DEFAULT)

    def get_absolute_url(self) -> str:
        """Where it is: an old address for the default stream's. Of another one, its stream is
        asked for."""
        if self.stream_id == DEFAULT:
            return reverse("digest", args=[self.date])
        return reverse("stream-digest", args=[self.stream.slug, self.date])


class PaperQuerySet(models.QuerySet["Paper"]):
    def visible(self) -> PaperQuerySet:
        """Those that the catalogue shows: what anything public begins with."""
        return self.filter(hidden=False)

    def referenced(self, but: type[models.Model] | None = None) -> PaperQuerySet:
        """Those that other rows refer to: people's own rows, entries, curators' decisions.

        The others may be deleted, as no row protects them. but: a model whose rows do not count.
        """
        references: Any = Q()
        for relation in self.model._meta.get_fields(include_hidden=True):
            if (
                isinstance(relation, models.ManyToOneRel)
                and relation.on_delete is models.PROTECT
                and relation.related_model is not but
            ):
                rows = relation.related_model._base_manager
                references |= Exists(rows.filter(**{relation.field.name: OuterRef("pk")}))
        return self.filter(references)

    def newest(self) -> PaperQuerySet:
        """By the first day on which a digest had them, newest first, each day in its order."""
        return self.order_by("-date", "position", "slug")

    def by(self, author: Author) -> PaperQuerySet:
        return self.filter(authorships__author=author)

    def under(self, category: Category) -> PaperQuerySet:
        """Those of the category; an area has those of its categories, too."""
        chosen = Classification.objects.filter(Q(category=category) | Q(category__area=category))
        if category.paper_count < 2000:
            return self.filter(pk__in=chosen.values("paper"))
        # To gather and sort a large category takes longer than to walk the newest papers.
        return self.filter(Exists(chosen.filter(paper=OuterRef("pk"))))

    def for_cards(self) -> PaperQuerySet:
        """With all that a list of cards shows, in three queries more, whatever the number."""
        return self.prefetch_related(
            models.Prefetch("authorships", Authorship.objects.select_related("author")),
            models.Prefetch("classifications", Classification.objects.select_related("category")),
            "links",
        )


class Paper(models.Model):
    """One work, and what is shown of it: a pure function of its entries."""

    slug = models.CharField(
        max_length=100,
        unique=True,
        help_text="the arXiv id, else a readable slug made from what identifies the paper",
    )
    arxiv_id = models.CharField("arXiv id", max_length=40, unique=True, null=True)
    url = models.CharField(
        max_length=links.MAX_LENGTH, blank=True, help_text="address of a paper that has no arXiv id"
    )
    title = models.TextField(help_text="on one line, as printed")
    title_html = models.TextField(help_text="the same, escaped, with mathematics as MathML")
    summary = models.TextField(blank=True)
    points = models.JSONField(default=list, help_text="the summary's points as safe HTML, in order")
    is_list = models.BooleanField(default=False, help_text="the summary is a list, not prose")
    abstract = models.TextField(blank=True, help_text="what the authors wrote of the paper")
    abstract_sentences = models.JSONField(
        default=list, help_text="the abstract's sentences as safe HTML, in order"
    )
    keywords: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    comment = models.TextField(blank=True, help_text="the authors' own, at arXiv")
    doi = models.CharField("DOI", max_length=200, blank=True, help_text="of the published paper")
    version = models.PositiveIntegerField(
        default=0, help_text="the newest of the preprint; 0 where none is known"
    )
    upvotes = models.PositiveIntegerField(
        default=0, help_text="at Hugging Face; 0 where none are known"
    )
    categories_suggested = models.BooleanField(
        default=False, help_text="its categories are those of papers that are alike"
    )
    authors_cut = models.BooleanField(
        default=False, help_text="the author list was cut (as far as known)"
    )
    date = models.DateField(help_text="day of the first digest that had it")
    position = models.PositiveIntegerField(
        help_text="its place in that digest, from 1; if that is of another stream than the default"
        " one, after all places of the streams before it"
    )
    changed_at = models.DateTimeField(
        default=timezone.now, help_text="when what it shows was last written"
    )
    hidden = models.BooleanField(
        default=False,
        help_text="the catalogue does not show it: a curator said so or merged it into another, or"
        " no source speaks of it any longer. It has no authors, categories, links and places then,"
        " and is there for those who kept it",
    )

    authors: models.ManyToManyField[Author, Authorship] = models.ManyToManyField(
        "Author", through="Authorship", related_name="papers"
    )
    categories: models.ManyToManyField[Category, Classification] = models.ManyToManyField(
        "Category", through="Classification", related_name="papers"
    )

    objects = PaperQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-date", "position", "slug"], name="paper_newest"),
            models.Index(fields=["changed_at", "id"], name="paper_changed"),
            models.Index(fields=["-upvotes", "-date", "position", "slug"], name="paper_upvotes"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(arxiv_id=None) | Q(arxiv_id=F("slug")), name="paper_slug_is_arxiv_id"
            ),
            models.CheckConstraint(
                condition=Q(url="") | Q(url__startswith="https://") | Q(url__startswith="http://"),
                name="paper_url_is_http",
            ),
            models.CheckConstraint(condition=~Q(title=""), name="paper_has_title"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return _address("paper", self.slug)

    @staticmethod
    def position_in(stream: int, place: int) -> int:
        """The `position` of a paper that is first at a place, from 1, of a stream's digest."""
        return (stream - 1) * PLACES + place

    @staticmethod
    def stream_at(position: int) -> int:
        """The stream that a `position` is of."""
        return (position - 1) // PLACES + 1

    @property
    def first_digest(self) -> DigestKey:
        """The first digest that had it."""
        return DigestKey(self.date, Paper.stream_at(self.position))

    @property
    def place(self) -> int:
        """Its place in that digest, from 1."""
        return (self.position - 1) % PLACES + 1

    @property
    def abstract_url(self) -> str:
        """Where the paper itself is: its arXiv abstract, else its own address, else ""."""
        return f"https://arxiv.org/abs/{self.arxiv_id}" if self.arxiv_id else self.url

    @property
    def links_by_kind(self) -> list[tuple[str, list[Link]]]:
        """Its links, each kind's in their order, the kinds in that of `links.KINDS`."""
        found = self.links.all()
        grouped = [(kind, [link for link in found if link.kind == kind]) for kind in links.KINDS]
        return [(kind, some) for kind, some in grouped if some]


class Author(models.Model):
    """A name as printed: often a Hugging Face handle, and never known to be one person."""

    name = models.TextField(unique=True)
    slug = models.CharField(max_length=100, unique=True)
    sort_key = models.CharField(max_length=200, default="")
    letter = models.CharField(max_length=1, default=OTHER, help_text="of the list by names")
    paper_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-paper_count", "name"]
        indexes = [
            models.Index(fields=["-paper_count", "name"], name="author_most_papers"),
            models.Index(fields=["letter", "sort_key", "name"], name="author_by_name"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(name__length__range=(1, 200)), name="author_name_length"
            ),
            models.CheckConstraint(condition=~Q(slug=""), name="author_has_slug"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return _address("author", self.slug)

    @property
    def is_handle(self) -> bool:
        """Whether the name is one word, as handles are."""
        return " " not in self.name


class Category(models.Model):
    """A task ("Text Generation") or the area that groups tasks; unknown ones have no area."""

    name = models.TextField(unique=True)
    slug = models.CharField(max_length=100, unique=True)
    area = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="categories"
    )
    is_area = models.BooleanField(default=False)
    paper_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "categories"
        constraints = [
            models.CheckConstraint(
                condition=Q(name__length__range=(1, 200)), name="category_name_length"
            ),
            models.CheckConstraint(condition=~Q(slug=""), name="category_has_slug"),
            models.CheckConstraint(
                condition=Q(is_area=False) | Q(area=None), name="category_area_has_no_area"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return _address("category", self.slug)


class _Ordered(models.Model):
    """A row that stands at a place, from 1, in the list of something."""

    position = models.PositiveIntegerField()

    class Meta:
        abstract = True
        ordering = ["position"]


def _one_place_each(name: str, owner: str, item: str) -> list[models.BaseConstraint]:
    """Within its owner's list an item stands once, and a place holds one item."""
    return [
        models.UniqueConstraint(fields=[owner, item], name=f"{name}_once"),
        models.UniqueConstraint(fields=[owner, "position"], name=f"{name}_place"),
        models.CheckConstraint(condition=Q(position__gte=1), name=f"{name}_from_one"),
    ]


class Authorship(_Ordered):
    """An author's place in a paper's list."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="authorships", db_index=False)
    author = models.ForeignKey(Author, models.CASCADE, related_name="authorships")

    class Meta(_Ordered.Meta):
        constraints = _one_place_each("authorship", "paper", "author")


class Classification(_Ordered):
    """A category's place among a paper's."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="classifications", db_index=False)
    category = models.ForeignKey(Category, models.CASCADE, related_name="classifications")

    class Meta(_Ordered.Meta):
        constraints = _one_place_each("classification", "paper", "category")


class Link(_Ordered):
    """An http(s) URL given for a paper."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="links", db_index=False)
    url = models.CharField("URL", max_length=links.MAX_LENGTH)
    kind = models.CharField(max_length=12, choices=[(kind, kind) for kind in links.KINDS])

    class Meta(_Ordered.Meta):
        indexes = [models.Index(fields=["kind", "paper"], name="link_kind")]
        constraints = [
            *_one_place_each("link", "paper", "url"),
            models.CheckConstraint(condition=Q(kind__in=links.KINDS), name="link_kind_known"),
            models.CheckConstraint(
                condition=Q(url__startswith="https://") | Q(url__startswith="http://"),
                name="link_is_http",
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def destination(self) -> links.Destination:
        """What to call it: kind, label and site."""
        return links.destination(self.url)


class Placement(_Ordered):
    """A paper's place in a digest, whichever sources it came from."""

    digest = models.ForeignKey(Digest, models.CASCADE, related_name="placements", db_index=False)
    paper = models.ForeignKey(Paper, models.CASCADE, related_name="placements")

    class Meta(_Ordered.Meta):
        constraints = _one_place_each("placement", "digest", "paper")


class SearchText(models.Model):
    """A paper's words and tags as `search` folds them: what its index is made of.

    The key grows with the papers' date, and falls with their place in the day: descending, it is
    the order of `PaperQuerySet.newest`.
    """

    VERSION = 3
    """Goes up when papers are to have other rows: `migrate` then makes all of them anew."""

    id = models.BigIntegerField(primary_key=True)
    paper = models.OneToOneField(Paper, models.CASCADE, related_name="search_text")
    title = models.TextField()
    authors = models.TextField()
    summary = models.TextField()
    tags = models.TextField()
    # The stems of the words, where the text itself has no such word.
    title_stems = models.TextField(default="")
    summary_stems = models.TextField(default="")

    def __str__(self) -> str:
        return self.title


class SearchWord(models.Model):
    """A word or a stem of `SearchText`, with the number of papers that have it, and of those that
    have it in a name of an author. The database counts them itself (`search.databases`); a word
    that no paper has any longer stays with none.
    """

    word = models.TextField(primary_key=True)
    papers = models.IntegerField()
    in_authors = models.IntegerField()

    def __str__(self) -> str:
        return self.word


class Tombstone(models.Model):
    """A paper that the catalogue shows no longer, for those who keep a copy of it."""

    slug = models.CharField(max_length=100, unique=True)
    gone_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["gone_at", "id"], name="tombstone_gone")]

    def __str__(self) -> str:
        return self.slug


class Catalogue(models.Model):
    """The state of all that is shown, in one row that changes in every transaction that changes it.

    What was made of a revision is good for as long as that is the current one.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    # Never the same twice. A number would come again with something else, once the database was
    # restored from yesterday's copy and loaded on.
    revision = models.UUIDField(default=uuid4)
    changed_at = models.DateTimeField(default=timezone.now)
    # The version of the rows of `SearchText`.
    index_version = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="catalogue_is_one")]

    def __str__(self) -> str:
        return str(self.revision)

    @staticmethod
    def current() -> Catalogue:
        """The catalogue as it is; one that nothing was ever written to is at revision 0."""
        # As SQL: every request asks it, and to put the query together takes longer than all else
        # that a page from the cache costs.
        found = Catalogue.objects.raw(f"SELECT * FROM {Catalogue._meta.db_table}")  # noqa: S608
        return next(iter(found), None) or Catalogue(revision=UUID(int=0))

    @staticmethod
    def moment() -> datetime:
        """The time to write beside what is changed now: after that of every change before, even
        where the clock was set back, so that whoever asks what changed since one misses none.

        To be asked within a transaction: until it ends, nobody else has one."""
        last = Catalogue.objects.select_for_update().first()
        now = timezone.now()
        return max(now, last.changed_at + timedelta(microseconds=1)) if last else now

    @staticmethod
    @transaction.atomic(savepoint=False)
    def change() -> None:
        """Say that the catalogue changes, within the transaction that changes it, if there is
        one."""
        Catalogue.objects.bulk_create(
            [Catalogue(changed_at=Catalogue.moment(), index_version=SearchText.VERSION)],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["revision", "changed_at"],
        )


class Entry(_Ordered):
    """One row of a source: what it states about one paper on one day, as it was given."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="entries", db_index=False)
    digest = models.ForeignKey(Digest, models.PROTECT, related_name="entries")
    paper = models.ForeignKey(Paper, models.PROTECT, related_name="entries")
    format = models.CharField(max_length=12, choices=[(f.value, f.value) for f in Format])
    line = models.PositiveIntegerField(help_text="the line of the file at which the row starts")
    record: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        help_text="the row in the keys of the JSON dialect; an absent column has no key"
    )
    verdict = models.CharField(max_length=9, choices=Verdict, default=Verdict.NEW)

    class Meta(_Ordered.Meta):
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["source", "position"], name="entry_place"),
            models.CheckConstraint(condition=Q(position__gte=1), name="entry_from_one"),
            models.CheckConstraint(
                condition=Q(format__in=[f.value for f in Format]), name="entry_format"
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values) & ~Q(verdict=Verdict.REJECTED),
                name="entry_verdict",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} line {self.line}"
