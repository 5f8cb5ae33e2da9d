"""The admin as this site has it: who may enter, and how."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import update_wrapper
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth.views import redirect_to_login
from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.views import shortcut
from django.db.models import Model
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
)
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from digest.log import security
from digest.models import DailyRun
from digest.pages.resubmission import Reason, answer_script, from_script, next_address
from digest.rights import has_rights, lacks
from digest.search import COUNTED

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

VISITED_COOKIE = "__Secure-admin" if settings.HTTPS else "admin"
"""The cookie of a browser in which somebody was in the admin: when their session ends, it is led to
the log-in. To every other browser, the admin's addresses are those of no page."""


def _exempt(view: Any) -> Any:
    """Have the admin itself answer a form without its token, and an address without its last slash:
    the answers of the middleware would show which addresses there are."""
    view.csrf_exempt, view.should_append_slash = True, False
    return view


def _exempt_all(patterns: Iterable[URLPattern | URLResolver]) -> None:
    """Do so with all views of these addresses; Django wraps the admin's views once more."""
    for each in patterns:
        if isinstance(each, URLResolver):
            _exempt_all(each.url_patterns)
        else:
            _exempt(each.callback)


METHODS = ("GET", "HEAD", "POST")
_KEY = re.compile("[0-9]{1,18}")


_SEARCHED = (SEARCH_VAR, "term")
"""Parameters with what is searched for: by a list, and by a field with suggestions."""


def _refused(request: HttpRequest) -> HttpResponse | None:
    """The answer to what no page of the admin understands: Django's own takes every method for a
    look or a form, and what was chosen in a list for keys. Raises Http404."""
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    if not all(map(_KEY.fullmatch, request.POST.getlist(ACTION_CHECKBOX_NAME))):
        raise Http404
    # PostgreSQL has no text with a NUL; what is searched for is read by those who search.
    lists = request.GET.lists()
    texts = [text for name, some in lists if name not in _SEARCHED for text in some]
    if any("\0" in text for text in texts):
        raise Http404
    return None


class Site(AdminSite):
    site_header = site_title = "Paper Digest"
    index_title = "Admin"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._pages: list[tuple[str, Callable[..., HttpResponseBase], str]] = []

    def add_page(self, address: str, view: Callable[..., HttpResponseBase], name: str) -> None:
        """Have a page that is of no model. address: below the admin's own."""
        self._pages.append((address, view, name))

    # Who may enter

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether they may enter: with rights, and a second factor that this session saw."""
        return has_rights(request.user) and lacks(request) is None

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """A view for those who may enter: its answers are stored by no cache, whatever
        `cacheable`."""
        inner = csrf_protect(view)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if denial := self._denied(request):
                return denial
            try:
                response = _refused(request) or inner(request, *args, **kwargs)
            except OverflowError:  # SQLite's, for a key in an address that no row can have
                raise Http404 from None
            if VISITED_COOKIE not in request.COOKIES:
                response.set_signed_cookie(
                    VISITED_COOKIE,
                    "in",
                    max_age=30 * 24 * 3600,
                    path=reverse("admin:index"),
                    secure=settings.SESSION_COOKIE_SECURE,
                    httponly=True,
                    samesite="Lax",
                )
            return response

        return cast(View, _exempt(update_wrapper(never_cache(guarded), view)))

    def _denied(self, request: HttpRequest) -> HttpResponse | None:
        """The answer to somebody who may not enter; None for others. Raises Http404 if they have no
        rights, and if nobody is logged in, but where somebody was in before."""
        lacking = lacks(request) if has_rights(request.user) else None
        if has_rights(request.user) and not lacking:
            return None
        security("rights_refused", lacks=lacking or "rights")
        if not request.user.is_authenticated:
            if request.get_signed_cookie(VISITED_COOKIE, "") != "in":
                raise Http404
            return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))
        if not lacking:
            raise Http404
        if lacking == "mfa_index":
            messages.warning(
                request,
                "The admin needs a second factor, and you have none. Set one up here, then choose "
                "“Admin” above.",
            )
            return redirect(lacking)
        if from_script(request):
            return answer_script(request, Reason.LOGGED_OUT)
        return redirect(f"{reverse(lacking)}?{urlencode({'next': next_address(request)})}")

    # The site has pages of its own for these, and they have limits.

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_change_password")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        name = "view_on_site"
        address = "r/<int:content_type_id>/<int:object_id>/"
        ours = (name, "login")  # Django checks no rights before its log-in
        others = [each for each in super().get_urls() if getattr(each, "name", "") not in ours]
        login = path("login/", self.admin_view(self.login), name="login")
        pages = [path(to, self.admin_view(view), name=name) for to, view, name in self._pages]
        on_site = path(address, self.admin_view(self._view_on_site), name=name)
        found = [login, *pages, on_site, *others]
        _exempt_all(found)
        return found

    def _view_on_site(
        self, request: HttpRequest, content_type_id: int, object_id: int
    ) -> HttpResponseBase:
        """As Django's, which would show the address of any row to everybody with rights."""
        kind = ContentType.objects.filter(pk=content_type_id).first()
        model = kind.model_class() if kind else None
        shown = self._registry.get(model) if model else None
        if shown is None or not shown.has_view_permission(request):
            raise Http404
        return shortcut(request, content_type_id, object_id)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """As Django's, and what waits for the person; how the last daily run ended, for those who
        may see sources."""
        shown = request.user.has_perm("digest.view_source")
        daily = DailyRun.objects.first() if shown else None
        tasks = [*self._tasks(request)]
        if daily:
            failed = sum(step.startswith("fetch ") for step in daily.failed_steps)
            tasks.append(("failed fetches", failed, reverse("admin:status")))
        context = {"daily": daily, "tasks": tasks}
        return super().index(request, {**(extra_context or {}), **context})

    def _tasks(self, request: HttpRequest) -> Iterator[tuple[str, int, str]]:
        """Of each kind of rows that wait: what they are, how many up to a bound, and where."""
        for model, shown in self._registry.items():
            tasks = getattr(shown, "tasks", ())
            if not tasks or not shown.has_view_permission(request):
                continue
            meta = model._meta
            address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
            for task in tasks:
                rows = task.rows(model._default_manager.order_by()).values("pk")
                yield task.label, rows[: COUNTED + 1].count(), address + task.query

    # The log

    def log(self, request: HttpRequest, target: Model | type[Model], message: str) -> None:
        """Log that the user of the request has done something to `target`.

        Django logs what its own forms add, change and delete; call this for all else: an action, a
        button, a look at what is not for everybody. target: the row, or its model if it is about
        several, or if even the row's name should not stand in the log. message: a sentence.
        """
        if isinstance(target, Model):
            key, name = str(target.pk), str(target)
        else:
            key, name = None, str(target._meta.verbose_name_plural)
        LogEntry.objects.create(
            user=cast(Any, request.user),
            content_type=ContentType.objects.get_for_model(target),
            object_id=key,
            object_repr=name[:200],
            action_flag=CHANGE,
            change_message=message,
        )
