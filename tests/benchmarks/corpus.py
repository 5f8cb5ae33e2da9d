"""A catalogue of any size, made of real digests: `build` recombines what they say, fast.

The same seed makes the same papers. A paper takes its subject from a real one: categories, kinds of
links, part of its points; the rest of its points come from others of that subject, and its title
from the halves of two. Names of methods and people are made of pieces of real ones, and numbers
are drawn anew, so that rare words stay rare however many papers there are. Every table that
a page reads is filled, and the text index is made once, at the end.
"""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

from digest import models
from digest.catalogue.fields import CUT_AT
from digest.catalogue.load import find_files, load_files
from digest.search import index
from digest.search.databases import current_database
from digest.search.rows import row as row_of
from digest.text import identity, links, markup

SEED = 20250206
NEWEST = date(2025, 6, 30)
A_DAY = (30, 70)
"""The fewest and the most papers of a day."""

_NAME = re.compile(r"(?=.*[A-Z])[A-Za-z][A-Za-z0-9.-]{2,23}")
_NUMBER = re.compile(r"(?<![\w.])\d{1,2}\.\d+")
_JOINT = re.compile(r" (via|with|for|in|of|through|by|from|to|using|as|on) ")
_CJK = ("大规模", "语言模型", "推理", "画像生成", "のための", "強化学習", "数据集")


class Point(NamedTuple):
    """A point of a summary as text and as HTML. plain: both say the same, and words may change."""

    text: str
    html: str
    plain: bool


class Seed(NamedTuple):
    """A real paper. name: of its method, or ""."""

    name: str
    title: str
    points: list[Point]
    categories: list[int]
    links: list[str]


class Material:
    """What the digests of a folder say, in pieces."""

    def __init__(self, folder: Path) -> None:
        # Loaded as any digest is, into the empty database, and taken out of it again.
        with transaction.atomic():
            load_files(find_files(folder).files)
            self._read()
            transaction.set_rollback(True)

    def _read(self) -> None:
        self.categories = list(models.Category.objects.order_by("-is_area", "pk"))
        self.areas = {category.pk: category.area_id for category in self.categories}
        self.seeds: list[Seed] = []
        self.by_subject: dict[int, list[Seed]] = defaultdict(list)
        self.endings: dict[str, list[str]] = defaultdict(list)
        self.people = list(
            models.Authorship.objects.order_by("pk").values_list("author__name", flat=True)
        )
        printed = [name.split() for name in self.people]
        self.given = [words[0] for words in printed if len(words) > 1]
        self.family = [words[-1] for words in printed if len(words) > 1]
        self.handles = [words[0] for words in printed if len(words) == 1]
        papers = models.Paper.objects.order_by("pk").prefetch_related("categories", "links")
        authors = Counter(models.Authorship.objects.values_list("paper", flat=True))
        self.authors = [authors[paper.pk] for paper in papers]
        for paper in papers:
            points = [
                Point(line[2:], html[0], html[0] == escape(line[2:]))
                for line in paper.summary.splitlines()
                if line.startswith("- ") and len(html := markup.summary_points(line)) == 1
            ]
            if len(points) < 4:
                continue
            head, colon, rest = paper.title.partition(": ")
            name = head if colon and _NAME.fullmatch(head) else ""
            title = rest if name else paper.title
            categories = sorted(category.pk for category in paper.categories.all())
            seed = Seed(name, title, points, categories, [link.url for link in paper.links.all()])
            self.seeds.append(seed)
            self.by_subject[categories[0] if categories else 0].append(seed)
            for joint in _JOINT.finditer(title):
                self.endings[joint[1]].append(title[joint.start() :])
        self.names = [seed.name for seed in self.seeds if seed.name]


class Made(NamedTuple):
    """A recombined paper. points: as text and as HTML."""

    title: str
    points: list[tuple[str, str]]
    authors: list[str]
    categories: list[int]
    links: list[str]


