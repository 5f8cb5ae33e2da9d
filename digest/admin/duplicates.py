"""Likely duplicates: the two side by side, and what is decided of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from digest.curation import decisions
from digest.models import Author, Paper, Proposal
from digest.text.identity import author_slug

from .base import BESIDE, MAX_REASON, ChoiceFilter, Curated, Task, to_paper


class _Waiting(ChoiceFilter):
    title = parameter_name = "decision"
    choices_ = {
        "": ("waiting", lambda proposals: proposals.filter(refused_at=None)),
        "refused": ("not duplicates", lambda proposals: proposals.exclude(refused_at=None)),
    }


@admin.register(Proposal)
class ProposalAdmin(Curated):
    list_display = ("reason", "one", "other", "kind", "found_at")
    list_filter = (_Waiting, "kind")
    tasks = (Task("possible duplicates", lambda rows: rows.filter(refused_at=None)),)
    search_fields = ("first", "second", "reason")
    sortable_by = ("found_at",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        def title(of: str) -> Subquery:
            return Subquery(Paper.objects.filter(slug=OuterRef(of)).values("title")[:1])

        titled: QuerySet[Any] = super().get_queryset(request)
        titled = titled.annotate(first_title=title("first"), second_title=title("second"))
        return titled

    @admin.display(description="first")
    def one(self, proposal: Any) -> str:
        return _side(proposal.kind, proposal.first, proposal.first_title)

    @admin.display(description="second")
    def other(self, proposal: Any) -> str:
        return _side(proposal.kind, proposal.second, proposal.second_title)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The two side by side, and what is decided of them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            proposal = self.get_queryset(request).filter(pk=int(object_id)).first()
        except ValueError:
            raise Http404 from None
        if proposal is None:
            message = "There is no such proposal any longer: it was decided or removed."
            self.message_user(request, message, messages.WARNING)
            return redirect("admin:digest_proposal_changelist")
        may = self._may_merge(request, proposal)
        if request.method == "POST":
            if not self.has_change_permission(request) or not (
                may or request.POST.get("do") == "two"
            ):
                raise PermissionDenied
            return self._decide(request, proposal)
        papers = proposal.kind == Proposal.Kind.PAPER
        sides = (_papers if papers else _authors)(proposal)
        return self.page(
            request,
            "proposal/compare.html",
            "Duplicates?",
            proposal,
            names=(self.one(proposal), self.other(proposal)),
            rows=sides,
            papers=papers,
            may_merge=may and bool(sides),
            may_refuse=self.has_change_permission(request),
        )

    def _may_merge(self, request: HttpRequest, proposal: Proposal) -> bool:
        right = "add_merge" if proposal.kind == Proposal.Kind.PAPER else "add_alias"
        return self.has_change_permission(request) and request.user.has_perm(f"digest.{right}")

    def _decide(self, request: HttpRequest, proposal: Any) -> HttpResponse:
        do, reason = request.POST.get("do"), request.POST.get("why", "").strip()[:MAX_REASON]
        of, into = proposal.first, proposal.second
        if do == "first":
            of, into = into, of
        elif do not in ("second", "two"):
            self.message_user(request, "Choose one to keep, or “Not duplicates”.", messages.ERROR)
            return redirect("admin:digest_proposal_change", proposal.pk)
        try:
            if do == "two":
                message = f"Not duplicates: {of} and {into}."
                with transaction.atomic():
                    Proposal.objects.filter(pk=proposal.pk).update(
                        refused_at=timezone.now(), refused_by=request.user
                    )
                    self.log(request, proposal, f"{message} {reason}".strip())
            else:
                message = f"Merged {of} into {into}."

                def settle(target: Paper | Author) -> None:
                    self.log(request, target, f"{message} {reason}".strip())
                    Proposal.objects.filter(pk=proposal.pk).delete()

                _merge(proposal.kind, of, into, request.user, reason, settle)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return redirect("admin:digest_proposal_change", proposal.pk)
        self.message_user(request, message, messages.SUCCESS)
        following = Proposal.objects.filter(kind=proposal.kind, refused_at=None).first()
        if following:
            return redirect("admin:digest_proposal_change", following.pk)
        return redirect("admin:digest_proposal_changelist")


def _merge(
    kind: str, of: str, into: str, by: Any, reason: str, also: Callable[[Paper | Author], None]
) -> None:
    """Merge. also: writes what belongs to it, given the row that is left. Raises
    ValidationError."""
    if kind == Proposal.Kind.AUTHOR:
        decisions.merge_authors(of, into, by, reason, lambda: also(Author.objects.get(name=into)))
        return
    found = Paper.objects.in_bulk([of, into], field_name="slug")
    if len(found) < 2:
        raise ValidationError("One of them no longer exists.")
    decisions.merge_papers(found[of], found[into], by, reason, lambda: also(found[into]))


def _side(kind: str, name: str, title: str | None) -> SafeString:
    """A paper or an author as a link to what readers see."""
    if kind == Proposal.Kind.PAPER:
        text = f"{Truncator(title).chars(100)} ({name})" if title else name
        return format_html('<a href="{}">{}</a>', reverse("paper", args=[name]), text)
    return format_html('<a href="{}">{}</a>', reverse("author", args=[author_slug(name)]), name)


_Rows = list[tuple[str, Any, Any]]
"""What there is to compare: its name, and what either side has of it."""


def _papers(proposal: Proposal) -> _Rows:
    """The two papers, in six queries; nothing if one of them is not there any longer."""
    papers = Paper.objects.visible().for_cards().prefetch_related("digests")
    papers = papers.annotate(entry_count=Count("entries"))
    found = {
        paper.slug: paper for paper in papers.filter(slug__in=[proposal.first, proposal.second])
    }
    if len(found) < 2:
        return []
    one, other = found[proposal.first], found[proposal.second]

    def authors(paper: Paper) -> str:
        names = ", ".join(place.author.name for place in paper.authorships.all())
        return f"{names} (perhaps cut)" if paper.authors_cut else names

    def days(paper: Paper) -> SafeString:
        dates = ((day.get_absolute_url(), date_format(day.date)) for day in paper.digests.all())
        return format_html_join(", ", '<a href="{}">{}</a>', dates)

    def links(paper: Paper) -> SafeString:
        found = ((link.url, link.url) for link in paper.links.all())
        return format_html_join(SafeString("<br>"), '<a href="{}">{}</a>', found)

    shown: dict[str, Callable[[Any], Any]] = {
        "Title": to_paper,
        "Address": lambda paper: format_html('<a href="{0}">{0}</a>', paper.abstract_url),
        "Authors": authors,
        "Summary": lambda paper: Truncator(paper.summary).words(60),
        "Categories": lambda paper: ", ".join(
            place.category.name for place in paper.classifications.all()
        ),
        "Links": links,
        "Days": days,
        "Would move": lambda paper: _counted(paper.entry_count, "entry", "entries"),
    }
    return [(label, show(one), show(other)) for label, show in shown.items()]


def _authors(proposal: Proposal) -> _Rows:
    """The two authors, in three queries; nothing if one of them is not there any longer."""
    found = Author.objects.in_bulk([proposal.first, proposal.second], field_name="name")
    if len(found) < 2:
        return []
    one, other = found[proposal.first], found[proposal.second]

    def papers(author: Author) -> SafeString:
        some = Paper.objects.by(author).newest()[:BESIDE]
        return format_html_join(SafeString("<br>"), "{}", ((to_paper(paper),) for paper in some))

    first, second = (_counted(each.paper_count, "paper", "papers") for each in (one, other))
    return [
        ("Name", _side(proposal.kind, one.name, None), _side(proposal.kind, other.name, None)),
        ("Newest papers", papers(one), papers(other)),
        ("Would show the other name", first, second),
    ]


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
