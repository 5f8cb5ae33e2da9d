"""From a file to the catalogue: `load` keeps what it says and projects the papers it speaks of."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

from django.db import connection, models, transaction
from django.utils import timezone

from . import identity, links, taxonomy
from .formats import MAX_BYTES, Format, Problem, Reading, Row, parse_date, read
from .models import (
    Author,
    Authorship,
    Category,
    Classification,
    Digest,
    Entry,
    Link,
    Paper,
    Placement,
    Source,
    Tombstone,
)
from .projection import Said, Shown, given_links, line, project, said_of
from .search import index

SUFFIXES = (".md", ".markdown", ".json")
"""What a digest's file may end in, when a folder is searched."""

_FIELDS = ("url", "title", "title_html", "summary", "points", "is_list", "authors_cut")

_DATE_IN_PATH = re.compile(r"(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)(?:\.\w+)?$")


@dataclass(slots=True)
class LoadReport:
    """What loading one file did.

    `status`: "loaded"; "known", when the same bytes had been loaded before and nothing was written;
    "unreadable", when there was no digest in it and nothing was written.
    """

    name: str
    status: Literal["loaded", "known", "unreadable"] = "loaded"
    format: Format | None = None
    digests: int = 0
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    links: int = 0
    problems: list[Problem] = field(default_factory=list)


def date_from_path(path: str) -> date | None:
    """The date that ends a path: `2025/02/06.json`, `2025-02-06.md`; None if there is none."""
    match = _DATE_IN_PATH.search(path.replace("\\", "/"))
    return parse_date("-".join(match.groups())) if match else None


def load(content: bytes, name: str, by: int | None = None) -> LoadReport:
    """Load one file, whole or not at all, in one transaction.

    content: the file's bytes, in any format of `formats`. name: its path, which gives the date
    where the content has none. by: the key of the user
    who loads it, if one does.

    Bytes that were loaded before change nothing, unless they name no date and come from the path
    of another day. Rows that cannot be read are among the report's problems, and the rest loads.
    Safe beside other loads: they wait for one another.
    """
    hashed = sha256(content).hexdigest()
    # Paths are bytes, and not always UTF-8.
    name = name.encode("utf-8", "backslashreplace").decode()
    path_date = date_from_path(name)
    with transaction.atomic():
        _take_turns()
        known = list(Source.objects.filter(sha256=hashed).values_list("format", "date"))
        if known and path_date in {None, *(day for _, day in known)}:
            return LoadReport(name, "known", Format(known[0][0]))
        reading = read(content, path_date)
        if known and reading.days == read(content).days:
            return LoadReport(name, "known", reading.format)
        report = LoadReport(name, format=reading.format, problems=list(reading.problems))
        dates = {day.date for day in reading.days}
        if reading.format is None or not dates:
            report.status = "unreadable"
            return report
        rows = list(_rows(reading, report))
        source = Source.objects.create(
            name=name,
            sha256=hashed,
            date=path_date if path_date in dates else None,
            format=reading.format,
            content=content,
            loaded_by_id=by,
            rows=len(rows),
            problems=[asdict(problem) for problem in report.problems],
        )
        _write(source, dates, rows, report)
    return report


