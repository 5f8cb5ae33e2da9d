"""Papers: the list, what is done to several of them at once, and the way to a paper's own page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.text import Truncator

from digest import search
from digest.admin.base import MAX_REASON, MOST, Curated, Task
from digest.admin.links import check_links_again
from digest.catalogue.fields import CATEGORIES, HIDDEN
from digest.curation import decisions
from digest.models import Correction, Digest, Merge, Paper
from digest.search.query import MAX_LENGTH, MAX_TERMS
from digest.search.text import tokens

from . import filters
from .correcting import Correcting
from .forms import suggested
from .merging import Merging


class _Days:
    """The days of digests as Django's date hierarchy wants them: there are few, and many papers."""

    date_hierarchy = "date"
    model = Digest

    def __init__(self, papers: ChangeList) -> None:
        self.params = papers.params
        self.get_query_string = papers.get_query_string
        chosen = {
            name: papers.params[name]
            for name in ("date__year", "date__month", "date__day")
            if name in papers.params
        }
        self.queryset = Digest.objects.filter(**chosen)


class _Papers(ChangeList):
    @property
    def days(self) -> _Days:
        return _Days(self)

    def get_results(self, request: HttpRequest) -> None:
        """The rows of a page with what its columns show, by whichever method it is asked for."""
        super().get_results(request)
        corrections = Prefetch("corrections", Correction.objects.active(), "active_corrections")
        merged = Prefetch("merges", Merge.objects.active(), "merged_away")
        papers: Any = self.result_list
        papers = papers.defer("title_html", "summary", "points", "url")
        self.result_list = papers.for_cards().prefetch_related(corrections, merged)


class CategoryForm(forms.Form):
    """A category for several papers."""

    category = forms.CharField(widget=suggested(CATEGORIES))
    replace = forms.BooleanField(
        required=False, label="replace the present categories; otherwise it is added after them"
    )
    why = forms.CharField(required=False, max_length=MAX_REASON, widget=AdminTextInputWidget)

    def clean_category(self) -> str:
        names = CATEGORIES.clean([self.cleaned_data["category"]])
        if not names:
            raise ValidationError("A category has a name.")
        return names[0]


