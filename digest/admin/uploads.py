"""Loading digests: what curators upload waits, is previewed, and loaded file by file.

Files that were uploaded together are a batch. Nothing is lost when a tab is closed: whoever may
load goes on with it, and each file is loaded once, however many go on at once.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from digest.catalogue.load import LoadReport, load
from digest.models import DEFAULT, Source, Upload, Verdict

from .site import Site
from .sources import keys_of
from .upload_form import LoadForm
from .upload_previews import PREVIEWED, Previewed, foreseen, preview_of, sent

SECONDS = 1
"""After which a request takes up no further file."""
RETENTION = timedelta(days=30)
"""How long the outcome of an upload is stored."""
LOADED = Q(report__has_key="status")
"""Uploads that were loaded. Before, a report has what their preview said, if it was looked at."""


class _LoadedBySomebodyElse(Exception):
    """Meanwhile: nothing of it is written again."""


@admin.register(Upload)
class UploadAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    admin_site: Site

    # Whoever may load does all of this, with everybody's batches.

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("digest.add_source")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("content")

    # Pages

    def get_urls(self) -> list[URLPattern]:
        def view(page: Any) -> Any:
            def allowed(request: HttpRequest, **parameters: Any) -> HttpResponse:
                if not self.has_view_permission(request):
                    raise PermissionDenied
                response: HttpResponse = page(request, **parameters)
                return response

            return self.admin_site.admin_view(allowed)

        batch = "batch/<uuid:batch>/"
        return [
            path(batch, view(self.batch_view), name="digest_upload_batch"),
            path(f"{batch}<int:pk>/", view(self.file_view), name="digest_upload_file"),
            path(f"{batch}confirm/", view(self.confirm_view), name="digest_upload_confirm"),
            path(f"{batch}load/", view(self.load_view), name="digest_upload_load"),
            path(f"{batch}discard/", view(self.discard_view), name="digest_upload_discard"),
            *super().get_urls(),
        ]

    def _page(self, request: HttpRequest, name: str, **context: Any) -> TemplateResponse:
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            f"admin/digest/upload/{name}.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "media": self.media,
                **context,
            },
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Store uploaded files as a batch."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        sent = request.method == "POST"
        form = LoadForm(request.POST, request.FILES) if sent else LoadForm()
        if not form.is_valid():
            answer = self._page(request, "add", title="Load digests", form=form)
            answer.status_code = 400 if sent else 200
            return answer
        batch, by = uuid4(), cast(Any, request.user)
        with transaction.atomic():
            Upload.objects.filter(LOADED, uploaded_at__lt=timezone.now() - RETENTION).delete()
            for name, content in form.contents:
                Upload.objects.create(
                    batch=batch,
                    name=name,
                    content=content,
                    stream_id=form.stream_key,
                    uploaded_by=by,
                )
        for reason in form.refused:
            messages.warning(request, f"Left out: {reason}.")
        return redirect("admin:digest_upload_batch", batch)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The batches of which something is still to be loaded."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        batches = (
            Upload.objects.order_by()
            .values("batch")
            .annotate(
                files=Count("pk"),
                confirmed=Count("confirmed_at"),
                loaded=Count("pk", filter=LOADED),
                at=Min("uploaded_at"),
                by=Min("uploaded_by__username"),
                first=Min("name"),
                last=Max("name"),
            )
            .filter(loaded__lt=F("files"))
            .order_by("-at")
        )
        return self._page(request, "change_list", title="Uploads", batches=batches)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Where a file's batch is."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        upload = self.get_object(request, object_id)
        if upload is None:
            raise Http404
        return redirect("admin:digest_upload_batch", upload.batch)

    @method_decorator(require_safe)
    def batch_view(self, request: HttpRequest, batch: UUID) -> HttpResponse:
        """A batch: what loading it would do, how far that is, or what it did."""
        files = list(_of(batch).defer("content"))
        if not files:
            raise Http404
        confirmed = [file for file in files if file.confirmed_at]
        if not confirmed:
            return self._preview(request, batch, files)
        if all(file.report and "status" in file.report for file in confirmed):
            return self._summary(request, batch, confirmed)
        return self._page(request, "load", title="Loading digests", **_progress(batch))

    def _preview(self, request: HttpRequest, batch: UUID, files: list[Upload]) -> HttpResponse:
        """The batch before it is loaded. `from` in the query: the place, from 0, of the first file
        that is previewed; as many follow as are in time, and the page asks for the others itself.
        """
        first = request.GET.get("from", "")
        start = int(first) if first.isascii() and first.isdigit() and len(first) < 5 else 0
        start = min(start, len(files) - 1)
        began = time.monotonic()
        shown: list[tuple[int, Upload, Previewed | None]] = []
        after = None
        for place, file in enumerate(files):
            previewed = None
            if place == start or (place > start and time.monotonic() - began < SECONDS):
                previewed = preview_of(file)
            elif place > start and after is None:
                after = place
            shown.append((place, file, previewed))
        return self._page(
            request,
            "preview",
            title="Load digests: preview",
            batch=batch,
            files=shown,
            after=after,
            most=PREVIEWED // 10**6,
        )

    @method_decorator(require_safe)
    def file_view(self, request: HttpRequest, batch: UUID, pk: int) -> HttpResponse:
        """The preview of one file, as a part of its batch's page."""
        files = _of(batch).filter(confirmed_at=None)
        file = get_object_or_404(files.defer("content"), pk=pk)
        context = {
            "batch": batch,
            "file": file,
            "previewed": preview_of(file),
            "place": files.filter(pk__lt=pk).count(),
            "most": PREVIEWED // 10**6,
        }
        return TemplateResponse(request, "admin/digest/upload/_file.html", context)

    @method_decorator(require_POST)
    def confirm_view(self, request: HttpRequest, batch: UUID) -> HttpResponse:
        """Begin to load the files that are ticked; the others are thrown away."""
        keys = {*keys_of(request.POST.getlist("load"))}
        with transaction.atomic():
            waiting = _of(batch).filter(confirmed_at=None).select_for_update()
            found = set(waiting.values_list("pk", flat=True))
            if found and not found & keys:
                messages.error(request, "Tick the files to load, or discard all of them.")
                return redirect("admin:digest_upload_batch", batch)
            _of(batch).filter(pk__in=found & keys).update(confirmed_at=timezone.now())
            seen = [Upload(pk=pk, report=sent(request, pk)) for pk in sorted(found & keys)]
            Upload.objects.bulk_update([one for one in seen if one.report], ["report"])
            _of(batch).filter(pk__in=found - keys).delete()
        return redirect("admin:digest_upload_batch", batch)

    @method_decorator(require_POST)
    def load_view(self, request: HttpRequest, batch: UUID) -> HttpResponse:
        """Load some files of a confirmed batch, as many as are in time."""
        began = time.monotonic()
        while self._load_next(request, batch) and time.monotonic() - began < SECONDS:
            pass
        context = _progress(batch)
        if request.headers.get("HX-Request") and context["left"]:
            return TemplateResponse(request, "admin/digest/upload/_progress.html", context)
        address = reverse("admin:digest_upload_batch", args=[batch])
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": address})
        return redirect(address)

    def _load_next(self, request: HttpRequest, batch: UUID) -> bool:
        """Load the next file; whether there was one.

        That it is loaded is known in the same moment as what it says, so that nothing happens
        twice, whoever else does the same, and nothing by halves.
        """
        waiting = _of(batch).exclude(confirmed_at=None).exclude(LOADED)
        file = waiting.first()
        if file is None:
            return False

        def save(report: LoadReport) -> None:
            outcome = {**asdict(report), "previewed": file.report and file.report["previewed"]}
            outcome["problems"] = len(report.problems)
            if report.status == "unreadable":
                outcome["reason"] = "; ".join(f"line {problem}" for problem in report.problems[:3])
            if not waiting.filter(pk=file.pk).update(report=outcome, content=b""):
                raise _LoadedBySomebodyElse
            if report.source:
                source = Source.objects.defer("content").get(pk=report.source)
                self.log_addition(request, source, f"Loaded: {report.rows} rows.")

        with suppress(_LoadedBySomebodyElse):
            load(bytes(file.content), file.name, request.user.pk, save, file.stream_id or DEFAULT)
        return True

    def _summary(self, request: HttpRequest, batch: UUID, files: list[Upload]) -> HttpResponse:
        """What loading a batch did."""
        totals: Counter[str] = Counter()
        there = set(
            Source.objects.filter(pk__in=[file.report["source"] for file in files]).values_list(
                "pk", flat=True
            )
        )
        rows = []
        for file in files:
            report = file.report
            counts = [report["verdicts"].get(verdict, 0) for verdict in Verdict.values]
            totals.update({report["status"]: 1, **report["verdicts"]})
            before, now = report["previewed"], foreseen(report)
            rows.append(
                {
                    "file": file,
                    "source": report["source"] if report["source"] in there else None,
                    "counts": counts,
                    "previewed": before if before and before != now else None,
                }
            )
        return self._page(
            request,
            "summary",
            title="Digests loaded",
            batch=batch,
            rows=rows,
            verdicts=Verdict.values,
            totals=totals,
            sums=[totals[verdict] for verdict in Verdict.values],
            differs=any(row["previewed"] for row in rows),
        )

    @method_decorator(require_POST)
    def discard_view(self, request: HttpRequest, batch: UUID) -> HttpResponse:
        """Throw away what a batch has that is not loaded."""
        count, _ = _of(batch).exclude(LOADED).delete()
        what = "1 file is" if count == 1 else f"{count} files are"
        messages.success(request, f"{what} discarded. What was loaded stays.")
        return redirect("admin:digest_upload_changelist")


def _of(batch: UUID) -> QuerySet[Upload]:
    return Upload.objects.filter(batch=batch).order_by("pk")


def _progress(batch: UUID) -> dict[str, Any]:
    files = _of(batch).exclude(confirmed_at=None)
    count, loaded = files.count(), files.filter(LOADED).count()
    return {
        "batch": batch,
        "count": count,
        "loaded": loaded,
        "left": count - loaded,
        "following": files.exclude(LOADED).values_list("name", flat=True).first(),
    }