def _take_turns() -> None:
    """Make other loads wait until this transaction ends.

    On SQLite a transaction is IMMEDIATE and has the only write lock already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {Source._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


def find_files(path: Path) -> list[Path]:
    """The file itself, or what a folder and its folders hold of Markdown and JSON, by name.

    Hidden files and folders are passed over. Raises OSError where there is no such path.
    """
    if not path.is_dir():
        path.stat()
        return [path]
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(folder, name)
            for name in names
            if not name.startswith(".") and name.lower().endswith(SUFFIXES)
        ]
    return sorted(found)


def load_files(
    files: Iterable[Path], *, dry_run: bool = False, strict: bool = False
) -> list[LoadReport]:
    """Load files one after the other, each in its own transaction; `-` is standard input.

    dry_run: report what would happen, and write nothing. strict: write nothing of any file if one
    has a problem. A file that cannot be opened is "unreadable".
    """
    together = transaction.atomic() if dry_run or strict else nullcontext()
    with together:
        reports = [_load_file(file) for file in files]
        if dry_run or (strict and any(report.problems for report in reports)):
            transaction.set_rollback(True)
    return reports


def _load_file(file: Path) -> LoadReport:
    # A byte more than is read tells the reader that there is too much, without holding it all.
    try:
        if str(file) == "-":
            return load(sys.stdin.buffer.read(MAX_BYTES + 1), "-")
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        problem = Problem(1, f"cannot be opened: {error.strerror}", "file not read")
        name = str(file).encode("utf-8", "backslashreplace").decode()
        return LoadReport(name, "unreadable", problems=[problem])
    return load(content, str(file))


class _Row(NamedTuple):
    """A row, its day, its place in the file from 1, and the paper that it speaks of."""

    day: date
    row: Row
    position: int
    slug: str
    arxiv_id: str | None


def _rows(reading: Reading, report: LoadReport) -> Iterator[_Row]:
    """The rows to load. Completes the report's counts and problems."""
    for day in reading.days:
        report.digests += 1
        for row in day.rows:
            record = row.record
            if not line(record.title):
                report.problems.append(Problem(row.line, "the row has no title", "row left out"))
                continue
            for text in (record.link, *given_links(record)):
                if not links.says_nothing(text) and not links.clean_url(text):
                    shown = line(text if len(text) <= 60 else text[:59] + "…")
                    problem = Problem(row.line, f"no http or https link: {shown}", "kept as text")
                    report.problems.append(problem)
            report.rows += 1
            slug, arxiv_id = identity.paper_slug(line(record.title), record.link)
            yield _Row(day.date, row, report.rows, slug, arxiv_id)
    report.problems.sort(key=lambda problem: problem.line)


def _write(source: Source, dates: set[date], rows: list[_Row], report: LoadReport) -> None:
    """Write what a new source says. Completes the report's counts."""
    said: dict[str, list[Said]] = defaultdict(list)
    for day, row, position, slug, _ in rows:
        said[slug].append(Said(day, row.format, source.sha256, position, row.record))
    digests: dict[date, Digest] = Digest.objects.in_bulk(dates, field_name="date")
    orders = _orders(digests, dates, said)

    papers: dict[str, Paper] = Paper.objects.in_bulk(said, field_name="slug")
    known = {paper.pk: slug for slug, paper in papers.items()}
    for some in _batches(known):
        for pk, entry in said_of(Entry.objects.filter(paper__in=some)):
            said[known[pk]].append(entry)
    shown = {slug: project(entries) for slug, entries in said.items()}

    new = []
    for slug, arxiv_id in {row.slug: row.arxiv_id for row in rows}.items():
        if slug not in papers:
            day = min(entry.date for entry in said[slug])
            place = orders[day].index(slug) + 1
            new.append(Paper(slug=slug, arxiv_id=arxiv_id, date=day, position=place))
            _set_fields(new[-1], shown[slug])
    changed = {paper.pk for paper in papers.values() if _set_fields(paper, shown[paper.slug])}
    Paper.objects.bulk_update(
        [paper for paper in papers.values() if paper.pk in changed], _FIELDS, batch_size=100
    )
    papers |= {paper.slug: paper for paper in Paper.objects.bulk_create(new)}

    placed, moved = _place(digests, orders, papers)
    source.digests.through.objects.bulk_create(
        source.digests.through(source=source, digest=digest) for digest in placed.values()
    )
    Entry.objects.bulk_create(
        Entry(
            source=source,
            digest=placed[day],
            paper=papers[slug],
            format=row.format,
            position=position,
            line=row.line,
            record=row.record.as_dict(),
        )
        for day, row, position, slug, _ in rows
    )
    related = _relate({papers[slug].pk: one for slug, one in shown.items()}, known)
    changed |= related.changed
    Paper.objects.filter(pk__in=changed | set(moved)).update(changed_at=timezone.now())
    Tombstone.objects.filter(slug__in=[paper.slug for paper in new]).delete()
    index.write(
        {*known, *moved},
        new=[
            index.row(
                paper,
                [(related.authors[name], name) for name in shown[paper.slug].authors],
                [related.categories[name] for name in _with_areas(shown[paper.slug].categories)],
                [links.destination(url).kind for url in shown[paper.slug].links],
                [entry.date for entry in said[paper.slug]],
            )
            for paper in new
        ],
    )

    report.links = related.links
    report.new = len(new)
    report.changed = len(changed & known.keys())
    report.unchanged = len(known) - report.changed


