"""All that was decided, to be surveyed: corrections, merges and aliases."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from digest.admin.base import ReadOnly, linked, word_diff
from digest.catalogue.fields import FIELDS
from digest.models import Alias, Correction, Merge

from .authors import split as split_author
from .history import result
from .merging import split as split_paper


class ActiveFilter(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "stands"), ("no", "ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {"yes": True, "no": False}.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(ended_at__isnull=chosen)


class DecisionAdmin(ReadOnly):
    """Decisions of one kind."""

    list_filter: ClassVar[Any] = (
        ActiveFilter,
        ("made_by", admin.RelatedOnlyFieldListFilter),
        "made_at",
    )
    date_hierarchy = "made_at"
    list_select_related: ClassVar[Any] = ("made_by", "ended_by")
    list_display_links: Any = ("made_at",)
    ending: ClassVar[Any] = None
    """The page on which one of them is ended, if there is one."""

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        if self.ending is None:
            return urls
        end = self.admin_site.admin_view(self._end)
        return [path("<int:key>/split/", end, name=f"digest_{self.opts.model_name}_split"), *urls]

    def _end(self, request: HttpRequest, key: int) -> HttpResponse:
        row = self.row(request, str(key), change=False)
        answer: HttpResponse = type(self).ending(self, request, row)
        return answer

    @admin.display(description="in force", boolean=True)
    def in_force(self, decision: Any) -> bool:
        return bool(decision.is_active)

    @admin.display(description="split")
    def split(self, decision: Any) -> str:
        if not decision.is_active:
            return ""
        to = reverse(f"admin:digest_{self.opts.model_name}_split", args=[decision.pk])
        return format_html('<a href="{}">Split again</a>', to)


@admin.register(Correction)
class CorrectionAdmin(DecisionAdmin):
    list_display = ("made_at", "made_by", "paper_", "field", "gives", "in_force")
    list_filter = ("field", *DecisionAdmin.list_filter)
    list_select_related = ("made_by", "ended_by", "paper")
    fields = (
        *("paper_", "field", "difference", "why", "made_by", "made_at", "ended_by", "ended_at"),
    )
    readonly_fields = fields

    @admin.display(description="paper")
    def paper_(self, correction: Correction) -> str:
        return linked(self.admin_site, correction.paper)

    @admin.display(description="value")
    def gives(self, correction: Correction) -> str:
        return Truncator(FIELDS[correction.field].text(result(correction))).chars(80)

    @admin.display(description="change from the sources")
    def difference(self, correction: Correction) -> SafeString:
        return word_diff(FIELDS[correction.field], correction.was, result(correction))


@admin.register(Merge)
class MergeAdmin(DecisionAdmin):
    list_display = ("made_at", "made_by", "paper_", "into_", "why", "in_force", "split")
    list_select_related = ("made_by", "ended_by", "paper", "into")
    fields = (*("paper_", "into_", "why", "made_by", "made_at", "ended_by", "ended_at", "split"),)
    readonly_fields = fields
    ending = split_paper

    @admin.display(description="paper")
    def paper_(self, merge: Merge) -> str:
        return linked(self.admin_site, merge.paper, f"{merge.paper} ({merge.paper.slug})")

    @admin.display(description="into")
    def into_(self, merge: Merge) -> str:
        return linked(self.admin_site, merge.into, f"{merge.into} ({merge.into.slug})")


@admin.register(Alias)
class AliasAdmin(DecisionAdmin):
    list_display = ("made_at", "made_by", "name", "of", "why", "in_force", "split")
    search_fields = ("name", "of")
    fields = (*("name", "of", "why", "made_by", "made_at", "ended_by", "ended_at", "split"),)
    readonly_fields = fields
    ending = split_author
