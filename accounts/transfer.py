"""What people take away from here and bring along: an account's library whole, and references.

An export is a ZIP: `library.json` (its form is `schema.json`, which is in it), a Markdown file for
each note, and a BibTeX file for the bookmarks and for each list. `restore` reads it back, here or
elsewhere. It only ever adds, so that to do it twice changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from jsonschema import ValidationError as SchemaError
from jsonschema import validate

from digest.exports import WRITERS, About, to_cite
from digest.identity import fold, paper_slug
from digest.models import Paper, PaperQuerySet, SearchText
from digest.search.text import document

from .archive import BadArchive, open_archive
from .library import Library, OpenList
from .library.bookmarks import Kept
from .library.lists import Item
from .models import Status, User, Visibility
from .references import Reference

FORMAT = "paper-digest-library/1"
SCHEMA = Path(__file__).with_name("schema.json")
_PROFILE = ("display_name", "time_zone", "theme", "papers_on_a_page")
_SOME = 500


# References


class Match(NamedTuple):
    """The papers of the catalogue that references mean, in their order, and the references that
    mean none."""

    papers: list[Paper]
    missing: list[Reference]


def match(references: Iterable[Reference]) -> Match:
    """Find what references name: by arXiv id, else by address, else by title."""
    references = list(references)
    slugs = {
        reference: paper_slug(
            reference.title,
            f"arXiv:{reference.arxiv_id}" if reference.arxiv_id else reference.url or "",
        )[0]
        for reference in references
    }
    by_slug = {paper.slug: paper for paper in _papers("slug", slugs.values())}
    by_title = _by_title(
        reference.title
        for reference in references
        if reference.title and not reference.arxiv_id and slugs[reference] not in by_slug
    )
    papers: dict[str, Paper] = {}
    missing = []
    for reference in references:
        paper = by_slug.get(slugs[reference])
        if paper is None and not reference.arxiv_id:
            paper = by_title.get(document(reference.title))
        if paper is None:
            missing.append(reference)
        else:
            papers.setdefault(paper.slug, paper)
    return Match([*papers.values()], missing)


def _by_title(titles: Iterable[str]) -> dict[str, Paper]:
    """The papers of these titles, by the title as the search folds it. A title that several papers
    have tells none of them."""
    found: dict[str, Paper | None] = {}
    for some in _batches({document(title) for title in titles} - {""}):
        rows = SearchText.objects.filter(title__in=some).select_related("paper")
        for row in rows:
            found[row.title] = None if row.title in found else row.paper
    return {title: paper for title, paper in found.items() if paper}


def _papers(column: str, values: Iterable[str]) -> Iterator[Paper]:
    for some in _batches(values):
        yield from Paper.objects.filter(**{f"{column}__in": some})


def _batches(values: Iterable[str]) -> Iterator[list[str]]:
    values = list(dict.fromkeys(values))
    for start in range(0, len(values), _SOME):
        yield values[start : start + _SOME]


# Out


def export(library: Library, user: User, file: IO[bytes]) -> None:
    """Write all that a person made into a ZIP."""
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        notes = [
            (_note_file(note.paper, number), note)
            for number, note in enumerate(library.notes.all().iterator(), start=1)
        ]
        for name, note in notes:
            archive.writestr(name, note.text)
        lists = [library.lists.open(found.slug) for found in library.lists.owned()]
        for number, opened in enumerate(lists, start=1):
            name = _file_name(opened.reading_list.name, number)
            archive.writestr(
                f"lists/{name}.bib", _bibtex(opened.papers(), opened.reading_list.name)
            )
        kept = Paper.objects.filter(pk__in=library.bookmarks.all().values("paper")).order_by("slug")
        archive.writestr("bookmarks.bib", _bibtex(kept, "Bookmarks"))
        said = {
            "format": FORMAT,
            "exported_at": _time(timezone.now()),
            "profile": {
                "user_name": user.username,
                **{name: getattr(user, name) for name in _PROFILE},
            },
            "read": {
                "until": user.read_until and user.read_until.isoformat(),
                "days": [day.isoformat() for day in library.digests.marked()],
            },
            "bookmarks": [
                {
                    "paper": _named(bookmark.paper),
                    "status": bookmark.status,
                    "added_at": _time(bookmark.added_at),
                }
                for bookmark in library.bookmarks.all()
            ],
            "dismissed": [
                {"paper": _named(one.paper), "added_at": _time(one.added_at)}
                for one in library.bookmarks.dismissed()
            ],
            "notes": [
                {
                    "paper": _named(note.paper),
                    "file": name,
                    "added_at": _time(note.added_at),
                    "changed_at": _time(note.changed_at),
                }
                for name, note in notes
            ],
            "lists": list(map(_list, lists)),
        }
        archive.writestr("library.json", json.dumps(said, ensure_ascii=False, indent=1))
        archive.writestr("schema.json", SCHEMA.read_text("utf-8"))


def _named(paper: Paper) -> dict[str, str | None]:
    return {"title": paper.title, "arxiv_id": paper.arxiv_id, "url": paper.url}


def _time(moment: datetime) -> str:
    return moment.isoformat()


def _list(opened: OpenList) -> dict[str, Any]:
    found = opened.reading_list
    return {
        "name": found.name,
        "description": found.description,
        "visibility": found.visibility,
        "added_at": _time(found.added_at),
        "members": [
            {"user_name": member.user.username, "role": member.role} for member in opened.members()
        ],
        "items": [
            {
                "paper": _named(item.paper),
                "section": item.section,
                "comment": item.comment,
                "shows_note": item.shows_note,
                "added_at": _time(item.added_at),
            }
            for item in opened.items().select_related("paper")
        ],
    }


def _note_file(paper: Paper, number: int) -> str:
    return f"notes/{_file_name(paper.arxiv_id or paper.title, number)}.md"


def _file_name(text: str, number: int) -> str:
    """A name that every system takes, unique by its number."""
    words = "-".join(re.findall(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*", text))[:60]
    return f"{number:04}-{words}" if words else f"{number:04}"


def _bibtex(papers: PaperQuerySet, title: str) -> str:
    base = settings.SITE_URL
    return "".join(WRITERS["bib"].stream(to_cite(papers), About(title, base, base, base)))


# In


@dataclass
class Restored:
    """What an import brought. missing: papers that are not in the catalogue here."""

    bookmarks: int = 0
    notes: int = 0
    lists: int = 0
    missing: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@transaction.atomic
def restore(library: Library, user: User, content: bytes) -> Restored:
    """Add what an export holds to a library. Raises BadArchive, and then nothing is changed.

    What is there already stays as it is: statuses, profile, the lists' own descriptions. Lists of a
    name that there is are joined; a note goes below the one that there is. Nothing is shown to
    anybody by it: a new list is private and shows no note, whatever it was where it comes from.
    """
    archive = open_archive(content)
    try:
        said = json.loads(archive.read("library.json"))
        validate(said, json.loads(SCHEMA.read_text("utf-8")))
        return _Restoring(library, user, said).all(archive)
    except KeyError as error:
        raise BadArchive(f"This is no export of a library: it has no {error.args[0]}.") from None
    except SchemaError as error:
        raise BadArchive(f"library.json: {error.json_path}: {error.message[:200]}.") from None
    except (ValueError, RecursionError) as error:
        raise BadArchive(f"library.json: {error}.") from None


class _Restoring:
    def __init__(self, library: Library, user: User, said: dict[str, Any]) -> None:
        self.library = library
        self.user = user
        self.said = said
        self.found = Restored()
        named = [row["paper"] for row in (*said["bookmarks"], *said["dismissed"], *said["notes"])]
        named += [item["paper"] for made in said["lists"] for item in made["items"]]
        self.papers = {paper.slug: paper for paper in _papers("slug", map(_slug, named))}
        missing = {paper["title"]: None for paper in named if _slug(paper) not in self.papers}
        self.found.missing = list(map(str, missing))

    def all(self, archive: Any) -> Restored:
        self._profile()
        self._bookmarks()
        for row in self.said["notes"]:
            if paper := self._paper(row):
                text = archive.read(row["file"]).decode("utf-8")
                self._note(paper, text, row)
        for row in self.said["lists"]:
            self._list(row)
        return self.found

    def _paper(self, row: dict[str, Any]) -> Paper | None:
        return self.papers.get(_slug(row["paper"]))

    def _profile(self) -> None:
        said, read = self.said["profile"], self.said["read"]
        self.library.digests.restore(read["until"] and _day(read["until"]), map(_day, read["days"]))
        if said["time_zone"] not in available_timezones():
            raise ValueError(f"{said['time_zone']} is no time zone")
        new = User()
        for name in _PROFILE:
            if getattr(self.user, name) == getattr(new, name):
                setattr(self.user, name, said[name])
        self.user.save(update_fields=_PROFILE)

    def _bookmarks(self) -> None:
        kept = [
            Kept(paper.pk, Status(row["status"]), _moment(row["added_at"]))
            for row in self.said["bookmarks"]
            if (paper := self._paper(row))
        ]
        dismissed = {
            paper.pk: _moment(row["added_at"])
            for row in self.said["dismissed"]
            if (paper := self._paper(row))
        }
        self.library.bookmarks.restore(kept, dismissed)
        self.found.bookmarks = len(kept)

    def _note(self, paper: Paper, text: str, row: dict[str, Any]) -> None:
        try:
            self.library.notes.restore(
                paper, text, _moment(row["added_at"]), _moment(row["changed_at"])
            )
            self.found.notes += 1
        except ValidationError as error:
            self.found.problems.append(f"{paper.title}: {' '.join(error.messages)}")

    def _list(self, row: dict[str, Any]) -> None:
        items = [
            Item(
                paper.pk,
                item["section"],
                item["comment"],
                False,
                _moment(item["added_at"]),
            )
            for item in row["items"]
            if (paper := self._paper(item))
        ]
        lists = self.library.lists
        there = lists.owned().filter(name__iexact=row["name"]).first()
        try:
            if there is None:
                there = lists.create(
                    row["name"], row["description"], Visibility.PRIVATE, _moment(row["added_at"])
                )
            lists.open(there.slug).restore(items)
            self.found.lists += 1
        except ValidationError as error:
            self.found.problems.append(f"{row['name']}: {' '.join(error.messages)}")


def _slug(paper: dict[str, str | None]) -> str:
    link = f"arXiv:{paper['arxiv_id']}" if paper["arxiv_id"] else paper["url"] or ""
    return paper_slug(fold(str(paper["title"])), link)[0]


def _moment(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{text} is no time with a zone")
    return moment


def _day(text: str) -> date:
    day = parse_date(text)
    if day is None:
        raise ValueError(f"{text} is no day")
    return day
