"""An export: all that a person made, as a ZIP."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from django.utils import timezone

from accounts.library import Library, OpenList
from accounts.library.digests import Reading
from accounts.models import Report, User
from digest.exports import WRITERS, About, file_stem, to_cite
from digest.models import Paper, PaperQuerySet

FORMAT = "paper-digest-library/1"
SCHEMA = Path(__file__).parent.with_name("schema.json")
PROFILE = (
    *("display_name", "time_zone", "theme", "density", "single_keys", "papers_on_a_page"),
    "recommendations",
)
"""The fields of a user that are in it."""


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
        data = {
            "format": FORMAT,
            "exported_at": _time(timezone.now()),
            "profile": {
                "user_name": user.username,
                **{name: getattr(user, name) for name in PROFILE},
            },
            "read": _read(library.digests.readings()),
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
            "ratings": [
                {
                    "paper": _named(one.paper),
                    "relevant": one.is_relevant,
                    "added_at": _time(one.added_at),
                }
                for one in library.for_you.ratings()
            ],
            "preferences": [
                {
                    "kind": one.kind,
                    "name": one.name,
                    "wants": "more" if one.wants_more else "less",
                    "added_at": _time(one.added_at),
                }
                for one in library.for_you.preferences
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
            "searches": [
                {
                    "name": search.name,
                    "kind": search.kind,
                    "query": search.query,
                    "is_mailed": search.is_mailed,
                    "added_at": _time(search.added_at),
                }
                for search in library.searches.all()
            ],
            "reports": list(map(_report, library.reports.all())),
        }
        archive.writestr("library.json", json.dumps(data, ensure_ascii=False, indent=1))
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


def _read(readings: list[Reading]) -> dict[str, Any]:
    """What is read of the default stream; `streams`: what else the person chose, if anything."""
    default = next((one for one in readings if one.is_default), None)
    streams: list[dict[str, Any]] = []
    for one in readings:
        row = {"stream": one.stream, "subscribed": one.is_subscribed}
        if not one.is_default:
            streams.append({**row, **_days_read(one)})
        elif one.is_subscribed is not None:
            streams.append({**row, "until": None, "days": []})
    more = {"streams": streams} if streams else {}
    return {**(_days_read(default) if default else {"until": None, "days": []}), **more}


def _days_read(reading: Reading) -> dict[str, Any]:
    return {
        "until": reading.until and reading.until.isoformat(),
        "days": [day.isoformat() for day in reading.days],
    }


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
    words = file_stem(text)
    return f"{number:04}-{words}" if words else f"{number:04}"


def _bibtex(papers: PaperQuerySet, title: str) -> bytes:
    base = settings.SITE_URL
    return b"".join(WRITERS["bib"].stream(to_cite(papers), About(title, base, base, base)))
