"""Reading lists: their pages, for those who may read them; and what their owners and editors do.

What is not there, or not for this person, is 404, and says the same of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from itertools import groupby
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, go_back, logged_in
from accounts.forms.lists import InviteForm, ItemsForm, ListSettingsForm, MemberForm, NewListForm
from accounts.invitations import may_mail, write_to
from accounts.library import Access, Library, NotFound, OpenList, Removed
from accounts.models import ListItem, Role, User, Visibility
from digest.exports import to_cite
from digest.models import Paper
from digest.pages import paging
from digest.pages.files import IN_A_FEED, about_page, feed_of, file_of
from digest.pages.paging import HtmxRequest, turn_to

ITEMS_ON_A_PAGE = 100
LISTS_ON_A_PAGE = 100

_REMOVED = "removed-from-list"


def _kindly(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Say what is not there, and lead to what is."""

    @wraps(view)
    def kind(request: HtmxRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NotFound as nothing:
            if request.user.is_authenticated:
                links = [("Your reading lists", reverse("reading-lists"))]
                raise paging.NotHere(str(nothing), links) from None
            log_in = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': request.path})}"
            raise paging.NotHere(
                f"{nothing} If it is yours, or you are a member of it, log in to see it.",
                [("Log in", log_in)],
            ) from None

    return kind


# All lists of a person


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def reading_lists(request: MemberRequest) -> HttpResponse:
    """The reader's lists, and those that they are asked to come to; a form makes a new one."""
    form = NewListForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (made := _make(request, form)):
        return made
    page = turn_to(request, request.library.lists.mine(), LISTS_ON_A_PAGE)
    context = {"page": page, "invitations": request.library.lists.invitations(), "form": form}
    return render(request, "accounts/reading_lists.html", context)


def _make(request: MemberRequest, form: NewListForm) -> HttpResponse | None:
    """Make a list, and a first paper's place in it; nothing if the form has to say what is wrong
    with it."""
    said = form.cleaned_data
    try:
        made = request.library.lists.create(said["name"], said["description"])
    except ValidationError as error:
        form.add_error(None, error)
        return None
    if paper := said["paper"]:
        request.library.lists.open(made.slug).add([paper.pk])
        messages.success(request, f"“{paper.title}” is in the new list “{made.name}”.")
    return go_back(request, made.get_absolute_url())


@logged_in
@require_POST
@_kindly
def answer_invitation(request: MemberRequest, invitation: int) -> HttpResponse:
    """Come to a list, or do not."""
    if request.POST.get("do") == "decline":
        request.library.lists.decline(invitation)
        messages.success(request, "The invitation is declined.")
        return redirect("reading-lists")
    return redirect(request.library.lists.accept(invitation))


# The page of a list


class Placed(NamedTuple):
    """An item where it stands, from 1.

    up, down: the places that come before and after, as the form for items reads them: under a
    section's heading and above it are two. note: its owner's, as HTML, if it is shown.
    """

    item: ListItem
    place: int
    up: str
    down: str
    note: str


class Section(NamedTuple):
    """Items one after the other that have the same section.

    heading: what stands above them; nothing, if they are under none and come first.
    """

    name: str
    heading: str
    placed: list[Placed]


@require_safe
@_kindly
def reading_list(request: HtmxRequest, slug: str) -> HttpResponse:
    """A list, for those who may read it without its secret link."""
    opened = Library(request.user).lists.open(slug)
    response = _page(request, opened, _turned(request, opened))
    if request.user.is_authenticated or opened.reading_list.visibility != Visibility.PUBLIC:
        add_never_cache_headers(response)
    return response


@require_safe
@never_cache
@_kindly
def shared_list(request: HtmxRequest, secret: str) -> HttpResponseBase:
    """A list, for those who have its secret link. Those who need none are led to its own page."""
    opened = Library(request.user).lists.by_secret(secret)
    if opened.access > Access.READER or opened.reading_list.visibility == Visibility.PUBLIC:
        return redirect(opened.reading_list)
    return _secretly(_page(request, opened, _turned(request, opened), secret))


def _secretly(response: HttpResponseBase) -> HttpResponseBase:
    """Keep the address, which is all that is needed to read the list, to those who were given it.

    No `no-referrer`: with that, browsers hide from this site, too, where its own forms come from.
    """
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def _size(request: HtmxRequest) -> int:
    user = request.user
    return user.papers_on_a_page if isinstance(user, User) else ITEMS_ON_A_PAGE


def _items(opened: OpenList) -> QuerySet[ListItem]:
    return opened.items().prefetch_related(Prefetch("paper", Paper.objects.for_cards()))


def _turned(request: HtmxRequest, opened: OpenList) -> Page[Any]:
    return turn_to(request, _items(opened), _size(request))


def _page(
    request: HtmxRequest,
    opened: OpenList,
    page: Page[Any],
    secret: str = "",
    wrong: ItemsForm | None = None,
) -> HttpResponse:
    """The page of a list, or the part of it that has the items.

    wrong: what could not be done with them, said beside the field.
    """
    found = opened.reading_list
    sections = _sections(opened, page)
    papers = [placed.item.paper for section in sections for placed in section.placed]
    address = reverse("shared-list", args=[secret]) if secret else found.get_absolute_url()
    context = {
        "opened": opened,
        "list": found,
        "page": page,
        "sections": sections,
        "papers": papers,
        "action": _at_page(reverse("list-items", args=[found.slug]), page),
        "names": opened.sections() if opened.may_edit else (),
        "file": ("shared-file", secret) if secret else ("list-file", found.slug),
        "feed": _feed_address(opened, secret),
        "secret": secret,
        "next": _at_page(address, page),
        "wrong": wrong,
        "wrong_at": wrong and _wrong_at(wrong, papers),
    }
    if request.htmx:
        return render(request, "accounts/_list_changed.html", context)
    context["members"] = opened.members() if opened.is_member else ()
    return render(request, "accounts/reading_list.html", context)


def _wrong_at(form: ItemsForm, papers: list[Paper]) -> int | None:
    """The paper beside which to say what is wrong; none, if it is not about one that is shown."""
    asked = form.cleaned_data.get("paper", ())
    if form.cleaned_data.get("do") in ItemsForm.ONE and len(asked) == 1 and asked[0] in papers:
        return int(asked[0].pk)
    return None


def _feed_address(opened: OpenList, secret: str) -> str:
    """Of the feed that a reader can follow without logging in; nothing if there is none. The secret
    is told to nobody but the owner, and those who came by it."""
    found = opened.reading_list
    if found.visibility == Visibility.PUBLIC:
        return reverse("list-file", args=[found.slug, "atom"])
    if found.visibility == Visibility.LINK and (opened.is_owner or secret):
        return reverse("shared-file", args=[found.secret, "atom"])
    return ""


def _at_page(address: str, page: Page[Any]) -> str:
    return f"{address}?page={page.number}" if page.number > 1 else address


def _sections(opened: OpenList, page: Page[Any]) -> list[Section]:
    """The items of a page under their headings."""
    first, last = page.start_index(), page.end_index()
    # With those before and after the page, whose sections say what moving up and down means.
    start = max(first - 2, 0)
    items: list[ListItem] = list(page.paginator.object_list[start : last + 1])
    page.object_list = items[first - 1 - start : last - start]
    notes = opened.notes(items)
    placed = []
    before = None
    for place, item in enumerate(items, start=start + 1):
        after = items[place - start] if place - start < len(items) else None
        if first <= place <= last:
            up = _step(item, place, before, place - 1)
            down = _step(item, place, after, place + 1)
            note = notes.get(item.paper_id, "") if item.shows_note else ""
            placed.append(Placed(item, place, up, down, note))
        before = item
    found = []
    above = items[0].section if first > 1 and items else ""
    for name, group in groupby(placed, lambda each: each.item.section):
        found.append(Section(name, name or ("Without a section" if above else ""), list(group)))
        above = name
    return found


def _step(item: ListItem, place: int, neighbour: ListItem | None, beyond: int) -> str:
    if neighbour is None:
        return f"{place}/{item.section}"
    if neighbour.section != item.section:
        return f"{place}/{neighbour.section}"
    return f"{beyond}/{item.section}"


# A list as a file and a feed


@require_safe
@_kindly
def list_file(request: HtmxRequest, slug: str, suffix: str) -> HttpResponseBase:
    opened = Library(request.user).lists.open(slug)
    response = _file(request, opened, suffix, opened.reading_list.get_absolute_url())
    if opened.reading_list.visibility != Visibility.PUBLIC:
        add_never_cache_headers(response)
    return response


@require_safe
@never_cache
@_kindly
def shared_file(request: HtmxRequest, secret: str, suffix: str) -> HttpResponseBase:
    opened = Library(request.user).lists.by_secret(secret)
    page = reverse("shared-list", args=[secret])
    return _secretly(_file(request, opened, suffix, page))


def _file(request: HtmxRequest, opened: OpenList, suffix: str, page: str) -> HttpResponseBase:
    """All papers in the order of the page; as a feed, those that came last."""
    found = opened.reading_list
    about = about_page(found.name, page, request)
    if suffix != "atom":
        return file_of(suffix, to_cite(opened.papers().visible()), about, found.name)
    shown = opened.newest().filter(paper__hidden=False)
    newest = list(shown.prefetch_related(Prefetch("paper", Paper.objects.for_cards()))[:IN_A_FEED])
    added = {item.paper_id: item.added_at for item in newest}
    about = replace(about, updated=opened.shown_changed_at(), added=added)
    return feed_of([item.paper for item in newest], about)


# What editors do with papers


@logged_in
@require_POST
@_kindly
def list_items(request: MemberRequest, slug: str) -> HttpResponse:
    """Add papers to a list, take them out, move them, and say something of them.

    A page's script is given the items anew, a form is led back to where it was.
    """
    opened = request.library.lists.open(slug)
    opened.needs(Access.EDITOR)
    form = ItemsForm(request.library, request.POST)
    moved = None
    if form.is_valid():
        try:
            moved = _do(request, opened, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None if hasattr(error, "error_dict") else "paper", error)
    paginator = Paginator(_items(opened), _size(request))
    page = paginator.get_page(request.GET.get("page"))
    if form.errors:
        return _page(request, opened, page, wrong=form)
    if request.htmx:
        return _page(request, opened, page)
    address = _at_page(opened.reading_list.get_absolute_url(), page)
    return redirect(address + (f"#item-{moved}" if moved else ""))


def _do(request: MemberRequest, opened: OpenList, said: dict[str, Any]) -> int | None:
    """Do what the form says. The paper to go on from is returned, if there is one.

    Raises ValidationError, NotFound.
    """
    papers = list(said["paper"])
    keys = [paper.pk for paper in papers]
    one, what = papers[0], _titles(papers)
    undo = ""
    match said["do"]:
        case "add":
            new = opened.add(keys)
            done = f"{what} {_are(papers)} in the list{'' if new else ' already'}."
        case "remove":
            removed = opened.remove(keys)
            if removed:
                undo = "put-back"
                request.session[_REMOVED] = [
                    opened.reading_list.slug,
                    [(*was[:-1], was.added_at.isoformat()) for was in removed],
                ]
            done = f"{what} {_are(papers)} no longer in the list."
        case "move":
            to, section = said["to"]
            item = opened.move(one.pk, to, section)
            many = opened.items().count()
            done = f"{what} is now {min(max(to, 1), many):,} of {many:,}"
            done += f", in “{item.section}”." if item.section else "."
        case "describe":
            opened.describe_item(one.pk, comment=said["comment"], section=said["section"])
            done = f"The comment and section of {what} are saved."
        case shows:
            opened.show_note(one.pk, shows == "show-note")
            whom = "to all who may read the list" if shows == "show-note" else "to you alone"
            done = f"Your note on {what} is shown {whom}."
    messages.success(request, done, extra_tags=undo)
    return one.pk if said["do"] not in ("add", "remove") else None


def _titles(papers: list[Paper]) -> str:
    return f"“{papers[0].title}”" if len(papers) == 1 else f"{len(papers):,} papers"


def _are(papers: list[Paper]) -> str:
    return "is" if len(papers) == 1 else "are"


@logged_in
@require_POST
@_kindly
def put_back(request: MemberRequest) -> HttpResponse:
    """Put back what was last taken out of a list. A second time there is nothing to put back."""
    slug, rows = request.session.pop(_REMOVED, ("", ()))
    if not slug:
        messages.info(request, "There is nothing to undo.")
        return go_back(request, reverse("reading-lists"))
    opened = request.library.lists.open(slug)
    try:
        opened.put_back(_removed(rows))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, "Undone.")
    return go_back(request, opened.reading_list.get_absolute_url())


