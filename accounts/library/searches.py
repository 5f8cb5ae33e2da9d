"""A person's saved searches, and what is new in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils import timezone

from accounts.models import QUERY_LENGTH, Bookmark, Note, SavedSearch, SearchKind, User
from digest.models import Paper
from digest.search.addresses import normalized_text, queries
from digest.search.memory import Documents

from .base import NotFound, Part
from .lists.texts import one_line
from .shelf import Shelf

MOST_SEARCHES = 100
"""Saved searches of a person, at most."""
NEW_FOR = timedelta(days=30)
"""A paper is new at most for so long after its day: so an archive that is loaded is no news."""
MOST_NEW = 2_000
"""Papers that came last which a page looks through for what is new."""


class NewPapers(NamedTuple):
    """The new papers of a search, newest first, by their keys. is_exact: there are no more."""

    papers: list[int]
    is_exact: bool = True


class SearchFields(NamedTuple):
    """A saved search, to restore it."""

    name: str
    kind: str
    query: str
    is_mailed: bool
    added_at: datetime
    seen_paper: int
    seen_at: datetime


class Searches(Part):
    """Query strings are given as addresses have them, in any order."""

    def all(self) -> QuerySet[SavedSearch]:
        """The searches by name."""
        return SavedSearch.objects.filter(user=self._user.pk).order_by(Lower("name"), "pk")

    def get(self, key: int) -> SavedSearch:
        """Raises NotFound."""
        found = self.all().filter(pk=key).first()
        if found is None:
            raise NotFound("There is no such saved search.")
        return found

    def having(self, kind: str, query: str) -> SavedSearch | None:
        """The search with this query string, in its one form, if it is saved."""
        return self.all().filter(kind=kind, query=query).first() if self._user.pk else None

    def save(self, kind: str, query: str, name: str) -> tuple[SavedSearch, bool]:
        """Save a search, and say whether it is new: one that is saved already stays as it is.

        Raises ValidationError, by field.
        """
        kind = SearchKind(kind)
        query = normalize(kind, query)
        search = SavedSearch(
            user=self._owner,
            kind=kind,
            query=query,
            name=one_line(name),
            added_at=timezone.now(),
            seen_paper=newest_paper(),
            seen_at=timezone.now(),
        )
        search.clean_fields(exclude=("user",))
        with transaction.atomic():
            there = self._locked()
            if found := there.filter(kind=kind, query=query).first():
                return found, False
            if there.count() >= MOST_SEARCHES:
                raise ValidationError(
                    f"You have {MOST_SEARCHES} saved searches, which is the most. Delete one first."
                )
            self._write(search)
        return search, True

    def free_name(self, name: str) -> str:
        """The name, with a number after it if another search has it."""
        name = one_line(name)[:190].strip() or "Search"
        taken = {one.casefold() for one in self.all().values_list("name", flat=True)}
        names = [name, *(f"{name} ({number})" for number in range(2, MOST_SEARCHES + 2))]
        return next(one for one in names if one.casefold() not in taken)

    def change(
        self, key: int, *, name: str | None = None, is_mailed: bool | None = None
    ) -> SavedSearch:
        """Change a search. What is None stays as it is. Raises NotFound, ValidationError."""
        with transaction.atomic():
            self._locked()
            search = self.get(key)
            if name is not None:
                search.name = one_line(name)
            if is_mailed is not None:
                search.is_mailed = is_mailed
            search.clean_fields(exclude=("user",))
            self._write(search)
        return search

    def mark_seen(self, key: int, until: int | None = None) -> SearchFields:
        """Count its papers as seen: those up to the one with a key that came last when the page was
        made; all that have come, by default. Gives the search as it was. Raises NotFound."""
        newest = newest_paper()
        until = newest if until is None else min(until, newest)
        with transaction.atomic():
            self._locked()
            search = self.get(key)
            before = _fields(search)
            if until >= search.seen_paper:
                search.seen_paper, search.seen_at = until, timezone.now()
                search.save(update_fields=["seen_paper", "seen_at"])
        return before

    def remove(self, key: int) -> SearchFields:
        """Delete a search. It is returned, for `restore`. Raises NotFound."""
        search = self.get(key)
        fields = _fields(search)
        search.delete()
        return fields

    def restore(self, searches: Iterable[SearchFields], *, seen: bool = True) -> list[str]:
        """Add searches as they once were. One whose name another one has gets a number. Gives
        problems, in words. Query strings are to be in their one form.

        seen: of one that is there, whether what was seen then is what is seen."""
        problems = []
        with transaction.atomic():
            there = {(one.kind, one.query): one for one in self._locked()}
            for fields in searches:
                if found := there.get((fields.kind, fields.query)):
                    if not seen:
                        continue
                    found.seen_paper, found.seen_at = fields.seen_paper, fields.seen_at
                    found.save(update_fields=["seen_paper", "seen_at"])
                elif len(there) >= MOST_SEARCHES:
                    problems.append(
                        f"“{fields.name}” is not added: there are {MOST_SEARCHES} saved searches."
                    )
                else:
                    search = SavedSearch(user=self._owner, **fields._asdict())
                    search.name = self.free_name(fields.name)
                    try:
                        self._write(search)
                    except ValidationError as error:  # a letter that only the database takes for it
                        problems += error.messages
                    else:
                        there[fields.kind, fields.query] = search
        return problems

    # What is new

    def new(self, searches: Iterable[SavedSearch] | None = None) -> dict[int, NewPapers]:
        """The new papers of each of these searches of the person, by the search's key; of all, by
        default. Those of the catalogue take a fixed number of queries together."""
        searches = list(self.all() if searches is None else searches)
        of_papers = [one for one in searches if one.kind == SearchKind.PAPERS]
        of_library = [one for one in searches if one.kind == SearchKind.LIBRARY]
        found = {}
        if of_papers:
            after = min(one.seen_paper for one in of_papers)
            documents = Documents.of_papers(first_new_day(), after, MOST_NEW)
            is_exact = len(documents.papers) < MOST_NEW
            found = {
                key: NewPapers(papers, is_exact)
                for key, papers in new_among(documents, of_papers).items()
            }
        return found | self._new_in_library(of_library)

    def kept(self, search: SavedSearch) -> list[int]:
        """The papers of a search in the library, by their keys, those kept last first."""
        shelf = Shelf(self._user)
        return [place.paper for place in shelf.find(shelf.parse(text_of(search))).places]

    def _new_in_library(self, searches: list[SavedSearch]) -> dict[int, NewPapers]:
        if not searches:
            return {}
        shelf, kept = Shelf(self._user), dict[int, datetime]()
        first = min(one.seen_at for one in searches)
        for model in (Note, Bookmark):
            rows: Any = model.objects.filter(user=self._user.pk, added_at__gt=first)
            kept |= rows.values_list("paper", "added_at")
        found = {}
        for search in searches:
            recent = {paper for paper, at in kept.items() if at > search.seen_at}
            places = shelf.find(shelf.parse(text_of(search))).places if recent else ()
            found[search.pk] = NewPapers([one.paper for one in places if one.paper in recent])
        return found

    def _locked(self) -> QuerySet[SavedSearch]:
        """The searches, while nobody else changes them until the transaction ends."""
        User.objects.select_for_update().get(pk=self._owner.pk)
        return self.all()

    def _write(self, search: SavedSearch) -> None:
        try:
            with transaction.atomic():
                search.save()
        except IntegrityError:
            raise ValidationError(
                {"name": f"You have a saved search “{search.name}” already."}
            ) from None


def new_among(documents: Documents, searches: list[SavedSearch]) -> dict[int, list[int]]:
    """Those of the papers that are new in each search, of whomever, by the search's key."""
    asked = queries({one.query for one in searches})
    matching: dict[str, list[int]] = {}
    found = {}
    for search in searches:
        if search.query not in matching:
            matching[search.query] = documents.matching(asked[search.query].node)
        found[search.pk] = [key for key in matching[search.query] if key > search.seen_paper]
    return found


