"""What papers show, written to the tables that pages read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db import connection, models

from digest import identity, links, taxonomy
from digest.models import (
    Alias,
    Author,
    Authorship,
    Catalogue,
    Category,
    Classification,
    Correction,
    Digest,
    Entry,
    Link,
    Paper,
    Placement,
    Source,
    Tombstone,
)
from digest.projection import Said, Shown, project, said_of
from digest.search import index

_FIELDS = (
    *("url", "title", "title_html", "summary", "points", "is_list", "authors_cut", "hidden"),
)


def take_turns() -> None:
    """Make others who change the catalogue wait until this transaction ends.

    On SQLite a transaction is IMMEDIATE and has the only write lock already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {Source._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


class Written(NamedTuple):
    """What writing did.

    papers: those that are spoken of, by slug. digests: those of the days, by date. new: slugs of
    the papers of which nothing was said before. changed: slugs of those that were there before and
    show something else now. corrections: what curators say of them, by slug and field. names: for
    each printed name that stands for another, that one. links: how many more there are.
    """

    papers: dict[str, Paper]
    digests: dict[date, Digest]
    new: set[str]
    changed: set[str]
    corrections: dict[str, dict[str, Correction]]
    names: dict[str, str]
    links: int


def write(
    said: dict[str, list[Said]], days: Collection[date], arxiv_ids: Mapping[str, str | None] = {}
) -> Written:
    """Write what papers show: what is said anew, what was said before, and what curators say.

    said: by paper's slug, what is said anew and has no entries yet; perhaps nothing.
    days: whose digests may have other papers, or the same in another order; those of what is said
    anew are among them. arxiv_ids: of papers that may not be there yet, by slug.

    Within the transaction that changed the entries or corrections, or will add the entries, after
    `take_turns`. A paper of which nothing is said any longer is hidden, and gone if nothing holds
    it.
    """
    papers: dict[str, Paper] = Paper.objects.in_bulk(said, field_name="slug")
    known = {paper.pk: slug for slug, paper in papers.items()}
    entries = {slug: [*some] for slug, some in said.items()}
    corrections: dict[str, dict[str, Correction]] = defaultdict(dict)
    spoken = set()
    for some in batches(known):
        for pk, entry in said_of(Entry.objects.filter(paper__in=some)):
            entries[known[pk]].append(entry)
            spoken.add(known[pk])
        for correction in Correction.objects.standing().filter(paper__in=some):
            corrections[known[correction.paper_id]][correction.field] = correction
    names = Alias.shown()
    shown = {
        slug: project(some, {field: c.value for field, c in corrections[slug].items()}, names)
        for slug, some in entries.items()
        if some
    }
    hidden = {slug for slug in said if slug not in shown or shown[slug].hidden}
    parts = {slug: _NOTHING if slug in hidden else _Parts.of(shown[slug]) for slug in said}
    digests: dict[date, Digest] = Digest.objects.in_bulk(days, field_name="date")
    orders = _orders(digests, days, said, hidden)

    new = []
    for slug in said:
        if slug not in papers and slug in shown:
            day = min(entry.date for entry in said[slug])
            place = orders[day].index(slug) + 1
            new.append(Paper(slug=slug, arxiv_id=arxiv_ids[slug], date=day, position=place))
            _set_fields(new[-1], shown[slug])
    was_hidden = {slug for slug, paper in papers.items() if paper.hidden}
    changed = {p.pk for p in papers.values() if _set_fields(p, shown.get(p.slug))}
    Paper.objects.bulk_update(
        [paper for slug, paper in papers.items() if paper.pk in changed and slug in shown],
        _FIELDS,
        batch_size=100,
    )
    # Of those of which nothing is said any longer, which may be a whole archive, only this changes.
    for some in batches(papers[slug].pk for slug in papers.keys() - shown.keys()):
        Paper.objects.filter(pk__in=some).update(hidden=True)
    papers |= {paper.slug: paper for paper in Paper.objects.bulk_create(new)}

    placed, moved = _place(digests, orders, papers, known)
    related = _relate({papers[slug].pk: parts[slug] for slug in said if slug in papers}, known)
    changed |= related.changed
    now = Catalogue.moment()
    Paper.objects.filter(pk__in=changed | moved).update(changed_at=now)
    Tombstone.objects.bulk_create(
        [Tombstone(slug=slug, gone_at=now) for slug in (hidden & papers.keys()) - was_hidden],
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=["gone_at"],
    )
    Tombstone.objects.filter(slug__in=[slug for slug in said if slug not in hidden]).delete()
    index.write(
        {*known, *moved},
        new=[
            index.row(
                paper,
                [(related.authors[name], name) for name in parts[paper.slug].authors],
                [related.categories[name] for name in _with_areas(parts[paper.slug].categories)],
                [links.destination(url).kind for url in parts[paper.slug].links],
                [entry.date for entry in entries[paper.slug]],
            )
            for paper in new
        ],
    )
    if shown.keys() != said.keys():
        _forget()
    return Written(
        papers=papers,
        digests=placed,
        new={slug for slug in shown if slug not in spoken},
        changed={known[pk] for pk in changed & known.keys()},
        corrections=corrections,
        names=names,
        links=related.links,
    )


def _forget() -> None:
    """Delete the papers that nothing speaks of or needs."""
    hidden = Paper.objects.filter(hidden=True)
    held = set(hidden.held().values_list("pk", flat=True))
    hidden.exclude(pk__in=held).delete()


class _Parts(NamedTuple):
    """What hangs on a paper, in order: names, and URLs."""

    authors: tuple[str, ...]
    categories: tuple[str, ...]
    links: tuple[str, ...]

    @classmethod
    def of(cls, shown: Shown) -> _Parts:
        return cls(shown.authors, shown.categories, shown.links)


_NOTHING = _Parts((), (), ())


def _set_fields(paper: Paper, shown: Shown | None) -> bool:
    """Give the paper's row what it shows; whether that was a change. One of which nothing is said
    is hidden, and stays as it was otherwise."""
    values = {name: getattr(shown, name) for name in _FIELDS} if shown else {"hidden": True}
    changed = False
    for name, value in values.items():
        changed |= getattr(paper, name) != value
        setattr(paper, name, value)
    return changed


def _orders(
    digests: dict[date, Digest],
    days: Collection[date],
    said: dict[str, list[Said]],
    hidden: Collection[str],
) -> dict[date, list[str]]:
    """The slugs of each day's papers in order: what is said anew among what was said before.

    digests: those of the days that were there before. said: what is said anew of each paper.
    hidden: those of the papers in `said` that have no place.
    """
    ranked: dict[date, list[tuple[tuple[int, int, str, int], str]]] = {day: [] for day in days}
    for slug, entries in said.items():
        for entry in entries:
            ranked[entry.date].append((entry.precedence, slug))
    hidden = {*hidden}
    if digests:
        before = Paper.objects.filter(entries__digest__in=digests.values()).distinct()
        slugs = {}
        for pk, slug, is_hidden in before.values_list("pk", "slug", "hidden"):
            slugs[pk] = slug
            if is_hidden and slug not in said:
                hidden.add(slug)
        for pk, entry in said_of(Entry.objects.filter(digest__in=digests.values())):
            ranked[entry.date].append((entry.precedence, slugs[pk]))
    return {
        day: list(dict.fromkeys(slug for _, slug in sorted(entries) if slug not in hidden))
        for day, entries in ranked.items()
    }


def _place(
    digests: dict[date, Digest],
    orders: dict[date, list[str]],
    papers: dict[str, Paper],
    known: Collection[int],
) -> tuple[dict[date, Digest], set[int]]:
    """Write each digest's papers in order, and each paper's first day and place.

    digests: those that were there before. papers: those that are spoken of. known: the keys of
    those of them that were there before. Returns all the digests, and the keys of the papers that
    have another first day or place now.
    """
    current: dict[date, dict[str, Paper]] = {day: {} for day in orders}
    if digests:
        placements = Placement.objects.filter(digest__in=digests.values())
        for place in placements.select_related("digest", "paper").order_by("digest", "position"):
            current[place.digest.date][place.paper.slug] = place.paper
    digests = digests | {
        digest.date: digest
        for digest in Digest.objects.bulk_create(
            Digest(date=day, paper_count=len(orders[day]))
            for day in sorted(orders)
            if day not in digests
        )
    }
    new: list[Placement] = []
    concerned = {paper.pk: paper for paper in papers.values() if paper.pk in known}
    for day, order in orders.items():
        before = current[day]
        if order == list(before):
            continue
        if before:
            digests[day].placements.all().delete()
        for position, slug in enumerate(order, start=1):
            paper = papers.get(slug) or before[slug]
            new.append(Placement(digest=digests[day], paper=paper, position=position))
            if slug in before:
                concerned[paper.pk] = paper
        if digests[day].paper_count != len(order):
            digests[day].paper_count = len(order)
            digests[day].save(update_fields=["paper_count"])
    Placement.objects.bulk_create(new)
    return digests, _date(concerned)


def _date(papers: dict[int, Paper]) -> set[int]:
    """Write the first day and place of papers, given by key; the keys of those that moved. What
    has no place stays where it was last."""
    first: dict[int, tuple[date, int]] = {}
    for some in batches(papers):
        places = Placement.objects.filter(paper__in=some).order_by("digest__date")
        for pk, day, position in places.values_list("paper", "digest__date", "position"):
            first.setdefault(pk, (day, position))
    moved = []
    for pk, place in first.items():
        if place != (papers[pk].date, papers[pk].position):
            papers[pk].date, papers[pk].position = place
            moved.append(papers[pk])
    Paper.objects.bulk_update(moved, ["date", "position"], batch_size=100)
    return {paper.pk for paper in moved}


class _Related(NamedTuple):
    """The keys of the papers whose authors, categories or links changed; the keys of the authors
    and categories concerned, by name; how many links are new."""

    changed: set[int]
    authors: dict[str, int]
    categories: dict[str, int]
    links: int


def _relate(shown: dict[int, _Parts], known: Collection[int]) -> _Related:
    """Write the authors, categories and links of papers.

    shown: what hangs on each paper, by its key. known: which of them were there before.
    """
    authors = _Change(
        Authorship, "author__name", {pk: one.authors for pk, one in shown.items()}, known
    )
    categories = _Change(
        Classification, "category__name", {pk: one.categories for pk, one in shown.items()}, known
    )
    urls = _Change(Link, "url", {pk: one.links for pk, one in shown.items()}, known)

    author_of = _authors(authors.counts())
    category_of = _categories(categories.counts(_with_areas))
    authors.write(lambda name: {"author_id": author_of[name]})
    categories.write(lambda name: {"category_id": category_of[name]})
    urls.write(lambda url: {"url": url, "kind": links.destination(url).kind})
    if known:
        Author.objects.filter(paper_count=0).delete()
        Category.objects.filter(paper_count=0, is_area=False).delete()
        Category.objects.filter(paper_count=0).delete()
    changed = {*authors.wanted, *categories.wanted, *urls.wanted}
    new_links = sum(count for count in urls.counts().values() if count > 0)
    return _Related(changed, author_of, category_of, new_links)


class _Change:
    """What is to change among the ordered rows of a model that hang on papers.

    `wanted` and `current` hold the values in order, by paper's key, of the papers that differ.
    """

    def __init__(
        self,
        model: type[models.Model],
        item: str,
        wanted: dict[int, tuple[str, ...]],
        known: Collection[int],
    ) -> None:
        """item: the value that stands at a place. known: papers that may have rows already."""
        self.rows = model._default_manager
        current: dict[int, list[str]] = {pk: [] for pk in wanted}
        for some in batches(known):
            found = self.rows.filter(paper__in=some).order_by("paper", "position")
            for pk, value in found.values_list("paper_id", item):
                current[pk].append(value)
        self.wanted = {pk: want for pk, want in wanted.items() if [*want] != current[pk]}
        self.current = {pk: current[pk] for pk in self.wanted}

    def counts(self, grouped: Callable[[Iterable[str]], Iterable[str]] = tuple) -> Counter[str]:
        """For every value concerned, by how much the number of its papers changes.

        grouped: all that a paper counts for, given its values.
        """
        counts: Counter[str] = Counter()
        for pk, want in self.wanted.items():
            counts.update({*grouped(want)})
            counts.subtract({*grouped(self.current[pk])})
        return counts

    def write(self, fields: Callable[[str], dict[str, Any]]) -> None:
        """Replace the rows of the papers that differ. fields: what a row says of its value."""
        for some in batches(pk for pk, have in self.current.items() if have):
            self.rows.filter(paper__in=some).delete()
        self.rows.bulk_create(
            self.rows.model(paper_id=pk, position=position, **fields(value))
            for pk, want in self.wanted.items()
            for position, value in enumerate(want, start=1)
        )


def _with_areas(names: Iterable[str]) -> Iterator[str]:
    """The categories and their areas: an area has the papers of its categories, too."""
    for name in names:
        yield name
        if area := taxonomy.AREA_OF.get(name):
            yield area


def _authors(counts: Counter[str]) -> dict[str, int]:
    """Add to the authors' numbers of papers, making new authors; their keys by name."""
    before = _before(Author, counts)
    return _upsert(
        Author,
        [
            Author(
                name=name, slug=identity.author_slug(name), paper_count=before[name].papers + count
            )
            for name, count in sorted(counts.items())
        ],
    )


def _categories(counts: Counter[str]) -> dict[str, int]:
    """The same for categories, given with their areas."""
    before = _before(Category, counts)

    def category(name: str) -> Category:
        return Category(
            name=name,
            slug=identity.category_slug(name),
            is_area=name in taxonomy.AREAS,
            area_id=before[taxonomy.AREA_OF.get(name) or ""].pk,
            paper_count=before[name].papers + counts[name],
        )

    # New areas first, so that their keys are there for the categories that they group.
    for area in Category.objects.bulk_create(
        category(name) for name in taxonomy.AREAS if name in counts and not before[name].pk
    ):
        before[area.name] = _Before(area.pk, 0)
    return _upsert(Category, [category(name) for name in sorted(counts)])


class _Before(NamedTuple):
    """The key and the number of papers that a row had before, if it was there."""

    pk: int | None = None
    papers: int = 0


def _before(model: type[Author | Category], names: Iterable[str]) -> dict[str, _Before]:
    found: dict[str, _Before] = defaultdict(_Before)
    for some in batches(names):
        rows = model._default_manager.filter(name__in=some)
        for name, pk, count in rows.values_list("name", "pk", "paper_count"):
            found[name] = _Before(pk, count)
    return found


def _upsert(model: type[Author | Category], rows: Iterable[Any]) -> dict[str, int]:
    """Write rows, new or with new numbers of papers; their keys by name."""
    written = model._default_manager.bulk_create(
        rows, update_conflicts=True, update_fields=["paper_count"], unique_fields=["name"]
    )
    return {row.name: row.pk for row in written}


def batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The values by five hundred: below what one statement may name in any database."""
    values = list(values)
    for start in range(0, len(values), 500):
        yield values[start : start + 500]
