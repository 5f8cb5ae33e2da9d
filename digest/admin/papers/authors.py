"""Authors and categories: who has which papers, and names that stand for others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import slugify

from digest.admin.base import MAX_REASON, Curated, ReadOnly, address, preview
from digest.catalogue.fields import AUTHORS
from digest.catalogue.plan import Edit
from digest.curation import decisions
from digest.models import Alias, Author, Category, Paper

from .forms import suggested

_LARGE = 50
"""Papers of an author: of more, a preview shows only their number."""


class NameKindFilter(admin.SimpleListFilter):
    title = "name"
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("handle", "one word, so most likely a handle"), ("spellings", "many spellings")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "handle":
                return queryset.exclude(name__contains=" ")
            case "spellings":
                return queryset.filter(name__in=Alias.objects.active().values("of"))
        return queryset


class NameForm(forms.Form):
    """The name to show for another."""

    into = forms.CharField(
        label="The name to show",
        help_text="An existing author, or a new name: then this author is renamed.",
        widget=suggested(AUTHORS),
    )
    why = forms.CharField(required=False, max_length=MAX_REASON, widget=AdminTextInputWidget)

    def clean_into(self) -> Any:
        (name,) = AUTHORS.clean([self.cleaned_data["into"]]) or [""]
        return name


@admin.register(Author)
class AuthorAdmin(Curated):
    list_display = ("name", "paper_count", "handle")
    list_filter = (NameKindFilter,)
    search_fields = ("name",)
    search_help_text = "The beginning of a name, or words of it."
    sortable_by = ()

    @admin.display(description="handle", boolean=True)
    def handle(self, author: Author) -> bool:
        return author.is_handle

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the beginning of the name, which has an index, or else by each of the words."""
        words = search_term.replace("\0", "").split()
        if not words:
            return queryset, False
        beginning = queryset.filter(_begins(" ".join(words)))
        if beginning.exists():
            return beginning, False
        return queryset.filter(*(Q(name__icontains=word) for word in words)), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The author's papers and names, and another name for them, which is tried first."""
        author: Author = self.row(request, object_id, change=request.method == "POST")
        form = NameForm(request.POST or None, initial={"into": request.GET.get("into", "")})
        previewed, into = None, ""
        if form.is_valid():
            into, reason = form.cleaned_data["into"], form.cleaned_data["why"]

            def decision(log: Callable[[], None]) -> Alias:
                return decisions.merge_authors(author.name, into, request.user, reason, log)

            if "confirm" in request.POST:
                message = f"{author.name} is shown as {into}."
                if self.decide(request, decision, author, f"{message} {reason}".strip()):
                    end = Author.objects.filter(name=Alias.shown()[author.name]).first()
                    to = address(self.admin_site, end)
                    return HttpResponseRedirect(to or reverse("admin:digest_author_changelist"))
            else:
                try:
                    previewed = preview(
                        _few(lambda: decisions.to_merge_authors(author.name, into), author)
                    )
                except ValidationError as error:
                    form.add_error("into", error)
        names = [name for name, shown in Alias.shown().items() if shown == author.name]
        page = Paginator(Paper.objects.by(author).newest().only("slug", "title", "date"), 50)
        page.count = author.paper_count
        return self.page(
            request,
            "author/change_form.html",
            author.name,
            author,
            form=form,
            previewed=previewed,
            large=author.paper_count > _LARGE,
            into=into,
            known=Author.objects.filter(name=into).first(),
            papers=page.get_page(request.GET.get("page")),
            aliases=Alias.objects.active().filter(name__in=names).select_related("made_by"),
            may_change=self.has_change_permission(request, author),
        )


def _few(edit: Callable[[], Edit], author: Author | None) -> Callable[[], Edit]:
    """The edit, about none of the author's papers if they are many."""
    if author and author.paper_count > _LARGE:
        return lambda: replace(edit(), papers=[])
    return edit


def _begins(text: str) -> Q:
    """The authors whose name begins so, whatever its case, as their index has them."""
    slug = slugify(text, allow_unicode=True)
    if not slug:
        return Q(name__startswith=text)
    if connection.vendor == "sqlite":
        # Its LIKE uses no index here.
        return Q(slug__gte=slug, slug__lt=slug + chr(0x10FFFF))
    return Q(slug__startswith=slug)


def split(admin_: Curated, request: HttpRequest, alias: Alias) -> HttpResponse:
    """Tell what would change if a name stood for itself again, and let it."""
    if not request.user.has_perm("digest.change_alias"):
        raise PermissionDenied

    def decision(log: Callable[[], None]) -> None:
        decisions.split_author(alias, request.user, log)

    if request.method == "POST":
        if admin_.decide(request, decision, alias, f"{alias.name} is shown as it is printed."):
            author = Author.objects.filter(name=alias.name).first()
            return HttpResponseRedirect(address(admin_.admin_site, author or alias))
        return HttpResponseRedirect(address(admin_.admin_site, alias))
    end = Author.objects.filter(name=Alias.shown().get(alias.name, alias.of)).first()
    try:
        previewed = preview(_few(lambda: decisions.to_split_author(alias), end))
    except ValidationError as error:
        admin_.message_user(request, " ".join(error.messages), messages.ERROR)
        return HttpResponseRedirect(address(admin_.admin_site, alias))
    return admin_.page(
        request,
        "split.html",
        "Split a name from another",
        alias,
        question=f"Show {alias.name} as printed, and no longer as {alias.of}?",
        follows="",
        previewed=previewed,
        large=end is not None and end.paper_count > _LARGE,
        back="",
    )


class CategoryKindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("area", "areas"), ("unknown", "unknown")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "area":
                return queryset.filter(is_area=True)
            case "unknown":
                return queryset.filter(is_area=False, area=None)
        return queryset


@admin.register(Category)
class CategoryAdmin(ReadOnly):
    list_display = ("name", "area", "paper_count")
    list_filter = (CategoryKindFilter,)
    list_select_related = ("area",)
    search_fields = ("name",)
    ordering = ("-paper_count", "name")