@admin.register(Paper)
class PaperAdmin(Correcting, Merging, Curated):
    list_display = ("name", "date", "by", "in_", "link_count", "marks")
    list_filter = (
        *(filters.LinksFilter, filters.CategoriesFilter, filters.AuthorsFilter),
        *(filters.CurationFilter, filters.ChangedFilter),
    )
    tasks = (
        Task("papers without authors", filters.without_authors, "?authors=none"),
        Task("papers with suspect links", filters.with_dead_links, "?links=dead"),
    )
    date_hierarchy = "date"
    ordering = ("-date", "position", "slug")
    empty_value_display = ""
    sortable_by = ("date",)
    search_fields = ("title",)
    search_help_text = (
        "As on the site: words, “a phrase”, -without, author:, has:code, date:2025-02; hidden "
        "papers by their id, or the words of their titles."
    )
    actions = ("hide", "show", "set_category", check_links_again)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _Papers

    # The columns

    @admin.display(description="title", ordering=None)
    def name(self, paper: Paper) -> str:
        return Truncator(paper.title).chars(120)

    @admin.display(description="authors")
    def by(self, paper: Paper) -> str:
        names = [place.author.name for place in paper.authorships.all()]
        others = " and others" if names[2:] or paper.authors_cut else ""
        return ", ".join(names[:2]) + others

    @admin.display(description="categories")
    def in_(self, paper: Paper) -> str:
        return ", ".join(place.category.name for place in paper.classifications.all())

    @admin.display(description="links")
    def link_count(self, paper: Paper) -> int:
        return len(paper.links.all())

    @admin.display(description="marks")
    def marks(self, paper: Any) -> str:
        names = [place.author for place in paper.authorships.all()]
        marks = {
            "corrected": paper.active_corrections,
            "merged": paper.merged_away,
            "hidden": paper.hidden,
            "list cut": paper.authors_cut,
            "handles": names and all(author.is_handle for author in names),
        }
        return ", ".join(mark for mark, has in marks.items() if has)

    def has_recheck_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("digest.change_linkhealth")

    # Finding some

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        query = search.parse(search_term)
        if request.method == "GET":
            for problem in query.problems:
                message = f"“{problem.part}” {problem.done}: {problem.reason}."
                self.message_user(request, message, messages.WARNING)
        words = tokens(search_term[:MAX_LENGTH])[:MAX_TERMS]
        titled = Q(*(Q(title__icontains=word) for word in words)) if words else Q(pk=None)
        hidden = filters.hidden(Paper.objects.filter(Q(slug=query.arxiv_id) | titled))
        keys = list(hidden.values_list("pk", flat=True)[: search.COUNTED])
        visible = Q(pk__in=search.matching(query))
        return queryset.filter(visible | Q(pk__in=keys) if keys else visible), False

    def get_urls(self) -> list[URLPattern]:
        suggest = self.admin_site.admin_view(self._suggest)
        urls: list[URLPattern] = super().get_urls()
        return [path("suggest/", suggest, name="digest_paper_suggest"), *urls]

    def _suggest(self, request: HttpRequest) -> HttpResponse:
        """Papers that a typed text finds, as the widget of `Merging` reads them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = search.Results(search.parse(request.GET.get("term", "")), "best")[0:20]
        results = [
            {"id": paper.pk, "text": f"{paper.title} ({paper.slug}, {date_format(paper.date)})"}
            for paper in found
        ]
        return JsonResponse({"results": results, "pagination": {"more": False}})

    # What is done to several

    @admin.action(description="Hide the selected papers", permissions=["change"])
    def hide(self, request: HttpRequest, papers: QuerySet[Paper]) -> None:
        if selected := self._selected(request, papers):
            shown = [paper for paper in selected if not paper.hidden]
            self._correct_each(request, shown, HIDDEN.name, lambda paper: True, "Hidden")

    @admin.action(description="Show the selected papers again", permissions=["change"])
    def show(self, request: HttpRequest, papers: QuerySet[Paper]) -> None:
        selected = self._selected(request, papers)
        if not selected:
            return
        hidden = Correction.objects.active().filter(field=HIDDEN.name, paper__in=selected)
        keys = set(hidden.values_list("paper", flat=True))
        some = [paper for paper in selected if paper.pk in keys]
        self._correct_each(request, some, HIDDEN.name, lambda paper: False, "Shown again")

    @admin.action(description="Set a category of the selected papers", permissions=["change"])
    def set_category(self, request: HttpRequest, papers: QuerySet[Paper]) -> HttpResponse | None:
        """Asks which, and then sets it."""
        selected = self._selected(request, papers)
        if not selected:
            return None
        form = CategoryForm(request.POST if "apply" in request.POST else None)
        if not form.is_valid():
            return self.page(
                request,
                "paper/set_category.html",
                "Set a category",
                None,
                form=form,
                papers=selected,
                checkbox=ACTION_CHECKBOX_NAME,
            )
        new, replace = form.cleaned_data["category"], form.cleaned_data["replace"]

        def wanted(paper: Paper) -> list[str]:
            there = [] if replace else paper.classifications.select_related("category")
            return [*(place.category.name for place in there), new]

        shown = [paper for paper in selected if not paper.hidden]
        message = f"{new} {'set' if replace else 'added'} as a category"
        reason = form.cleaned_data["why"]
        self._correct_each(request, shown, CATEGORIES.name, wanted, message, reason)
        return None

    def _selected(self, request: HttpRequest, papers: QuerySet[Paper]) -> list[Paper]:
        """The papers that an action is about; none, with a message, if they are too many."""
        selected = list(papers[: MOST + 1])
        if len(selected) > MOST:
            message = f"An action takes at most {MOST} papers: filter them, or go page by page."
            self.message_user(request, message, messages.ERROR)
            return []
        return selected

    def _correct_each(
        self,
        request: HttpRequest,
        papers: list[Paper],
        field: str,
        value: Callable[[Paper], Any],
        message: str,
        reason: str = "",
    ) -> None:
        """Correct a field of these papers, all or none of them. message: what that is."""

        def right() -> list[tuple[Paper, str, Any]]:
            return [(paper, field, value(paper)) for paper in papers]

        def log() -> None:
            for paper in papers:
                self.log(request, paper, f"{message}. {reason}".strip())

        try:
            decisions.correct_all(right, request.user, reason, log)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return
        if papers:
            those = f"{len(papers)} paper{'' if len(papers) == 1 else 's'}"
            self.message_user(request, f"{message}: {those}.", messages.SUCCESS)
        else:
            message = "There was nothing to do for these papers."
            self.message_user(request, message, messages.WARNING)
