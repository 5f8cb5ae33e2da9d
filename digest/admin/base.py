"""What the curators' pages have in common: rows that are decided upon, and never edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from digest.catalogue.kinds import PaperField
from digest.catalogue.plan import Edit
from digest.catalogue.preview import would_change
from digest.models import Paper
from digest.search import COUNTED

from .changes import Changes, difference
from .site import Site

MOST = 200
"""Papers, or differences, that one action decides upon."""
MAX_REASON = 500
"""Characters of a reason."""


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than a search does: a list has no more pages either."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("pk")[: COUNTED + 1].count()


Narrow = Callable[[QuerySet[Any]], QuerySet[Any]]


class ChoiceFilter(admin.SimpleListFilter):
    """A filter of which each choice is a name in the address, a label, and what it does.

    The name "" is for when nothing is chosen, or what is not there; without it, that is all rows.
    """

    choices_: ClassVar[dict[str, tuple[str, Narrow]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, label) for name, (label, _) in self.choices_.items() if name]

    def choices(self, changelist: Any) -> Iterator[Any]:
        unchosen, *others = super().choices(changelist)
        if "" in self.choices_:
            unchosen = {**unchosen, "display": self.choices_[""][0]}
        yield from [unchosen, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.choices_.get(self.value() or "", self.choices_.get(""))
        return chosen[1](queryset) if chosen else queryset


class Task(NamedTuple):
    """Rows that wait for a curator. rows: narrows all rows down to them. query: of the address of
    the list that shows them."""

    label: str
    rows: Narrow
    query: str = ""


class Admin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What the site's own pages about rows have beyond Django's.

    tasks: what the first page of the admin counts.
    """

    admin_site: Site
    tasks: ClassVar[tuple[Task, ...]] = ()

    def row(self, request: HttpRequest, key: str, *, change: bool = True) -> Any:
        """The row with a key, which the person may change, or else view. Raises Http404,
        PermissionDenied."""
        found = self.get_object(request, unquote(key))
        if found is None:
            raise Http404
        may = self.has_change_permission if change else self.has_view_permission
        if not may(request, found):
            raise PermissionDenied
        return found

    def page(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        row: Any = None,
        status: int = 200,
        **more: Any,
    ) -> TemplateResponse:
        """A page about a row, or about rows to come. template: its name below the app's folder.
        more: what it shows."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "original": row,
            "media": self.media,
            "has_view_permission": self.has_view_permission(request, row),
            **more,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request, f"admin/{self.opts.app_label}/{template}", context, status=status
        )

    def open_reports(self, paper: Paper) -> tuple[int, str] | None:
        """How many reports on a paper are open, and their address, if these rows are reports."""
        return None

    def log(self, request: HttpRequest, row: Model | type[Model], message: str) -> None:
        self.admin_site.log(request, row, message)


class NotEdited(Admin):
    """Rows that no form adds, changes or deletes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Curated(Admin):
    """Rows that are there to be looked at and decided upon."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    list_per_page = 50
    actions: Any = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def decide(
        self,
        request: HttpRequest,
        decision: Callable[[Callable[[], None]], Any],
        row: Any,
        message: str,
    ) -> bool:
        """Do what was decided of a row and log it, or neither, and show `message` or the errors;
        whether it was done. decision: given what logs it, which it writes with the rest."""
        try:
            decision(lambda: self.log(request, row, message))
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return False
        self.message_user(request, message, messages.SUCCESS)
        return True


class ReadOnly(NotEdited, Curated):
    """Rows to survey: what was decided, each in a page of its own."""


BESIDE = 10
"""Papers of an author, or of a link, that are shown beside it."""


def to_paper(paper: Paper) -> SafeString:
    """A paper's title as a link to its page."""
    return format_html('<a href="{}">{}</a>', paper.get_absolute_url(), paper.title)


def address(site: AdminSite, row: Model | None) -> str:
    """Where the admin shows a row; "" if it does not."""
    if row is None or not site.is_registered(type(row)):
        return ""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def linked(site: AdminSite, row: Model | None, text: str = "") -> str:
    """A row's name, or another text, as a link to where the admin shows it."""
    to, text = address(site, row), text or str(row or "")
    return format_html('<a href="{}">{}</a>', to, text) if to else text


def word_diff(field: PaperField, before: Any, after: Any) -> SafeString:
    """The words of a text, or the items of a list, that went and that came; None is nothing."""
    if isinstance(before, list) and isinstance(after, list):
        return difference(before, after)
    return difference(field.text(before), field.text(after))


def preview(edit: Callable[[], Edit]) -> Changes:
    """What a decision would change, without making it. Raises ValidationError as the decision
    does."""
    return Changes.of(would_change(edit))
