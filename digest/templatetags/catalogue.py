"""What the catalogue's templates need beyond Django's own tags."""

import re
from typing import Any

from django import template
from django.core.paginator import Page
from django.template.context import RequestContext
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_FORMULA = re.compile(r"<math>(.*?)</math>")
_TAG = re.compile(r"<[^>]*>")
_NARROW = 20
"""Characters of a formula that fit on any screen."""


@register.filter
def trusted(html: str) -> SafeString:
    """HTML that `digest.markup` made: a title's, or a summary point's. Nothing else is."""
    return mark_safe(html)  # noqa: S308


@register.simple_tag
def wide(html: str | list[str]) -> str:
    """Attributes for the element of a trusted text (or several) with a formula that may not fit.

    A formula is not broken into lines. Its element scrolls, which the keyboard must be able to do.
    """
    formulas = _FORMULA.findall("".join(html))
    if any(len(_TAG.sub("", formula)) > _NARROW for formula in formulas):
        return mark_safe(' data-wide tabindex="0"')
    return ""


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
