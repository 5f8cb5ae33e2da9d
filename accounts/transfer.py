"""The export and import of an account's library, and the papers that references name.

An export is a ZIP: `library.json` (its form is `schema.json`, which is in it), a Markdown file for
each note, and a BibTeX file for the bookmarks and for each list. `restore` reads it back, here or
elsewhere. It only ever adds, so that to do it twice changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, date, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple, cast
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import available_timezones

from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import CharField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from jsonschema import ValidationError as SchemaError
from jsonschema import validate

from digest.batches import batches
from digest.exports import WRITERS, About, to_cite
from digest.models import Paper, PaperQuerySet, SearchText
from digest.search.text import document
from digest.text.identity import fold, paper_slug

from .archive import Archive, BadArchive, open_archive
from .library import Library, OpenList
from .library.bookmarks import SavedBookmark
from .library.lists.imports import ImportedItem, ImportedList
from .library.notes import ImportedNote
from .models import NOTE_LENGTH, Report, Status, User
from .names import display_name
from .references import Reference

FORMAT = "paper-digest-library/1"
SCHEMA = Path(__file__).with_name("schema.json")
_PROFILE = ("display_name", "time_zone", "theme", "papers_on_a_page")

MAX_LIBRARY = 20_000_000
"""Bytes of library.json. How many bookmarks, notes and lists it may hold is in the schema."""


def may_import(request: HttpRequest, user: User) -> bool:
    """Whether the person may import now. The page and the API share one rate limit."""
    counted = ratelimit.consume(request, app="allauth.account", action="import", user=user)
    return counted is not None


# References


class Match(NamedTuple):
    """The papers of the catalogue that references mean, in their order, and the references that
    mean none."""

    papers: list[Paper]
    missing: list[Reference]


def match(library: Library, references: Iterable[Reference]) -> Match:
    """Find what references name: by arXiv id, else by address, else by title."""
    references = list(references)
    slugs = {
        reference: paper_slug(
            reference.title,
            f"arXiv:{reference.arxiv_id}" if reference.arxiv_id else reference.url or "",
        )[0]
        for reference in references
    }
    by_slug = _papers(library, slugs.values())
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
    for some in batches({document(title) for title in titles} - {""}):
        rows = SearchText.objects.filter(title__in=some).select_related("paper")
        for row in rows:
            found[row.title] = None if row.title in found else row.paper
    return {title: paper for title, paper in found.items() if paper}


def _papers(library: Library, slugs: Iterable[str]) -> dict[str, Paper]:
    found: dict[str, Paper] = {}
    for some in batches(dict.fromkeys(slugs)):
        found |= library.papers(some)
    return found


# Export


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
        bookmarked = Paper.objects.filter(pk__in=library.bookmarks.all().values("paper")).order_by(
            "slug"
        )
        archive.writestr("bookmarks.bib", _bibtex(bookmarked, "Bookmarks"))
        content = {
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
            "reports": list(map(_report, library.reports.all())),
        }
        archive.writestr("library.json", json.dumps(content, ensure_ascii=False, indent=1))
        archive.writestr("schema.json", SCHEMA.read_text("utf-8"))


def _named(paper: Paper) -> dict[str, str | None]:
    return {
        "id": paper.slug,
        "title": paper.title,
        "arxiv_id": paper.arxiv_id,
        "url": paper.url,
    }


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


def _report(report: Report) -> dict[str, Any]:
    return {
        "paper": _named(report.paper),
        "kind": report.kind,
        "comment": report.comment,
        "made_at": _time(report.made_at),
        "outcome": report.outcome,
        "answer": report.answer,
        "settled_at": report.settled_at and _time(report.settled_at),
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


# Import


@dataclass
class Restored:
    """What an import restored. missing: titles of papers that are not in the catalogue."""

    bookmarks: int = 0
    notes: int = 0
    lists: int = 0
    missing: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def restore(library: Library, user: User, content: bytes, *, dry_run: bool = False) -> Restored:
    """Add what an export holds to a library. Raises BadArchive, and then nothing is changed, as
    nothing is by a dry run.

    Reports are left out: they were addressed to the curators of the site that they come from.
    What is there already stays as it is: statuses, profile, the lists' own descriptions. Lists of a
    name that there is are joined; a note goes below the one that there is. Nothing is shown to
    anybody by it: a new list is private and shows no note, whatever it was where it comes from.
    """
    archive = open_archive(content)
    try:
        prepared = _LibraryImport(library, user, _content_of(archive), archive)
        if not dry_run:
            # All is worked out: nobody else's writing waits for more than the writing.
            with transaction.atomic():
                prepared.write()
        return prepared.found()
    except IntegrityError:
        raise BadArchive(
            "Something was changed while the export was read. Import it again."
        ) from None
    except ValidationError as error:
        raise BadArchive(" ".join(error.messages)) from None
    except KeyError as error:
        raise BadArchive(f"This is no export of a library: it has no {error.args[0]}.") from None
    except SchemaError as error:
        raise BadArchive(f"library.json: {error.json_path}: {error.message[:200]}.") from None
    except (ValueError, RecursionError) as error:
        raise BadArchive(f"library.json: {error}.") from None


def _content_of(archive: Archive) -> dict[str, Any]:
    """The content of library.json, which has the form of the schema."""
    if archive.size("library.json") > MAX_LIBRARY:
        raise BadArchive(f"library.json is larger than {MAX_LIBRARY // 10**6} MB.")
    content = json.loads(archive.read("library.json"))
    schema = json.loads(SCHEMA.read_text("utf-8"))
    # Numbers first, since the schema cites all of what is too long.
    parts = content if isinstance(content, dict) else {}
    for name in ("bookmarks", "dismissed", "notes", "lists"):
        _count(name, parts.get(name), schema["properties"][name])
    lists = parts.get("lists")
    for one in lists if isinstance(lists, list) else ():
        items = schema["properties"]["lists"]["items"]["properties"]["items"]
        _count("papers in a list", one.get("items") if isinstance(one, dict) else None, items)
    validate(content, _inlined(schema, schema["$defs"]))
    return parts


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    """A part of the schema with what it refers to in its place: to look it up takes as long as to
    check a value."""
    if isinstance(part, list):
        return [_inlined(inner, definitions) for inner in part]
    if not isinstance(part, dict):
        return part
    found = {name: _inlined(inner, definitions) for name, inner in part.items() if name != "$defs"}
    if "$ref" in found:
        name = found.pop("$ref").removeprefix("#/$defs/")
        return {**_inlined(definitions[name], definitions), **found}
    return found


def _count(name: str, rows: object, schema: dict[str, Any]) -> None:
    if isinstance(rows, list) and len(rows) > schema["maxItems"]:
        raise BadArchive(f"library.json holds more than {schema['maxItems']:,} {name}.")


class _LibraryImport:
    """The content of an export, read and checked; of its papers, those in the catalogue."""

    def __init__(
        self, library: Library, user: User, content: dict[str, Any], archive: Archive
    ) -> None:
        self._library = library
        self._user = user
        named = [
            row["paper"]
            for row in (*content["bookmarks"], *content["dismissed"], *content["notes"])
        ]
        named += [item["paper"] for one in content["lists"] for item in one["items"]]
        slugs = {_key(paper): _slug(paper) for paper in named}
        papers = _papers(library, slugs.values())
        self._papers = {key: papers.get(slug) for key, slug in slugs.items()}
        missing = {paper["title"]: None for paper in named if self._papers[_key(paper)] is None}
        self.missing = list(map(str, missing))
        self.problems: list[str] = []
        self.profile = self._profile(content["profile"])
        read = content["read"]
        self.read_until = read["until"] and _day(read["until"])
        self.read_days = list(map(_day, read["days"]))
        self.bookmarks = [
            SavedBookmark(paper.pk, Status(row["status"]), _moment(row["added_at"]))
            for row in content["bookmarks"]
            if (paper := self._paper(row))
        ]
        self.dismissed = {
            paper.pk: _moment(row["added_at"])
            for row in content["dismissed"]
            if (paper := self._paper(row))
        }
        self._once("file", (row["file"] for row in content["notes"]))
        self._once("paper", (slugs[_key(row["paper"])] for row in content["notes"]))
        notes = [
            ImportedNote(
                paper,
                _note_text(archive, row["file"]),
                _moment(row["added_at"]),
                _moment(row["changed_at"]),
            )
            for row in content["notes"]
            if (paper := self._paper(row))
        ]
        lists = [
            ImportedList(
                row["name"],
                row["description"],
                _moment(row["added_at"]),
                [
                    ImportedItem(paper.pk, item["section"], item["comment"], moment)
                    for item in row["items"]
                    if (moment := _moment(item["added_at"])) and (paper := self._paper(item))
                ],
            )
            for row in content["lists"]
        ]
        # Rendered here, since it takes long: whoever writes waits for nothing of it.
        self.notes = library.notes.prepare(notes)
        self.lists = library.lists.prepare(lists)

    def write(self) -> None:
        """Add it all, in few statements. Raises ValidationError, IntegrityError."""
        library = self._library
        library.digests.restore(self.read_until, self.read_days)
        for name, value in self.profile.items():
            setattr(self._user, name, value)
        self._user.save(update_fields=self.profile)
        library.bookmarks.restore(self.bookmarks, self.dismissed)
        library.notes.restore(self.notes)
        library.lists.restore(self.lists)

    def found(self) -> Restored:
        notes, lists = self.notes, self.lists
        problems = [*self.problems, *notes.problems, *lists.problems]
        again = "Import the same file again: that adds what is missing."
        if notes.left:
            more = f"{notes.left:,} note{'s' * (notes.left > 1)} more than are read at once."
            problems.append(f"{more} {again}")
        if lists.full:
            problems.append(f"The lists hold more than is read at once. {again}")
        return Restored(
            bookmarks=len(self.bookmarks),
            notes=len(notes.new) + len(notes.longer) + notes.same,
            lists=lists.restored,
            missing=self.missing,
            problems=problems,
        )

    def _profile(self, profile: dict[str, Any]) -> dict[str, Any]:
        """The settings to import: those that the person has not changed, and no name that could
        mislead others. profile: the settings of the export."""
        if profile["time_zone"] not in available_timezones():
            raise ValueError(f"{profile['time_zone']} is not a time zone")
        new = User()
        accepted = {
            name: profile[name]
            for name in _PROFILE
            if getattr(self._user, name) == getattr(new, name)
        }
        try:
            if "display_name" in accepted:
                name = accepted["display_name"] = display_name(profile["display_name"])
                field = cast("CharField[str, str]", User._meta.get_field("display_name"))
                field.run_validators(name)
        except ValidationError as error:
            self.problems.append(f"Your name: {' '.join(error.messages)}")
            del accepted["display_name"]
        return accepted

    def _paper(self, row: dict[str, Any]) -> Paper | None:
        return self._papers[_key(row["paper"])]

    def _once(self, what: str, values: Iterable[str]) -> None:
        seen: set[str] = set()
        for value in values:
            if value in seen:
                raise BadArchive(f"library.json: two notes are of the {what} {value[:80]}.")
            seen.add(value)


def _note_text(archive: Archive, name: str) -> str:
    if archive.size(name) > 4 * NOTE_LENGTH:
        raise BadArchive(f"{name[:80]} is longer than the {NOTE_LENGTH:,} characters of a note.")
    return archive.read(name).decode("utf-8")


def _key(paper: dict[str, str | None]) -> tuple[str | None, ...]:
    return paper.get("id"), paper["title"], paper["arxiv_id"], paper["url"]


def _slug(paper: dict[str, str | None]) -> str:
    # A curator may have corrected the title that a paper without an address is known by.
    if slug := paper.get("id"):
        return slug
    link = f"arXiv:{paper['arxiv_id']}" if paper["arxiv_id"] else paper["url"] or ""
    return paper_slug(fold(str(paper["title"])), link)[0]


def _moment(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{text} is not a time with a time zone")
    if moment.year in (MINYEAR, MAXYEAR):  # in another time zone it may have no year at all
        raise ValueError(f"{text} has a year that is too early or too late")
    return moment


def _day(text: str) -> date:
    day = parse_date(text)
    if day is None:
        raise ValueError(f"{text} is not a date")
    return day
