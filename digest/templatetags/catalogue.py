"""What the catalogue's templates need beyond Django's own tags."""

import re
from collections.abc import Iterable
from copy import copy
from html import escape
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.core.cache import caches
from django.core.paginator import Page
from django.db.models import prefetch_related_objects
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context, RequestContext
from django.template.loader import get_template
from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import get_current_timezone_name

from digest.caches.revision import Revision, key_of
from digest.catalogue.sample import is_sample_alone
from digest.exports import FILES, Citation, metadata
from digest.models import Paper
from digest.search import Query, mark

register = template.Library()
register.simple_tag(is_sample_alone)
register.simple_tag(lambda: settings.VERSION, name="version")

_FORMULA = re.compile(r"<math[^>]*>(.*?)</math>")
_TAG = re.compile(r"<[^>]*>")
_HANDLE = ' class="handle" title="One word, so most likely a handle"'
_NARROW = 20
"""Characters of a formula that fit on any screen."""


@register.filter
def trusted(html: str) -> SafeString:
    """HTML that `digest.text.markup` made: a title's, or a summary point's. Nothing else is."""
    return mark_safe(html)  # noqa: S308


@register.filter
def at(values: dict[str, Any], key: str) -> Any:
    """The value of a key, or None."""
    return values.get(key)


@register.simple_tag
def wide(html: str | list[str]) -> str:
    """Attributes for the element of a trusted text (or several) with a formula that may not fit.

    A formula is not broken into lines. Its element scrolls, which the keyboard must be able to do.
    """
    formulas = _FORMULA.findall("".join(html))
    if any(len(_TAG.sub("", formula)) > _NARROW for formula in formulas):
        return mark_safe(' data-wide tabindex="0"')
    return ""


# Most of the HTML of a list is authors, categories and points: they are put together here, with
# nothing but `escape`, for that takes a fourth of the time.


@register.simple_tag
def authors(paper: Paper, most: int | None = None) -> SafeString:
    """The paper's authors, each with a link, in a line. most: of so many, if there are more, with a
    link to the others."""
    authorships = list(paper.authorships.all())
    links = [
        f'<a href="{author.get_absolute_url()}"{_HANDLE if author.is_handle else ""}>'
        f"<bdi>{escape(author.name)}</bdi></a>"
        for author in (authorship.author for authorship in authorships[:most])
    ]
    if more := len(authorships) - len(links):
        links.append(f'<a href="{paper.get_absolute_url()}">{more:,} more</a>')
    cut = ' <span class="cut">and others</span>' if paper.authors_cut else ""
    line = ", ".join(links) + cut
    if not line and most:  # a card has no room for what is not there
        return mark_safe("")
    return mark_safe(f'<p class="authors">{line or "No authors given"}</p>')  # noqa: S308


@register.simple_tag
def chips(paper: Paper) -> SafeString:
    """A list of links to the paper's categories, if it has any; whether they are suggested."""
    items = [
        f'<li><a href="{category.get_absolute_url()}">{escape(category.name)}</a></li>'
        for category in (place.category for place in paper.classifications.all())
    ]
    if items and paper.categories_suggested:
        items.insert(0, '<li class="quiet">Suggested:</li>')
    return mark_safe(f'<ul class="chips">{"".join(items)}</ul>' if items else "")  # noqa: S308


@register.simple_tag
def keywords(paper: Paper) -> SafeString:
    """A list of the paper's keywords, each with a link to the papers that have its words."""
    items = [
        f'<li><a href="{escape(_found(keyword))}">{escape(keyword)}</a></li>'
        for keyword in paper.keywords
    ]
    return mark_safe(f'<ul class="chips">{"".join(items)}</ul>')  # noqa: S308


def _found(phrase: str) -> str:
    """Where the papers with a phrase are."""
    query = '"{}"'.format(phrase.replace('"', " "))
    return f"{reverse('papers')}?{urlencode({'q': query})}"


@register.simple_tag
def upvotes(paper: Paper) -> SafeString:
    """How many upvotes a paper has, with a link to where they are given."""
    text = f"{paper.upvotes:,} upvote{'s' * (paper.upvotes != 1)} at Hugging Face"
    if not paper.arxiv_id:
        return format_html("{}", text)
    return format_html('<a href="https://huggingface.co/papers/{}">{}</a>', paper.arxiv_id, text)


@register.simple_tag
def points(texts: list[str], is_list: bool) -> SafeString:
    """Trusted texts as a list, or as the sentences of a paragraph."""
    if not is_list:
        return mark_safe(f'<p dir="auto"{wide(texts)}>{" ".join(texts)}</p>')  # noqa: S308
    items = "".join([f"<li{wide(text)}>{text}</li>" for text in texts])
    return mark_safe(f'<ul class="points" dir="auto">{items}</ul>')  # noqa: S308


