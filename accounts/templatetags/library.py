"""A person's marks in lists of papers."""

from collections.abc import Iterable
from typing import NamedTuple

from django import template
from django.template.context import RequestContext
from django.utils.safestring import SafeString, mark_safe

from accounts.forms.reports import ReportForm
from accounts.library import Marks
from accounts.models import Note, ReadingList
from digest.models import Digest, Paper
from digest.search import match_beginnings

register = template.Library()


@register.simple_tag(takes_context=True)
def marks(context: RequestContext, papers: Iterable[Paper]) -> dict[int, Marks]:
    """What the reader made of the papers of a list, in one query; in none for a visitor."""
    found: dict[int, Marks] = context["library"].marks(paper.pk for paper in papers)
    return found


@register.filter
def rendered(html: str) -> SafeString:
    """HTML that `accounts.markdown` made of what people wrote. Nothing else is."""
    return mark_safe(html)  # noqa: S308


@register.simple_tag(takes_context=True)
def note_on(context: RequestContext, paper: Paper) -> Note | None:
    """The reader's note on a paper."""
    found: Note | None = context["library"].notes.get(paper.pk)
    return found


@register.simple_tag
def report_form() -> ReportForm:
    """The form that says what is wrong with a paper."""
    return ReportForm()


PUBLIC_LISTS = 10
"""Public lists of others that a paper's page shows, at most."""


class ListsOf(NamedTuple):
    """Those of the reader's lists that have a paper, those that they may add it to, and public
    lists of others that have it. more: whether there are more of these."""

    having: list[ReadingList]
    others: list[ReadingList]
    public: list[ReadingList]
    more: bool


@register.simple_tag(takes_context=True)
def lists_of(context: RequestContext, paper: Paper) -> ListsOf:
    """The lists that the reader may see as one paper sees them, in three queries."""
    lists = context["library"].lists
    having = list(lists.having(paper))
    public = list(lists.public_having(paper)[: PUBLIC_LISTS + 1])
    return ListsOf(
        having,
        [found for found in lists.editable() if found not in having],
        public[:PUBLIC_LISTS],
        len(public) > PUBLIC_LISTS,
    )


@register.simple_tag(takes_context=True)
def lists_named(context: RequestContext, text: str) -> list[ReadingList]:
    """A few of the reader's own lists with names whose words begin as those of a text, in one
    query; in none for a visitor."""
    if not text or not context["user"].is_authenticated:
        return []
    owned = context["library"].lists.owned().order_by("-changed_at")
    return [found for found in owned if match_beginnings(text, found.name)][:4]


@register.simple_tag(takes_context=True)
def is_read(context: RequestContext, digest: Digest) -> bool:
    """Whether the reader marked a digest as read."""
    return bool(context["library"].digests.is_read(*digest.key))


@register.filter
def of(marks: dict[int, Marks], paper: Paper) -> Marks:
    """Those of one paper."""
    return marks.get(paper.pk, Marks())
