"""An export that is read back into a library."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Any, cast
from zoneinfo import available_timezones

from allauth.core.internal import ratelimit
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import CharField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from jsonschema import ValidationError as SchemaError
from jsonschema import validate

from accounts.archive import Archive, BadArchive, open_archive
from accounts.library import Library
from accounts.library.bookmarks import SavedBookmark
from accounts.library.digests import Reading
from accounts.library.for_you import SavedPreference, SavedRating
from accounts.library.lists.imports import ImportedItem, ImportedList
from accounts.library.lists.texts import one_line
from accounts.library.notes import ImportedNote
from accounts.library.searches import SearchFields, newest_paper, normalize
from accounts.models import NOTE_LENGTH, Status, User
from accounts.names import display_name
from digest.models import DEFAULT, Paper, Stream
from digest.text.identity import fold, paper_slug

from .exports import PROFILE, SCHEMA
from .matching import papers_by_slug

MAX_LIBRARY = 20_000_000
"""Bytes of library.json. How many bookmarks, notes and lists it may contain is in the schema."""


MAX_DAYS = 50_000
"""Digests of all streams together that may be marked as read one by one."""


def may_import(request: HttpRequest, user: User) -> bool:
    """Whether the person may import something now: it is counted, by the page and the API alike."""
    counted = ratelimit.consume(request, app="allauth.account", action="import", user=user)
    return counted is not None


@dataclass
class Restored:
    """What an import added. missing: papers that are not in the catalogue here."""

    bookmarks: int = 0
    notes: int = 0
    lists: int = 0
    searches: int = 0
    missing: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def restore(library: Library, user: User, content: bytes, *, dry_run: bool = False) -> Restored:
    """Add the content of an export to a library. Raises BadArchive, and then nothing is changed, as
    nothing is by a dry run.

    Reports are left out: they were addressed to the curators of the site that they come from.
    What is there already stays as it is: statuses, profile, the lists' own descriptions. Lists of a
    name that there is are joined; a note goes below the one that there is. Nothing is shown to
    anybody by it: a new list is private and shows no note, whatever it was where it comes from.
    """
    archive = open_archive(content)
    try:
        contents = _Import(library, user, _contents(archive), archive)
        if not dry_run:
            # All is worked out: nobody else's writing waits for more than the writing.
            with transaction.atomic():
                contents.write()
        return contents.found()
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


def _contents(archive: Archive) -> dict[str, Any]:
    """The content of library.json, in the form that the schema has."""
    if archive.size("library.json") > MAX_LIBRARY:
        raise BadArchive(f"library.json is larger than {MAX_LIBRARY // 10**6} MB.")
    data = json.loads(archive.read("library.json"))
    schema = json.loads(SCHEMA.read_text("utf-8"))
    # Counts first, since an error of the schema quotes all of a list that is too long.
    parts = data if isinstance(data, dict) else {}
    for name in ("bookmarks", "dismissed", "ratings", "preferences", "notes", "lists", "searches"):
        _count(name, parts.get(name), schema["properties"][name])
    lists = parts.get("lists")
    for made in lists if isinstance(lists, list) else ():
        items = schema["properties"]["lists"]["items"]["properties"]["items"]
        _count("papers in a list", made.get("items") if isinstance(made, dict) else None, items)
    validate(data, _inlined(schema, schema["$defs"]))
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


class _Import:
    """The content of an export, read and found valid; of papers, those that are here."""

    def __init__(
        self, library: Library, user: User, data: dict[str, Any], archive: Archive
    ) -> None:
        self._library = library
        self._user = user
        ratings = data.get("ratings", [])  # which older exports lack
        rows = (*data["bookmarks"], *data["dismissed"], *ratings, *data["notes"])
        named = [row["paper"] for row in rows]
        named += [item["paper"] for made in data["lists"] for item in made["items"]]
        slugs = {_key(paper): _slug(paper) for paper in named}
        here = papers_by_slug(library, slugs.values())
        self._papers = {key: here.get(slug) for key, slug in slugs.items()}
        missing = {paper["title"]: None for paper in named if self._papers[_key(paper)] is None}
        self.missing = list(map(str, missing))
        self.problems: list[str] = []
        self.profile = self._profile(data["profile"])
        read = data["read"]
        self.readings = self._readings(read)
        self.bookmarks = [
            SavedBookmark(paper.pk, Status(row["status"]), _moment(row["added_at"]))
            for row in data["bookmarks"]
            if (paper := self._paper(row))
        ]
        self.dismissed = {
            paper.pk: _moment(row["added_at"])
            for row in data["dismissed"]
            if (paper := self._paper(row))
        }
        self.ratings = [
            SavedRating(paper.pk, row["relevant"], _moment(row["added_at"]))
            for row in ratings
            if (paper := self._paper(row))
        ]
        self.preferences = [
            SavedPreference(
                row["kind"], row["name"], row["wants"] == "more", _moment(row["added_at"])
            )
            for row in data.get("preferences", [])
        ]
        self._once("file", (row["file"] for row in data["notes"]))
        self._once("paper", (slugs[_key(row["paper"])] for row in data["notes"]))
        notes = [
            ImportedNote(
                paper,
                _note_text(archive, row["file"]),
                _moment(row["added_at"]),
                _moment(row["changed_at"]),
            )
            for row in data["notes"]
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
            for row in data["lists"]
        ]
        self.searches = self._searches(data.get("searches", []))
        # Rendered here, since it takes long: whoever writes waits for nothing of it.
        self.notes = library.notes.prepare(notes)
        self.lists = library.lists.prepare(lists)

    def write(self) -> None:
        """Add it all, in few statements. Raises ValidationError, IntegrityError."""
        library = self._library
        library.digests.restore(self.readings)
        for name, value in self.profile.items():
            setattr(self._user, name, value)
        self._user.save(update_fields=self.profile)
        library.bookmarks.restore(self.bookmarks, self.dismissed)
        self.problems += library.for_you.restore(self.ratings, self.preferences)
        library.notes.restore(self.notes)
        library.lists.restore(self.lists)
        self.problems += library.searches.restore(self.searches, seen=False)

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
            searches=len(self.searches),
            missing=self.missing,
            problems=problems,
        )

    def _readings(self, read: dict[str, Any]) -> list[tuple[int, Reading]]:
        """What is read of each stream that is here, with the stream's key."""
        streams = read.get("streams", [])
        if sum(len(row["days"]) for row in streams) > MAX_DAYS:
            raise ValueError(f"it holds more than {MAX_DAYS:,} days that are read")
        keys: dict[str, int] = {}
        if streams:
            keys.update(Stream.objects.values_list("slug", "pk"))
        found = [(DEFAULT, _reading({"stream": "", "subscribed": None, **read}))]
        for slug, count in Counter(row["stream"] for row in streams).items():
            if count > 1:
                raise ValueError(f"the stream {slug} is there twice")
        for row in streams:
            if key := keys.get(row["stream"]):
                found.append((key, _reading(row)))
            else:
                name = row["stream"]
                self.problems.append(f"There is no stream {name} here: what is read of it is lost.")
        return found

    def _searches(self, rows: list[dict[str, Any]]) -> list[SearchFields]:
        """The searches to add; what came before is not new in them."""
        found, newest, now = [], newest_paper(), timezone.now()
        for row in rows:
            moment = _moment(row["added_at"])
            try:
                query = normalize(row["kind"], row["query"])
            except ValidationError as error:
                self.problems.append(f"The search “{row['name']}”: {' '.join(error.messages)}")
                continue
            name = one_line(row["name"]) or "Search"
            fields = (name, row["kind"], query, row["is_mailed"], moment, newest, now)
            found.append(SearchFields(*fields))
        return found

    def _profile(self, profile: dict[str, Any]) -> dict[str, Any]:
        """The settings to import: those that the person has not changed, and no name that could
        mislead others. profile: the settings of the export."""
        if profile["time_zone"] not in available_timezones():
            raise ValueError(f"{profile['time_zone']} is not a time zone")
        new = User()
        accepted = {
            name: profile[name]
            for name in PROFILE
            if name in profile and getattr(self._user, name) == getattr(new, name)
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


def _reading(row: dict[str, Any]) -> Reading:
    until = row["until"] and _day(row["until"])
    days = list(map(_day, row["days"]))
    return Reading(row["stream"], not row["stream"], row["subscribed"], until, days)


def _day(text: str) -> date:
    day = parse_date(text)
    if day is None:
        raise ValueError(f"{text} is not a date")
    return day