@register.simple_tag
def cards(papers: Iterable[Paper], query: Query | None = None) -> dict[int, SafeString]:
    """The card of each paper, by the paper's key. query: whose words are marked in it.

    Each is rendered once for all readers, for it follows from the paper and the query alone. Most
    are in the cache, so papers need not come from `for_cards`: what the others show is fetched
    here.
    """
    words = query.words() if query else []
    keys = {paper.pk: key_of(paper.pk, paper.changed_at, *words) for paper in papers}
    rendered = caches["cards"].get_many(keys.values())
    new = [copy(paper) for paper in papers if keys[paper.pk] not in rendered]
    if query:
        mark(new, query)
    fetched: Any = Paper.objects.for_cards()
    prefetch_related_objects(new, *fetched._prefetch_related_lookups)
    template = get_template("digest/_card.html")
    new_cards = {keys[paper.pk]: template.render({"paper": paper}) for paper in new}
    caches["cards"].set_many(new_cards)
    rendered |= new_cards
    return {pk: rendered[key] for pk, key in keys.items()}


class Once(template.Node):
    def __init__(self, nodelist: NodeList, *name: FilterExpression) -> None:
        self.nodelist, self.name = nodelist, name

    def render(self, context: Context) -> SafeString:
        revision: Revision = context["revision"]
        name = [part.resolve(context) for part in self.name]
        return revision.once(lambda: self._render(context), *name, get_current_timezone_name())

    def _render(self, context: Context) -> SafeString:
        # Of the person who happens to be the first, nothing.
        hidden = dict.fromkeys(("request", "user", "library", "messages", "csrf_token", "perms"))
        impersonal: dict[str, Any] = context.get("impersonal") or {}
        with context.push(**hidden, **impersonal):
            return self.nodelist.render(context)


@register.tag
def once(parser: Parser, token: Token) -> Once:
    """`{% once name of %} … {% endonce %}`: a part of a page, rendered once for all readers and for
    each revision of the catalogue.

    name: the part. of: what it follows from, beside the catalogue and the time zone. The context's
    `revision` is of before anything was read. Its `impersonal`, if there is one, has what only such
    parts need, and is computed for one that is not in the cache.
    """
    name, *of = token.split_contents()[1:]
    content = parser.parse(("endonce",))
    parser.delete_first_token()
    return Once(content, *map(parser.compile_filter, (name, *of)))


@register.inclusion_tag("digest/_pager.html", takes_context=True)
def pager(context: RequestContext, page: Page[Any]) -> dict[str, Any]:
    """Links to the first, the last and the nearest pages of a list that has more than one."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    return {"page": page, "numbers": numbers, "request": context["request"]}


@register.simple_tag(takes_context=True)
def aria_current(context: RequestContext, page: str, *below: str) -> str:
    """The attribute that marks a link to the page shown, or to a page above it.

    page, below: names of addresses.
    """
    match = context["request"].resolver_match
    name = match and match.url_name
    if name == page:
        return mark_safe(' aria-current="page"')
    return mark_safe(' aria-current="true"') if name in below else ""


@register.simple_tag(takes_context=True)
def canonical(context: RequestContext) -> str:
    """The one address of the page shown, whatever else the address asked for says."""
    page = context.get("page")
    number = f"?page={page.number}" if page and page.number > 1 else ""
    return settings.SITE_URL + escape_uri_path(context["request"].path) + number


@register.filter
def grouped(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}"


@register.simple_tag
def papers_found(count: int, is_exact: bool) -> str:
    """How many papers there are, in words."""
    if not count:
        return "No papers"
    return f"{'' if is_exact else 'About '}{count:,} paper{'' if count == 1 else 's'}"


@register.simple_tag
def example(query: str) -> str:
    """A query, and a link to what it finds."""
    address = f"{reverse('papers')}?{urlencode({'q': query})}"
    return format_html('<a href="{}"><code>{}</code></a>', address, query)


@register.simple_tag
def feed(query: str = "", **parameters: str) -> str:
    """The address of the feed of the papers that a query finds."""
    return _file("papers-file", "atom", query=query or urlencode(parameters))


@register.inclusion_tag("digest/_files.html")
def files(
    name: str, *of: Any, query: str = "", feed: bool = False, **parameters: str
) -> dict[str, Any]:
    """A menu of the files that papers are exported in.

    name, of: name and arguments of their address, to which the suffix of a file is added. query:
    its parameters, encoded already. feed: whether there is one, too.
    """
    query = query or urlencode(parameters)
    return {
        "files": [(writer, _file(name, *of, writer.suffix, query=query)) for writer in FILES],
        "feed": feed and _file(name, *of, "atom", query=query),
    }


def _file(name: str, *arguments: Any, query: str) -> str:
    return reverse(name, args=arguments) + (f"?{query}" if query else "")


@register.simple_tag
def coins(paper: Paper) -> str:
    """The paper for reference managers, which look for it in the title of an empty span."""
    return metadata.coins(Citation.of(paper))


@register.simple_tag
def script_json(data: Any) -> SafeString:
    """Data for a script element that is not run."""
    return mark_safe(metadata.script_json(data))  # noqa: S308
