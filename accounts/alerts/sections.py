"""What is sent to a person: each section is a function that finds groups of papers.

A section that is added is one function, and its line in SECTIONS.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from django.conf import settings as site
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.library import Library
from accounts.library.searches import NEW_FOR, first_new_day
from accounts.models import Dismissal, MailedPaper, MailSettings, SavedSearch, SearchKind, User
from accounts.names import for_mail
from digest.batches import batches
from digest.models import Merge, Paper
from digest.search.addresses import queries
from digest.search.memory import Documents

MOST_FOR_YOU = 10
"""Papers of a mail that are likely to matter."""
MOST_NEW = 50_000
"""Papers that came last which are looked through for what is new, where many people are sent it."""
MOST_ON_A_PAGE = 2_000
"""The same where one person waits for it."""


class Group(NamedTuple):
    """Papers of a mail that belong together, by their keys in order. title: what they are of. url:
    where all of them are. about: what to say of some of them, by paper."""

    title: str
    url: str
    papers: list[int]
    about: dict[int, str] = {}


class News:
    """What is new on the site: looked up once for all to whom something is sent in a run. most:
    papers that came last which are looked through."""

    def __init__(self, most: int = MOST_NEW) -> None:
        self._most = most
        self._matching: dict[str, list[int]] = {}

    @cached_property
    def documents(self) -> Documents:
        """The new papers, newest first."""
        return Documents.of_papers(first_new_day(), 0, self._most)

    def prepare(self, searches: Collection[str]) -> None:
        """Find the new papers of many searches together, given by their query strings."""
        missing = {*searches} - self._matching.keys()
        if missing:
            for address, query in queries(missing).items():
                self._matching[address] = self.documents.matching(query.node)

    def of_search(self, search: SavedSearch, after: int) -> list[int]:
        """The keys of the papers of a search that came after the one with a key, newest first."""
        self.prepare([search.query])
        return [paper for paper in self._matching[search.query] if paper > after]


class Recipient:
    """The person to whom something is sent. since: what was added to lists before is not sent.
    after: nor are papers up to the one with this key; None: up to what the person has seen."""

    def __init__(self, user: User, since: datetime, news: News, after: int | None = None) -> None:
        self.user, self.since, self.news, self.after = user, since, news, after
        self.library = Library(user)


def of_searches(recipient: Recipient) -> Iterator[Group]:
    """The new papers of each saved search."""
    searches = recipient.library.searches.all().filter(kind=SearchKind.PAPERS, is_mailed=True)
    for search in searches:
        url = site.SITE_URL + search.get_absolute_url()
        after = search.seen_paper if recipient.after is None else recipient.after
        yield Group(search.name, url, recipient.news.of_search(search, after))


def of_lists(recipient: Recipient) -> Iterator[Group]:
    """What others have added to the lists that the person may read: their own, and those that they
    are a member of."""
    since = max(recipient.since, timezone.now() - NEW_FOR)
    items = recipient.library.lists.added_by_others(since)
    for reading_list, some in groupby(items, key=lambda item: item.reading_list):
        added = list(some)
        url = site.SITE_URL + reading_list.get_absolute_url()
        papers = [item.paper_id for item in added]
        about = {item.paper_id: f"added by {for_mail(str(item.added_by))}" for item in added}
        yield Group(for_mail(reading_list.name, 100), url, papers, about)


def for_you(recipient: Recipient) -> Iterator[Group]:
    """The papers of days that the person has not read that are most likely to matter to them."""
    best = recipient.library.best_new(MOST_FOR_YOU)
    about = {
        paper: f"because of {', '.join(one.name for one in likely.reasons)}"
        for paper, likely in best
        if likely.reasons
    }
    url = site.SITE_URL + reverse("for-you")
    yield Group("For you", url, [paper for paper, _ in best], about)


class Section(NamedTuple):
    """name: in the settings. label: what it has, in words for the person."""

    name: str
    label: str
    find: Callable[[Recipient], Iterable[Group]]


SECTIONS = [
    Section("searches", "new papers of my saved searches", of_searches),
    Section("for-you", "new papers that are likely to matter to me", for_you),
    Section("lists", "what others add to my lists, and to those shared with me", of_lists),
]


def find(recipient: Recipient, left_out: Collection[str] = ()) -> list[Group]:
    """What all sections have, but those that are left out."""
    chosen = [section for section in SECTIONS if section.name not in left_out]
    return [group for section in chosen for group in section.find(recipient)]


def unsent(
    user: User,
    groups: Iterable[Group],
    sent: QuerySet[Any] | None = None,
    only: Collection[int] | None = None,
) -> list[Group]:
    """The papers that the person may read, has not dismissed, and was not sent before; each once,
    in the first group that has it.

    sent: rows that name papers which were sent. only: the papers of something that was begun, which
    may be in it again.
    """
    groups = list(groups)
    candidates = {paper for group in groups for paper in group.papers}
    if only is not None:
        candidates &= {*only}
    left = _readable(user, candidates)
    if only is None and sent is not None:
        shown_at = _merged_into(left)
        for some in batches(shown_at):
            was_sent = sent.filter(paper__in=some).values_list("paper", flat=True)
            left.difference_update(shown_at[paper] for paper in was_sent)
    found = []
    for group in groups:
        papers = [paper for paper in dict.fromkeys(group.papers) if paper in left]
        left.difference_update(papers)
        if papers:
            found.append(group._replace(papers=papers))
    return found


def compose(settings: MailSettings, news: News, only: Collection[int] | None = None) -> list[Group]:
    """What a mail to the person has now. only: the papers of a mail that was begun."""
    groups = find(Recipient(settings.user, settings.since, news), settings.left_out)
    return unsent(settings.user, groups, MailedPaper.objects.filter(user=settings.user), only)


def everything_new(user: User) -> list[int]:
    """The keys of all papers that are new for a person, mailed and seen or not, those that came
    last first."""
    groups = find(Recipient(user, timezone.now() - NEW_FOR, News(MOST_ON_A_PAGE), after=0))
    return sorted({paper for group in unsent(user, groups) for paper in group.papers}, reverse=True)


def _merged_into(papers: Collection[int]) -> dict[int, int]:
    """The papers, and those that were merged into them, each with the one where it is shown."""
    found = {paper: paper for paper in papers}
    some = list(papers)
    while some:
        rows = [
            row
            for batch in batches(some)
            for row in Merge.objects.active().filter(into__in=batch).values_list("paper", "into")
        ]
        some = [paper for paper, _ in rows if paper not in found]
        found |= {paper: found[into] for paper, into in rows if paper not in found}
    return found


def _readable(user: User, papers: Collection[int]) -> set[int]:
    found: set[int] = set()
    for some in batches(papers):
        visible = Paper.objects.visible().filter(pk__in=some)
        dismissed = Dismissal.objects.filter(user=user, paper__in=some).values("paper")
        found.update(visible.exclude(pk__in=dismissed).values_list("pk", flat=True))
    return found