def _removed(rows: Iterable[list[Any]]) -> list[Removed]:
    return [
        Removed(paper, position, section, comment, when)
        for paper, position, section, comment, added_at in rows
        if (when := parse_datetime(added_at))
    ]


# What owners do with a list


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
@_kindly
def list_settings(request: MemberRequest, slug: str) -> HttpResponse:
    """What a list says of itself, who sees it, and who its members are."""
    opened = _own(request, slug)
    if request.method != "POST":
        return _settings(request, opened)
    form = ListSettingsForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            opened.describe(said["name"], said["description"], said["visibility"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "The settings are saved.")
            return redirect("list-settings", slug)
    return _settings(request, _own(request, slug), form=form)


def _own(request: MemberRequest, slug: str) -> OpenList:
    opened = request.library.lists.open(slug)
    opened.needs(Access.OWNER)
    return opened


def _settings(
    request: MemberRequest,
    opened: OpenList,
    form: ListSettingsForm | None = None,
    invite: InviteForm | None = None,
) -> HttpResponse:
    found = opened.reading_list
    said = {name: getattr(found, name) for name in ListSettingsForm.base_fields}
    by_link = found.visibility == Visibility.LINK
    context = {
        "list": found,
        "form": form or ListSettingsForm(initial=said),
        "invite": invite or InviteForm(),
        "members": opened.members(),
        "invited": opened.invited(),
        "roles": Role.choices,
        "link": by_link and settings.SITE_URL + reverse("shared-list", args=[found.secret]),
    }
    return render(request, "accounts/list_settings.html", context)


@logged_in
@require_POST
@_kindly
def revoke_link(request: MemberRequest, slug: str) -> HttpResponse:
    """Make a new secret link, so that the old one leads nowhere."""
    _own(request, slug).revoke_link()
    messages.success(request, "There is a new link. The old one no longer works.")
    return redirect("list-settings", slug)


@logged_in
@require_POST
@_kindly
def invite(request: MemberRequest, slug: str) -> HttpResponse:
    """Ask somebody to come. The answer is the same whether there is such a person or not."""
    opened = _own(request, slug)
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            asked = opened.invite(form.cleaned_data["invitee"], form.cleaned_data["role"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            write_to(request.user, opened, asked)
            said = f"If “{asked.invitee}” has an account, the invitation is on their page of lists."
            if not may_mail(request.user):
                said += " No mail is sent: for that, confirm an e-mail address of yours first."
            messages.success(request, said)
            return redirect("list-settings", slug)
    return _settings(request, opened, invite=form)


@logged_in
@require_POST
@_kindly
def uninvite(request: MemberRequest, slug: str, invitation: int) -> HttpResponse:
    """Take an invitation back."""
    _own(request, slug).uninvite(invitation)
    messages.success(request, "The invitation is cancelled.")
    return redirect("list-settings", slug)


@logged_in
@require_POST
@_kindly
def change_member(request: MemberRequest, slug: str, member: int) -> HttpResponse:
    """Let a member do more or less, send them away, or make the list theirs."""
    opened = _own(request, slug)
    form = MemberForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return redirect("list-settings", slug)
    match form.cleaned_data["do"]:
        case "remove":
            opened.dismiss_member(member)
            messages.success(request, "The member is removed.")
        case "hand-over":
            try:
                opened.hand_over(member)
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
                return redirect("list-settings", slug)
            messages.success(request, f"The list is {opened.reading_list.owner}’s now.")
            return redirect(opened.reading_list)
        case _:
            opened.set_role(member, form.cleaned_data["role"])
            messages.success(request, "The member’s role is saved.")
    return redirect("list-settings", slug)


@logged_in
@require_POST
@_kindly
def leave_list(request: MemberRequest, slug: str) -> HttpResponse:
    """Be a member no longer."""
    opened = request.library.lists.open(slug)
    opened.leave()
    messages.success(request, f"You left the list “{opened.reading_list}”.")
    return redirect("reading-lists")


@logged_in
@require_POST
@_kindly
def delete_list(request: MemberRequest, slug: str) -> HttpResponse:
    opened = _own(request, slug)
    opened.delete()
    messages.success(request, f"The list “{opened.reading_list}” is deleted.")
    return redirect("reading-lists")