def normalize(kind: str, query: str) -> str:
    """The query string of a list in its one form. Raises ValidationError."""
    if kind == SearchKind.PAPERS:
        try:
            found = normalized_text(query)
        except ValidationError as error:
            wrong = [f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items()]
            raise ValidationError({"query": wrong}) from None
    else:
        text = QueryDict(query.removeprefix("?")).get("q", "")
        asked = QueryDict(mutable=True)
        asked["q"] = " ".join(text.replace("\0", " ").split())
        found = asked.urlencode() if asked["q"] else ""
    if not found:
        raise ValidationError({"query": "Search for something first, or choose a filter."})
    if len(found) > QUERY_LENGTH:
        raise ValidationError(
            {"query": f"This search is too long: an address has {QUERY_LENGTH:,} characters."}
        )
    return found


def text_of(search: SavedSearch) -> str:
    """The words of a search in the library."""
    return QueryDict(search.query).get("q", "")


def newest_paper() -> int:
    """The key of the paper that came last."""
    return Paper.objects.aggregate(newest=Max("pk"))["newest"] or 0


def first_new_day() -> date:
    """The day from which on papers are new."""
    return timezone.now().date() - NEW_FOR


def _fields(search: SavedSearch) -> SearchFields:
    return SearchFields(*(getattr(search, name) for name in SearchFields._fields))