def _set_fields(paper: Paper, shown: Shown) -> bool:
    """Give the paper's row what it shows; whether that was a change."""
    changed = False
    for name in _FIELDS:
        value = getattr(shown, name)
        changed |= getattr(paper, name) != value
        setattr(paper, name, value)
    return changed


def _orders(
    digests: dict[date, Digest], dates: set[date], said: dict[str, list[Said]]
) -> dict[date, list[str]]:
    """The slugs of each date's papers in order: this file's among those of other sources.

    digests: those of the dates that were there before. said: what this file says of each paper.
    """
    ranked: dict[date, list[tuple[tuple[int, int, str, int], str]]] = {day: [] for day in dates}
    for slug, entries in said.items():
        for entry in entries:
            ranked[entry.date].append((entry.precedence, slug))
    if digests:
        slugs = dict(Paper.objects.filter(digests__in=digests.values()).values_list("pk", "slug"))
        for pk, entry in said_of(Entry.objects.filter(digest__in=digests.values())):
            ranked[entry.date].append((entry.precedence, slugs[pk]))
    return {
        day: list(dict.fromkeys(slug for _, slug in sorted(entries)))
        for day, entries in ranked.items()
    }


def _place(
    digests: dict[date, Digest], orders: dict[date, list[str]], papers: dict[str, Paper]
) -> tuple[dict[date, Digest], Collection[int]]:
    """Write each digest's papers in order, and each paper's first day and place.

    digests: those that were there before. papers: those that this file speaks of. Returns all the
    digests, and the keys of the papers that have another first day or place now.
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
    moved: dict[int, Paper] = {}
    for day, order in orders.items():
        before = current[day]
        if order == list(before):
            continue
        if before:
            digests[day].placements.all().delete()
        for position, slug in enumerate(order, start=1):
            paper = papers.get(slug) or before[slug]
            new.append(Placement(digest=digests[day], paper=paper, position=position))
            if day <= paper.date and (day, position) != (paper.date, paper.position):
                paper.date, paper.position = day, position
                moved[paper.pk] = paper
        if digests[day].paper_count != len(order):
            digests[day].paper_count = len(order)
            digests[day].save(update_fields=["paper_count"])
    Placement.objects.bulk_create(new)
    Paper.objects.bulk_update(moved.values(), ["date", "position"], batch_size=100)
    return digests, moved


class _Related(NamedTuple):
    """The keys of the papers whose authors, categories or links changed; the keys of the authors
    and categories concerned, by name; how many links are new."""

    changed: set[int]
    authors: dict[str, int]
    categories: dict[str, int]
    links: int


def _relate(shown: dict[int, Shown], known: Collection[int]) -> _Related:
    """Write the authors, categories and links of papers.

    shown: what each paper shows, by its key. known: which of them were there before.
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
        for some in _batches(known):
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
        for some in _batches(pk for pk, have in self.current.items() if have):
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
    for some in _batches(names):
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


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The values by five hundred: below what one statement may name in any database."""
    values = list(values)
    for start in range(0, len(values), 500):
        yield values[start : start + 500]
