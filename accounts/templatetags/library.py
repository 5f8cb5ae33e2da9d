"""A person's marks in lists of papers."""

from collections.abc import Iterable
from datetime import date
from secrets import token_hex
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import template
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.template.context import RequestContext
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.forms.reports import ReportForm
from accounts.library import Marks
from accounts.library.for_you import Likely
from accounts.models import Density, Note, ReadingList, SearchKind
from digest.caches.revision import key_of
from digest.models import Digest, Paper
from digest.search import Query, match_beginnings
from digest.search.addresses import normalized
from digest.search.filters import PaperFilter
from digest.templatetags.catalogue import cards, trusted

register = template.Library()

_PLACEHOLDERS = {
    name: f"{name}-{token_hex(8)}"
    for name in ("pk", "slug", "get_absolute_url", "title_html", "csrf_token", "next")
}
"""Of what controls have of a paper, and of the request. They are random, so that no text of people
or papers has them."""


@register.simple_tag(takes_context=True)
def marks(context: RequestContext, papers: Iterable[Paper]) -> dict[int, Marks]:
    """What the reader made of the papers of a list, in one query; in none for a visitor."""
    found: dict[int, Marks] = context["library"].marks(paper.pk for paper in papers)
    return found


@register.simple_tag(takes_context=True)
def listed(
    context: RequestContext, papers: Iterable[Paper], query: Query | None = None
) -> list[tuple[Paper, str]]:
    """Each paper of a list with its HTML: the card, which is the same for everybody, and the
    reader's controls; for a paper that they dismissed a line in place of both.

    query: whose words are marked in the cards.
    """
    papers = list(papers)
    by_paper = cards(papers, query)
    if not context["user"].is_authenticated:
        return [(paper, by_paper[paper.pk] + _star(paper)) for paper in papers]
    found = marks(context, papers)
    own = _controls(context, papers, found, alone=False)
    return [
        (paper, own[paper.pk] if of(found, paper).dismissed else by_paper[paper.pk] + own[paper.pk])
        for paper in papers
    ]


def _star(paper: Paper) -> str:
    """A visitor's star, which leads to signing up. It is the same for everybody."""
    if paper.hidden:
        return ""
    return format_html(
        '<p class="bookmark" data-server><a class="star" id="star-{}" href="{}" rel="nofollow">'
        '<span aria-hidden="true">☆</span> <span class="label">Bookmark</span></a></p>',
        paper.pk,
        reverse("star", args=[paper.slug]),
    )


@register.simple_tag(takes_context=True)
def controls(
    context: RequestContext, papers: Iterable[Paper], marks: dict[int, Marks]
) -> dict[int, SafeString]:
    """The reader's controls of papers that are shown even if they dismissed them, by the papers'
    keys. A visitor has none."""
    return _controls(context, papers, marks, alone=True) if context["user"].is_authenticated else {}


def _controls(
    context: RequestContext, papers: Iterable[Paper], marks: dict[int, Marks], alone: bool
) -> dict[int, SafeString]:
    """alone: shown without a list's way to hide the paper.

    Of papers with the same marks these differ in a few words.
    """
    following = context.get("next") or context["request"].get_full_path()
    kinds: dict[tuple[Marks, bool], str] = {}
    found = {}
    for paper in papers:
        kind = (of(marks, paper), paper.hidden)
        if kind not in kinds:
            html = _kind_of_controls(*kind, alone)
            kinds[kind] = _filled(html, csrf_token=context["csrf_token"], next=following)
        found[paper.pk] = _filled(
            kinds[kind],
            pk=paper.pk,
            slug=paper.slug,
            get_absolute_url=paper.get_absolute_url(),
            title_html=trusted(paper.title_html),
        )
    return found


