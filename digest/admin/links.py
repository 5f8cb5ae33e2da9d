"""Links that answer, and those that do not."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.text import Truncator

from digest.curation.link_health import MOST_AT_ONCE, NothingAnswers, recheck
from digest.models import Link, LinkHealth, Paper

from .base import BESIDE, ChoiceFilter, ReadOnly, to_paper

MOST_CHECKED = 200
"""Rows that are chosen to be checked again."""


_ALIVE = Q(status__range=(200, 299))


class _State(ChoiceFilter):
    title = parameter_name = "state"
    choices_ = {
        "dead": ("dead", lambda links: links.filter(dead=True)),
        "failing": (
            "failing, not dead yet",
            lambda links: links.filter(dead=False, failures__gt=0),
        ),
        "alive": ("alive", lambda links: links.filter(_ALIVE)),
        "untold": (
            "not answered",
            lambda links: links.filter(~_ALIVE, dead=False, failures=0),
        ),
    }


@admin.register(LinkHealth)
class LinkHealthAdmin(ReadOnly):
    list_display = ("short", "state", "status", "reason", "failures", "checked_at")
    list_filter = (_State,)
    search_fields = ("url",)
    ordering = ("-checked_at", "-pk")
    sortable_by = ("checked_at",)
    fields = readonly_fields = ("url", *list_display[1:], "given_by")
    empty_value_display = ""
    actions = ("check_again",)

    def has_recheck_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("digest.change_linkhealth")

    @admin.display(description="URL")
    def short(self, health: LinkHealth) -> str:
        return Truncator(health.url.partition("://")[2]).chars(60)

    @admin.display
    def state(self, health: LinkHealth) -> str:
        if health.dead or health.failures:
            return "dead" if health.dead else "failing"
        return "alive" if 200 <= (health.status or 0) < 300 else "not answered"

    @admin.display(description="given by")
    def given_by(self, health: LinkHealth) -> str:
        papers = Paper.objects.visible().filter(Q(links__url=health.url) | Q(url=health.url))
        found = papers.distinct().order_by("pk")[: BESIDE + 1]
        return format_html_join(", ", "{}", ((to_paper(paper),) for paper in found))

    @admin.action(description="Check again", permissions=["recheck"])
    def check_again(self, request: HttpRequest, queryset: QuerySet[LinkHealth]) -> None:
        urls = list(queryset.values_list("url", flat=True)[: MOST_CHECKED + 1])
        _check_again(self, request, len(urls), urls)


@admin.action(description="Check the links again", permissions=["recheck"])
def check_links_again(
    model_admin: admin.ModelAdmin[Paper], request: HttpRequest, papers: QuerySet[Paper]
) -> None:
    """An action on papers: ask whether their links answer. Whoever may has `change_linkhealth`."""
    chosen = list(papers.values_list("pk", "url")[: MOST_CHECKED + 1])
    links = Link.objects.filter(paper__in=[pk for pk, _ in chosen])
    urls = {*links.values_list("url", flat=True)} | {url for _, url in chosen if url}
    _check_again(model_admin, request, len(chosen), urls)


def _check_again(model_admin: Any, request: HttpRequest, chosen: int, urls: Any) -> None:
    if chosen > MOST_CHECKED:
        message = f"Choose at most {MOST_CHECKED} links at a time. Nothing was checked."
        model_admin.message_user(request, message, messages.ERROR)
        return
    try:
        checked = recheck(urls)
    except NothingAnswers:
        message = "No host answered: can this machine reach the internet? Nothing was marked."
        model_admin.message_user(request, message, messages.ERROR)
        return
    counts = ", ".join(f"{count} {outcome.value}" for outcome, count in checked.outcomes.items())
    message = (
        f"Checked {checked.outcomes.total()} of {len(urls)} links: {counts or 'no answer yet'}."
    )
    model_admin.admin_site.log(request, LinkHealth, message)
    if checked.left:
        message += f" Do it again for the rest: {MOST_AT_ONCE} are asked at a time, for 10 seconds."
    model_admin.message_user(request, message, messages.SUCCESS)
