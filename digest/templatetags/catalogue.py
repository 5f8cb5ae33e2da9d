"""What the catalogue's templates need beyond Django's own tags."""

import re
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from digest.exports import FILES, Citation, metadata
from digest.models import Paper

register = template.Library()

_FORMULA = re.compile(r"<math[^>]*>(.*?)</math>")
_TAG = re.compile(r"<[^>]*>")
_HANDLE = mark_safe(' class="handle" title="One word, so most likely a handle"')
_NARROW = 20
"""Characters of a formula that fit on any screen."""


@register.filter
def trusted(html: str) -> SafeString:
    """HTML that `digest.markup` made: a title's, or a summary point's. Nothing else is."""
    return mark_safe(html)  # noqa: S308


@register.filter
def at(values: dict[str, Any], key: str) -> Any:
    """What stands at a key, or None."""
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


# Of the HTML of a list, authors and categories are the most by far, so they are put together here.


@register.simple_tag
def authors(paper: Paper) -> SafeString:
    """Links to the paper's authors, in a line."""
    links = [
        format_html(
            '<a href="{}"{}><bdi>{}</bdi></a>',
            author.get_absolute_url(),
            _HANDLE if author.is_handle else "",
            author.name,
        )
        for author in (authorship.author for authorship in paper.authorships.all())
    ]
    return mark_safe(", ".join(links) or "No authors given")  # noqa: S308


@register.simple_tag
def chips(paper: Paper) -> SafeString:
    """Links to the paper's categories, as items of a list."""
    return format_html_join(
        "\n",
        '<li><a href="{}">{}</a></li>',
        (
            (category.get_absolute_url(), category.name)
            for category in (place.category for place in paper.classifications.all())
        ),
    )


@register.inclusion_tag("digest/_pager.html", takes_context=True)
def pager(context: RequestContext, page: Page[Any]) -> dict[str, Any]:
    """Links to the first, the last and the nearest pages of a list that has more than one."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    return {"page": page, "numbers": numbers, "request": context["request"]}


@register.simple_tag(takes_context=True)
def here(context: RequestContext, page: str, *below: str) -> str:
    """The attribute that marks a link to the page shown, or to what stands above it.

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
def papers_found(count: int, counted: bool) -> str:
    """How many papers there are, in words."""
    if not count:
        return "No papers"
    return f"{'' if counted else 'More than '}{count:,} paper{'' if count == 1 else 's'}"


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
    what: str, name: str, *of: Any, query: str = "", feed: bool = False, **parameters: str
) -> dict[str, Any]:
    """Links to the files that papers are taken away in.

    what: to call that. name, of: of their address, which ends in the suffix of a file. query: its
    parameters, put together already. feed: whether there is one, too.
    """
    query = query or urlencode(parameters)
    return {
        "what": what,
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
    """Data to stand in a script element, which holds it and is not run."""
    return mark_safe(metadata.script_json(data))  # noqa: S308