class Maker:
    """Makes papers of the material, the same ones for the same seed."""

    def __init__(self, material: Material, seed: int) -> None:
        self.material = material
        self.random = random.Random(seed)
        self.pick = self.random.choice
        self.chance = self.random.random
        self.seen: list[str] = []

    def paper(self) -> Made:
        seed = self.pick(self.material.seeds)
        name = self._halves(self.material.names) if seed.name else ""
        categories = seed.categories
        others = self.material.by_subject[categories[0] if categories else 0]
        return Made(
            self._title(seed, name),
            [
                self._point(seed if self.chance() < 0.5 else self.pick(others), place, name)
                for place in range(self.pick((3, 4, 4, 5, 5)))
            ],
            self._authors(),
            categories,
            [self._link(url) for url in seed.links],
        )

    def _title(self, seed: Seed, name: str) -> str:
        title = seed.title
        if self.chance() < 0.002:
            title = "".join(self.pick(_CJK) for _ in range(4))
        elif joints := list(_JOINT.finditer(title)):
            joint = self.pick(joints)
            title = title[: joint.start()] + self.pick(self.material.endings[joint[1]])
        return f"{name}: {title}" if name else title

    def _point(self, seed: Seed, place: int, name: str) -> tuple[str, str]:
        text, html, plain = seed.points[place % len(seed.points)]
        if not plain:
            return text, html
        if seed.name:
            text = text.replace(seed.name, name or "the method")
        text = _NUMBER.sub(lambda _: f"{self.chance() * 100:.1f}", text)
        return text, escape(text)

    def _authors(self) -> list[str]:
        number = self.pick(self.material.authors)
        found = list(dict.fromkeys(self._author() for _ in range(number)))
        self.seen += found
        return found

    def _author(self) -> str:
        material, dice = self.material, self.chance()
        if dice < 0.35 and self.seen:
            return self.pick(self.seen)  # who has written much writes more
        if dice < 0.45:
            return self.pick(material.people)
        if dice < 0.8 and material.given:
            return f"{self.pick(material.given)} {self.pick(material.family)}"
        return self._halves(material.handles or material.people)

    def _halves(self, words: list[str]) -> str:
        """The first half of one word and the second of another."""
        first, second = self.pick(words), self.pick(words)
        return first[: len(first) // 2 + 1] + second[len(second) // 2 :]

    def _link(self, url: str) -> str:
        path = url.split("/")
        return f"{url}-{int(self.chance() * 1e6)}" if len(path) > 4 and path[-1] else url


Values = tuple[Any, ...]


def build(material: Material, papers: int, seed: int = SEED) -> None:
    """Fill the empty, migrated database with so many papers, up to `NEWEST`."""
    if models.Source.objects.exists():
        raise SystemExit(f"{connection.settings_dict['NAME']} is not empty: nothing was added.")
    maker = Maker(material, seed)
    writer = _Writer(material)
    with _in_bulk():
        for day, size in _days(papers, maker.random):
            writer.day(day, [maker.paper() for _ in range(size)])
        writer.finish()
        index.create()
        models.Catalogue.change()


def _days(papers: int, dice: random.Random) -> Iterator[tuple[date, int]]:
    """The days from the oldest on, and the number of papers of each."""
    sizes = []
    while papers > 0:
        sizes.append(min(papers, dice.randint(*A_DAY)))
        papers -= sizes[-1]
    for before, size in zip(reversed(range(len(sizes))), sizes, strict=True):
        yield NEWEST - timedelta(days=before), size


class _Writer:
    """Writes day after day; authors and categories, which count their papers, at the end."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.rows: dict[type[Model], list[Values]] = defaultdict(list)
        self.days = self.papers = self.month = self.in_month = 0
        self.authors: dict[str, int] = {}
        self.written: Counter[int] = Counter()
        self.tagged: Counter[int] = Counter()

    def day(self, day: date, papers: list[Made]) -> None:
        iso = day.isoformat()
        self.days += 1
        if day.month != self.month:
            self.month, self.in_month = day.month, 0
        hashed = sha256(iso.encode()).hexdigest()
        source = (f"{iso}.json", hashed, None, 1, False, "json", b"", f"{iso} 12:00:00", None)
        counts = (len(papers), len(papers), 0, 0, 0, 0, 0)  # rows, all of them new
        self.rows[models.Source].append((self.days, *source, *counts, "[]"))
        self.rows[models.Digest].append((self.days, 1, iso, len(papers)))
        self.rows[models.Digest.sources.through].append((self.days, self.days))
        for position, made in enumerate(papers, 1):
            self.papers += 1
            self.in_month += 1
            self._paper(made, day, position)
        if self.days % 100 == 0:
            self._flush()

    def _paper(self, made: Made, day: date, position: int) -> None:
        pk, rows = self.papers, self.rows
        slug = f"{day:%y%m}.{self.in_month:05}"
        paper = models.Paper(
            id=pk,
            slug=slug,
            arxiv_id=slug,
            url=f"https://arxiv.org/abs/{slug}",
            title=made.title,
            title_html=markup.title_html(made.title),
            summary="\n".join(f"- {text}" for text, _ in made.points),
            points=[html for _, html in made.points],
            is_list=True,
            authors_cut=len(made.authors) == CUT_AT,
            date=day,
            position=position,
        )
        rows[models.Paper].append(_values(paper))
        rows[models.Placement].append((position, self.days, pk))

        authors = [
            (self.authors.setdefault(name, len(self.authors) + 1), name) for name in made.authors
        ]
        self.written.update(author for author, _ in authors)
        rows[models.Authorship] += [(n, pk, author) for n, (author, _) in enumerate(authors, 1)]

        areas = {self.material.areas[category] for category in made.categories}
        tagged = {key for key in (*made.categories, *areas) if key}
        self.tagged.update(tagged)
        rows[models.Classification] += [(n, pk, key) for n, key in enumerate(made.categories, 1)]

        kinds = {url: links.destination(url).kind for url in made.links}
        rows[models.Link] += [(n, pk, *link) for n, link in enumerate(kinds.items(), 1)]

        record = {
            "title": made.title,
            "link": paper.url,
            "authors": ", ".join(made.authors),
            "summary": paper.summary,
            "github_urls": list(kinds),
        }
        entry = (position, self.days, self.days, pk, "json", position + 1, json.dumps(record))
        rows[models.Entry].append((*entry, "new"))
        text = row_of(paper, authors, tagged, kinds, [models.DigestKey(day)])
        rows[models.SearchText].append(_values(text))

    def finish(self) -> None:
        self._flush()
        for name, pk in self.authors.items():
            author = models.Author(
                id=pk,
                name=name,
                slug=identity.author_slug(name),
                sort_key=identity.sort_key(name),
                letter=identity.letter(name),
                paper_count=self.written[pk],
            )
            self.rows[models.Author].append(_values(author))
            if pk % 10_000 == 0:
                self._flush()
        for category in self.material.categories:
            row = (*_values(category)[:-1], self.tagged[category.pk])
            self.rows[models.Category].append(row)
        self._flush()

    def _flush(self) -> None:
        for model, rows in self.rows.items():
            if rows:
                _insert(model, rows)
        self.rows.clear()


def _values(row: Model) -> Values:
    return tuple(
        field.get_db_prep_save(getattr(row, field.attname), connection)
        for field in row._meta.concrete_fields
    )


def _insert(model: type[Model], rows: list[Values]) -> None:
    """Insert rows with all columns, or with all but the key."""
    every = [field.column for field in model._meta.concrete_fields]
    columns = every[-len(rows[0]) :]
    if len(every) - len(columns) > 1:
        raise ValueError(f"{model.__name__} has other columns by now: {', '.join(every)}")
    into = f"{model._meta.db_table} ({', '.join(columns)})"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {into} VALUES ({places})", rows)
        else:
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


@contextmanager
def _in_bulk() -> Iterator[None]:
    """One transaction without what makes writing slow: foreign keys, journal, text index."""

    def execute(*statements: str) -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    sqlite = connection.vendor == "sqlite"
    if sqlite:
        names = {"journal_mode": "OFF", "synchronous": "OFF", "foreign_keys": "OFF"}
        execute(*(f"PRAGMA {name} = {value}" for name, value in names.items()))
        execute("PRAGMA cache_size = -400000")
    else:
        execute("SET session_replication_role = replica")
    with transaction.atomic():
        execute(*current_database().drop)
        yield
    if not sqlite:
        tables = [model for model in apps.get_models() if model._meta.app_label == "digest"]
        execute(*connection.ops.sequence_reset_sql(no_style(), tables), "VACUUM ANALYZE")
    connection.close()
