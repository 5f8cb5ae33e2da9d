"""Sources: what was loaded, what became of its rows, and taking it out again."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, F, Func, IntegerField, Max, Min, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import content_disposition_header

from digest.batches import batches
from digest.catalogue.ledger import Ledger
from digest.catalogue.load import LoadReport, reread, to_undo, undo
from digest.catalogue.preview import preview, would_change
from digest.formats import Format, reader_of
from digest.models import Digest, Entry, Paper, Source, Stream, Verdict

from .changes import Changes
from .site import Site

ROWS = 50
"""Rows of a source's page."""
AT_ONCE = 100
"""Sources that are taken out together."""
PREVIEWED = 5_000
"""Rows whose undoing or reading again is previewed: of more, a page would be long to wait for."""
SECONDS = 10
"""After which a request takes no further source out."""
REMARKS = 200
"""Remarks of a reader that a page lists."""


def keys_of(values: Iterable[str]) -> list[int]:
    """Those of the values that can be keys of rows."""
    return [int(value) for value in values if re.fullmatch("[0-9]{1,18}", value)]


class JSONLength(Func):
    """How many items a list in JSON has."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSON_ARRAY_LENGTH", **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSONB_ARRAY_LENGTH", **more)


class HasFilter(admin.SimpleListFilter):
    """What a source has some of."""

    title = "what they have"
    parameter_name = "has"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("problems", "problems"),
            ("rejected", "rejected rows"),
            ("kept", "rows kept as curated"),
            ("merged", "rows of merged papers"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "problems":
            return queryset.exclude(problems=[])
        if value in ("rejected", "kept", "merged"):
            return queryset.filter(**{f"{value}__gt": 0})
        return queryset


class StreamFilter(admin.SimpleListFilter):
    """The stream that a source has digests of, where there are several."""

    title = "stream"
    parameter_name = "stream"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(stream.slug, stream.name) for stream in Stream.objects.several()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(stream__slug=self.value()) if self.value() else queryset


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    admin_site: Site
    list_display = (
        *("name", "format", "loaded", "days", "all_rows"),
        *("new", "changed", "unchanged", "merged", "kept", "rejected", "noted"),
    )
    list_filter = ("format", StreamFilter, HasFilter, "loaded_at")
    list_select_related = ("loaded_by",)
    date_hierarchy = "loaded_at"
    search_fields = ("name", "sha256__istartswith")
    search_help_text = "Search by name, or by the beginning of a SHA-256."
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    actions = ("undo_some",)

    @admin.display(ordering="loaded_at")
    def loaded(self, source: Source) -> str:
        when = date_format(timezone.localtime(source.loaded_at), "DATETIME_FORMAT")
        return f"{when}, by {source.loaded_by}" if source.loaded_by else when

    @admin.display(description="days", ordering="first")
    def days(self, source: Any) -> str:
        if not source.first:
            return "none"
        if source.first == source.last:
            return str(source.first)
        return f"{source.first} to {source.last}: {source.how_many}"

    @admin.display(description="rows", ordering="rows")
    def all_rows(self, source: Source) -> int:
        return source.rows

    @admin.display(description="problems", ordering="noted")
    def noted(self, source: Any) -> int:
        return int(source.noted)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        def of_days(what: Any) -> Subquery:
            days = Digest.objects.filter(sources=OuterRef("pk")).order_by()
            return Subquery(days.values("sources").annotate(x=what).values("x"))

        sources: QuerySet[Any] = super().get_queryset(request).defer("content", "problems")
        sources = sources.annotate(
            noted=JSONLength(F("problems")),
            first=of_days(Min("date")),
            last=of_days(Max("date")),
            how_many=of_days(Count("pk")),
        )
        return sources

    # Who may do what: nothing is edited, and what is deleted is undone.

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_undo_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("digest.delete_source")

    # Pages

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("undo/", view(self.undo_view), name="digest_source_undo"),
            path("<int:pk>/file/", view(self.file_view), name="digest_source_file"),
            path("<int:pk>/reread/", view(self.reread_view), name="digest_source_reread"),
            *super().get_urls(),
        ]

    def _page(self, request: HttpRequest, name: str, **context: Any) -> TemplateResponse:
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            f"admin/digest/source/{name}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "media": self.media,
                "may_undo": self.has_undo_permission(request),
                "may_load": self.has_add_permission(request),
                **context,
            },
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Sources", **(extra_context or {})})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Loading has pages of its own."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return redirect("admin:digest_upload_add")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A source's ledger."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        source = self.get_object(request, object_id)
        if source is None:
            raise Http404
        verdict = request.GET.get("verdict", "")
        if verdict not in ("", *Verdict.values):
            raise Http404
        ledger = Ledger(source, verdict)
        pages: Paginator[Any] = Paginator(ledger, ROWS)  # type: ignore[arg-type]
        page = pages.get_page(request.GET.get("page"))
        return self._page(
            request,
            "change_form",
            title=source.name,
            original=source,
            verdicts=[(each, getattr(source, each.value)) for each in Verdict],
            verdict=verdict,
            page=page,
            page_range=pages.get_elided_page_range(page.number),
            remarks=ledger.remarks[:REMARKS],
            remarks_left=len(ledger.remarks[REMARKS:]),
            loaded=self.loaded(source),
            days=self.days(source),
            stream=source.stream if Stream.objects.several() else None,
            admin_has_papers=self.admin_site.is_registered(Paper)
            and request.user.has_perm("digest.view_paper"),
        )

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The file as it was loaded, as a download."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        source = get_object_or_404(Source, pk=pk)
        reader = reader_of(Format(source.format))
        # A path's last part; what was loaded from standard input is called "-".
        name = source.name.replace("\\", "/").rpartition("/")[2].strip(". -")
        name = name or f"source-{source.pk}{reader.suffixes[0]}"
        header = content_disposition_header(True, name)
        return HttpResponse(
            bytes(source.content),
            content_type=reader.content_type,
            headers={"Content-Disposition": header},
        )

    def reread_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what today's reader makes of a file, and apply it if that is confirmed."""
        if not (self.has_undo_permission(request) and self.has_add_permission(request)):
            raise PermissionDenied
        if request.method == "POST":
            return self._reread(request, pk)
        source = get_object_or_404(Source, pk=pk)
        report = changes = None
        if source.rows <= PREVIEWED:
            previewed = preview(bytes(source.content), source.name, instead_of=source)
            report, changes = previewed.report, Changes.of(previewed.changes)
        return self._page(
            request,
            "reread",
            title="Read again",
            original=source,
            changes=changes,
            most=PREVIEWED,
            report=report,
            counts=_counts(source, report),
        )

    def _reread(self, request: HttpRequest, pk: int) -> HttpResponse:
        source = get_object_or_404(Source, pk=pk)
        before, name = _counts_text(source), source.name
        read: list[Source] = []

        def log(report: LoadReport) -> None:
            if report.source:
                read.append(Source.objects.defer("content").get(pk=report.source))
                message = f"Read again. Before: {before}. Now: {_counts_text(read[0])}."
                self.admin_site.log(request, read[0], message)

        try:
            report = reread(source, request.user.pk, log)
        except Source.DoesNotExist:
            raise Http404 from None
        if report.status == "unreadable":
            reason = "; ".join(f"line {problem}" for problem in report.problems[:1])
            messages.error(request, f"It cannot be read any longer, so it is not changed: {reason}")
            return redirect("admin:digest_source_change", pk)
        if not read:
            messages.warning(request, f"Another source has the same content as {name}, and stays.")
            return redirect("admin:digest_source_changelist")
        messages.success(request, f"Read again: {name}, {_counts_text(read[0])}.")
        return redirect("admin:digest_source_change", read[0].pk)

    # Undoing

    @admin.action(description="Undo the selected sources", permissions=["undo"])
    def undo_some(self, request: HttpRequest, sources: QuerySet[Source]) -> HttpResponse | None:
        keys = list(sources.order_by().values_list("pk", flat=True)[: AT_ONCE + 1])
        if len(keys) > AT_ONCE:
            messages.error(request, f"Choose at most {AT_ONCE} sources to undo together.")
            return None
        return redirect(_undo_address(keys))

    def undo_view(self, request: HttpRequest) -> HttpResponse:
        """Show what the undoing of some sources would change, and undo them if that is
        confirmed."""
        if not self.has_undo_permission(request):
            raise PermissionDenied
        parameters = request.POST if request.method == "POST" else request.GET
        keys = keys_of(parameters.getlist("source"))
        found = Source.objects.filter(pk__in=keys[:AT_ONCE]).defer("content", "problems")
        sources = list(found.order_by("-loaded_at", "-pk"))
        if not sources:
            messages.warning(request, "There is no such source any longer.")
            return redirect("admin:digest_source_changelist")
        if request.method == "POST":
            return self._undo(request, sources)
        keys = [source.pk for source in sources]
        rows = sum(source.rows for source in sources)
        changes = None
        stay: set[str] = set()
        if rows <= PREVIEWED:
            changes = Changes.of(would_change(lambda: to_undo(keys)))
            stay = _referenced([one.slug for one in changes.removed])
        return self._page(
            request,
            "undo",
            title="Undo a source" if len(sources) == 1 else "Undo sources",
            original=sources[0] if len(sources) == 1 else None,
            sources=sources,
            rows=rows,
            most=PREVIEWED,
            changes=changes,
            hidden=[one for one in changes.removed if one.slug in stay] if changes else [],
            removed=[one for one in changes.removed if one.slug not in stay] if changes else [],
        )

    def _undo(self, request: HttpRequest, sources: list[Source]) -> HttpResponse:
        began = time.monotonic()
        rows = done = 0
        while sources and (not done or time.monotonic() - began < SECONDS):
            source = sources.pop(0)
            log = partial(
                self.admin_site.log, request, source, f"Undone. It had {_counts_text(source)}."
            )
            if not undo(source, log):
                continue  # somebody was faster
            rows += source.rows
            done += 1
        what = "1 source is" if done == 1 else f"{done} sources are"
        messages.success(request, f"{what} undone, with {rows:,} row{'s' * (rows != 1)}.")
        if sources:
            messages.info(request, f"Continue with the other {len(sources)}.")
            return redirect(_undo_address([source.pk for source in sources]))
        return redirect("admin:digest_source_changelist")


def _undo_address(keys: Iterable[int]) -> str:
    query = QueryDict(mutable=True)
    query.setlist("source", [str(key) for key in keys])
    return f"{reverse('admin:digest_source_undo')}?{query.urlencode()}"


def _referenced(slugs: Iterable[str]) -> set[str]:
    """Those of the papers that other rows than entries refer to: people's, or decisions."""
    found: set[str] = set()
    for some in batches(slugs):
        papers = Paper.objects.filter(slug__in=some).referenced(but=Entry)
        found.update(papers.values_list("slug", flat=True))
    return found


def _counts_text(source: Source) -> str:
    """A source's counts in words."""
    counts = [(getattr(source, verdict), verdict) for verdict in Verdict.values]
    counted = ", ".join(f"{count:,} {verdict}" for count, verdict in counts if count)
    return f"{source.rows:,} row{'s' * (source.rows != 1)}" + (f" ({counted})" if counted else "")


def _counts(source: Source, report: LoadReport | None) -> list[tuple[str, int, int]]:
    """For each verdict its rows then and as they would be."""
    now = report.verdicts if report else {}
    return [
        (verdict.label, getattr(source, verdict.value), now.get(verdict.value, 0))
        for verdict in Verdict
    ]
