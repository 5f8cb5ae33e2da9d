"""A person's marks in lists of papers."""

from collections.abc import Iterable

from django import template
from django.template.context import RequestContext

from accounts.library import Marks
from digest.models import Paper

register = template.Library()


@register.simple_tag(takes_context=True)
def marks(context: RequestContext, papers: Iterable[Paper]) -> dict[int, Marks]:
    """What the reader made of the papers of a list, in one query; in none for a visitor."""
    found: dict[int, Marks] = context["library"].marks(paper.pk for paper in papers)
    return found


@register.filter
def of(marks: dict[int, Marks], paper: Paper) -> Marks:
    """Those of one paper."""
    return marks.get(paper.pk, Marks())