def _kind_of_controls(mark: Marks, hidden: bool, alone: bool) -> str:
    """The controls of any paper with these marks, with placeholders, which are the same for every
    reader. Each kind is rendered once in a process, since that would be a fifth of what a list
    costs."""
    key = key_of("controls", *mark, hidden, alone)
    html: str | None = caches["cards"].get(key)
    if html is None:
        name = "_dismissed" if mark.dismissed and not alone else "_bookmark"
        html = get_template(f"accounts/{name}.html").render(
            {
                "request": {
                    "user": {"is_authenticated": True},
                    "get_full_path": _PLACEHOLDERS["next"],
                },
                "csrf_token": _PLACEHOLDERS["csrf_token"],
                "paper": {**_PLACEHOLDERS, "hidden": hidden},
                "mark": mark,
                "alone": alone,
            }
        )
        caches["cards"].set(key, html)
    return html


def _filled(html: str, **values: Any) -> SafeString:
    """HTML with these values in place of the placeholders of their names."""
    for name, value in values.items():
        html = html.replace(_PLACEHOLDERS[name], conditional_escape(value))
    return mark_safe(html)  # noqa: S308


@register.filter
def rendered(html: str) -> SafeString:
    """HTML that `accounts.markdown` made of what people wrote. Nothing else is."""
    return mark_safe(html)  # noqa: S308


@register.simple_tag(takes_context=True)
def note_on(context: RequestContext, paper: Paper) -> Note | None:
    """The reader's note on a paper."""
    found: Note | None = context["library"].notes.get(paper.pk)
    return found


@register.simple_tag(takes_context=True)
def likely(context: RequestContext, paper: Paper) -> Likely | None:
    """How likely a paper is to matter to the reader, and why; None where nothing is known of it."""
    found: Likely | None = context["library"].for_you.likely([paper.pk]).get(paper.pk)
    return found


@register.simple_tag
def densities() -> list[tuple[str, str]]:
    """The densities, each with its label."""
    return Density.choices


@register.simple_tag
def report_form() -> ReportForm:
    """The form that says what is wrong with a paper."""
    return ReportForm()


@register.inclusion_tag("accounts/_follow.html", takes_context=True)
def follow(
    context: RequestContext,
    filter: PaperFilter | None = None,
    kind: str = SearchKind.PAPERS,
    **parameters: str,
) -> dict[str, Any]:
    """The button that saves a list as a search, in one query for a reader and none for a visitor.

    filter: of a page of papers; else kind and parameters: of the address of the list.
    """
    try:
        query = normalized(filter) if filter else urlencode(sorted(parameters.items()))
    except ValidationError:  # the page says what is wrong
        query = ""
    search = context["library"].searches.having(kind, query) if query else None
    asked = {name: context.get(name) for name in ("user", "request", "csrf_token")}
    return {**asked, "search": search, "kind": kind, "query": query}


PUBLIC_LISTS = 10
"""Public lists of others that a paper's page shows, at most."""


class ListsOf(NamedTuple):
    """Those of the reader's lists that have a paper. Of them, those that they may take it out of,
    and those that they may add it to, both with what changed last first. Public lists of others
    that have it. more: whether there are more of these."""

    having: list[ReadingList]
    own: list[ReadingList]
    others: list[ReadingList]
    public: list[ReadingList]
    more: bool


@register.simple_tag(takes_context=True)
def lists_of(context: RequestContext, paper: Paper) -> ListsOf:
    """The lists that the reader may see as one paper sees them, in three queries."""
    lists = context["library"].lists
    having = list(lists.having(paper))
    public = list(lists.public_having(paper)[: PUBLIC_LISTS + 1])
    editable = list(lists.editable().order_by("-changed_at", "pk"))
    return ListsOf(
        having,
        [found for found in editable if found in having],
        [found for found in editable if found not in having],
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


@register.simple_tag(takes_context=True)
def unread_days(context: RequestContext, stream: int) -> set[date]:
    """The days of a stream that the reader has not read, in one query; in none for a visitor."""
    found: set[date] = context["library"].digests.unread_days(stream)
    return found


@register.filter
def since(day: date) -> str:
    """A day of the last week by its name, another by its date."""
    days = (timezone.localdate() - day).days
    if 0 <= days < 7:
        return date_format(day, "l")
    return date_format(day, "j M" if 0 <= days < 300 else "j M Y")


@register.filter
def of(marks: dict[int, Marks], paper: Paper) -> Marks:
    """Those of one paper."""
    return marks.get(paper.pk, Marks())
