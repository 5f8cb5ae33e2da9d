"""What is suspicious in the catalogue: dead links, likely duplicates, and what the doctor finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.core.cache import caches
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from digest import curation
from digest.doctor import CHECKS, examine
from digest.identity import author_slug
from digest.link_health import MOST_AT_ONCE, NothingAnswers, recheck
from digest.models import Author, Catalogue, Link, LinkHealth, Paper, Proposal

from .site import Site

MOST_CHECKED = 200
"""Rows that are chosen to be checked again."""
SHOWN = 100
"""Findings of a check on its page."""
BESIDE = 10
"""Papers of an author that are shown beside those of another."""


class _Looked(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that programs write: to look at, and not to edit."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def log(self, request: HttpRequest, target: Any, said: str) -> None:
        cast(Site, self.admin_site).log(request, target, said)


# Links


class _State(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"
    states = {
        "dead": ("dead", Q(dead=True)),
        "failing": ("failing, not dead yet", Q(dead=False, failures__gt=0)),
        "alive": ("alive", Q(status__range=(200, 299))),
        "untold": ("would not say", Q(dead=False, failures=0) & ~Q(status__range=(200, 299))),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, label) for name, (label, _) in self.states.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.states.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


@admin.register(LinkHealth)
class LinkHealthAdmin(_Looked):
    list_display = ("short", "state", "status", "reason", "failures", "checked_at")
    list_filter = (_State,)
    search_fields = ("url",)
    ordering = ("-checked_at", "-pk")
    sortable_by = ("checked_at",)
    fields = readonly_fields = ("url", *list_display[1:], "given_by")
    empty_value_display = ""
    actions = ("check_again",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_recheck_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("digest.change_linkhealth")

    @admin.display(description="URL")
    def short(self, health: LinkHealth) -> str:
        return Truncator(health.url.partition("://")[2]).chars(60)

    @admin.display
    def state(self, health: LinkHealth) -> str:
        if health.dead or health.failures:
            return "dead" if health.dead else "failing"
        return "alive" if 200 <= (health.status or 0) < 300 else "would not say"

    @admin.display(description="given by")
    def given_by(self, health: LinkHealth) -> str:
        papers = Paper.objects.visible().filter(Q(links__url=health.url) | Q(url=health.url))
        found = papers.distinct().order_by("pk")[: BESIDE + 1]
        return format_html_join(", ", "{}", ((_to_paper(paper),) for paper in found))

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
        message = f"Choose fewer: at most {MOST_CHECKED} at a time. Nothing was checked."
        model_admin.message_user(request, message, messages.ERROR)
        return
    try:
        checked = recheck(urls)
    except NothingAnswers:
        message = "No host answered: can this machine reach the internet? Nothing was marked."
        model_admin.message_user(request, message, messages.ERROR)
        return
    told = ", ".join(f"{count} {outcome.value}" for outcome, count in checked.outcomes.items())
    message = f"Checked {checked.outcomes.total()} of {len(urls)} links: {told or 'no answer yet'}."
    model_admin.admin_site.log(request, LinkHealth, message)
    if checked.left:
        message += f" Do it again for the rest: {MOST_AT_ONCE} are asked at a time, for 10 seconds."
    model_admin.message_user(request, message, messages.SUCCESS)


# Duplicates


class _Waiting(admin.SimpleListFilter):
    """Those that wait, unless others are asked for."""

    title = "decision"
    parameter_name = "decision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("refused", "they are two")]

    def choices(self, changelist: Any) -> Any:
        everything, *others = super().choices(changelist)
        return [{**everything, "display": "waiting"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(refused_at__isnull=self.value() != "refused")


@admin.register(Proposal)
class ProposalAdmin(_Looked):
    list_display = ("reason", "one", "other", "kind", "found_at")
    list_filter = (_Waiting, "kind")
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
            message = "There is no such proposal any longer: it was decided, or taken away."
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
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Are they one?",
            "original": proposal,
            "names": (self.one(proposal), self.other(proposal)),
            "rows": sides,
            "papers": papers,
            "may_merge": may and bool(sides),
            "may_refuse": self.has_change_permission(request),
        }
        return TemplateResponse(request, "admin/digest/proposal/compare.html", context)

    def _may_merge(self, request: HttpRequest, proposal: Proposal) -> bool:
        right = "add_merge" if proposal.kind == Proposal.Kind.PAPER else "add_alias"
        return self.has_change_permission(request) and request.user.has_perm(f"digest.{right}")

    def _decide(self, request: HttpRequest, proposal: Any) -> HttpResponse:
        do, why = request.POST.get("do"), request.POST.get("why", "").strip()[:500]
        of, into = proposal.first, proposal.second
        if do == "first":
            of, into = into, of
        elif do not in ("second", "two"):
            self.message_user(request, "Say which of them, or that they are two.", messages.ERROR)
            return redirect("admin:digest_proposal_change", proposal.pk)
        try:
            if do == "two":
                said = f"They are two: {of} and {into}."
                with transaction.atomic():
                    Proposal.objects.filter(pk=proposal.pk).update(
                        refused_at=timezone.now(), refused_by=request.user
                    )
                    self.log(request, proposal, f"{said} {why}".strip())
            else:
                said = f"Merged {of} into {into}."

                def settle(target: Paper | Author) -> None:
                    self.log(request, target, f"{said} {why}".strip())
                    Proposal.objects.filter(pk=proposal.pk).delete()

                _merge(proposal.kind, of, into, request.user, why, settle)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return redirect("admin:digest_proposal_change", proposal.pk)
        self.message_user(request, said, messages.SUCCESS)
        following = Proposal.objects.filter(kind=proposal.kind, refused_at=None).first()
        if following:
            return redirect("admin:digest_proposal_change", following.pk)
        return redirect("admin:digest_proposal_changelist")


def _merge(
    kind: str, of: str, into: str, by: Any, why: str, also: Callable[[Paper | Author], None]
) -> None:
    """Merge. also: writes what belongs to it, given the row that is left. Raises
    ValidationError."""
    if kind == Proposal.Kind.AUTHOR:
        curation.merge_authors(of, into, by, why, lambda: also(Author.objects.get(name=into)))
        return
    found = Paper.objects.in_bulk([of, into], field_name="slug")
    if len(found) < 2:
        raise ValidationError("One of them is not there any longer.")
    curation.merge_papers(found[of], found[into], by, why, lambda: also(found[into]))


def _side(kind: str, name: str, title: str | None) -> SafeString:
    """A paper or an author as a link to what readers see."""
    if kind == Proposal.Kind.PAPER:
        text = f"{Truncator(title).chars(100)} ({name})" if title else name
        return format_html('<a href="{}">{}</a>', reverse("paper", args=[name]), text)
    return format_html('<a href="{}">{}</a>', reverse("author", args=[author_slug(name)]), name)


def _to_paper(paper: Paper) -> SafeString:
    return format_html('<a href="{}">{}</a>', paper.get_absolute_url(), paper.title)


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
        "Title": _to_paper,
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
        return format_html_join(SafeString("<br>"), "{}", ((_to_paper(paper),) for paper in some))

    first, second = (_counted(each.paper_count, "paper", "papers") for each in (one, other))
    return [
        ("Name", _side(proposal.kind, one.name, None), _side(proposal.kind, other.name, None)),
        ("Newest papers", papers(one), papers(other)),
        ("Would show the other name", first, second),
    ]


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


# The doctor


def doctor(request: HttpRequest) -> HttpResponse:
    """What each check finds: how much of all of them, and the first findings of one.

    The numbers are kept for as long as the catalogue does not change: to count takes some seconds
    of 200,000 papers.
    """
    if not request.user.has_perm("digest.view_paper"):
        raise PermissionDenied
    context: dict[str, Any] = {**admin.site.each_context(request), "title": "The doctor"}
    if name := request.GET.get("check"):
        if name not in CHECKS:
            raise Http404
        found = examine(CHECKS[name])
        context |= {
            "title": found.check.title,
            "check": found.check,
            "count": _bounded(found),
            "findings": found.findings[:SHOWN],
            "shown": SHOWN if len(found.findings) > SHOWN else 0,
        }
    else:
        key = f"doctor:{Catalogue.current()}"
        counts = caches["pages"].get(key)
        if counts is None:
            counts = {name: _bounded(examine(check)) for name, check in CHECKS.items()}
            caches["pages"].set(key, counts)
        context["checks"] = [(check, counts[name]) for name, check in CHECKS.items()]
    return TemplateResponse(request, "admin/digest/doctor.html", context)


def _bounded(examined: Any) -> str:
    count = f"{len(examined.findings):,}"
    return f"more than {count}" if examined.more else count
