"""A person's reading lists, and what owners and members do with a list as a whole."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, go_back, logged_in
from accounts.forms.lists import InviteForm, ListSettingsForm, MemberForm, NewListForm
from accounts.invitations import may_mail, write_to
from accounts.library import Access, OpenList
from accounts.models import Role, Visibility
from digest.pages.compression import hold_secret
from digest.pages.installed import offline_copy
from digest.pages.paging import turn_to

from .filing import part_of_page, refused
from .list_items import add_to
from .list_page import not_found

LISTS_ON_A_PAGE = 100


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
@offline_copy
def reading_lists(request: MemberRequest) -> HttpResponse:
    """The reader's lists, and those that they are asked to come to; a form makes a new one."""
    form = NewListForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (created := _make(request, form)):
        return created
    if request.htmx and form.errors:
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return refused(request, reverse("reading-lists"))
    page = turn_to(request, request.library.lists.accessible(), LISTS_ON_A_PAGE)
    context = {"page": page, "invitations": request.library.lists.invitations(), "form": form}
    return render(request, "accounts/reading_lists.html", context)


def _make(request: MemberRequest, form: NewListForm) -> HttpResponse | None:
    """Make a list, and a first paper's place in it; nothing if the form has to say what is wrong
    with it."""
    values = form.cleaned_data
    try:
        created = request.library.lists.create(values["name"], values["description"])
    except ValidationError as error:
        form.add_error(None, error)
        return None
    if paper := values["paper"]:
        opened = request.library.lists.open(created.slug)
        undo = add_to(request, opened, [paper.pk], is_new_list=True)
        done = f"“{paper.title}” is in the new list “{created.name}”."
        messages.success(request, done, extra_tags=undo)
        if part := part_of_page(request):
            return part
    return go_back(request, created.get_absolute_url())


@logged_in
@require_POST
@not_found
def answer_invitation(request: MemberRequest, invitation: int) -> HttpResponse:
    """Come to a list, or do not."""
    if request.POST.get("do") == "decline":
        request.library.lists.decline(invitation)
        messages.success(request, "The invitation is declined.")
        return redirect("reading-lists")
    return redirect(request.library.lists.accept(invitation))


# What owners do with a list


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
@not_found
def list_settings(request: MemberRequest, slug: str) -> HttpResponse:
    """What a list says of itself, who sees it, and who its members are."""
    opened = _own(request, slug)
    if request.method != "POST":
        return _settings(request, opened)
    form = ListSettingsForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        try:
            opened.describe(values["name"], values["description"], values["visibility"])
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
    initial = {name: getattr(found, name) for name in ListSettingsForm.base_fields}
    by_link = found.visibility == Visibility.LINK
    context = {
        "list": found,
        "form": form or ListSettingsForm(initial=initial),
        "invite": invite or InviteForm(),
        "members": opened.members(),
        "invited": opened.invited(),
        "roles": Role.choices,
        "link": by_link and settings.SITE_URL + reverse("shared-list", args=[found.secret]),
    }
    response = render(request, "accounts/list_settings.html", context)
    hold_secret(response)
    return response


@logged_in
@require_POST
@not_found
def revoke_link(request: MemberRequest, slug: str) -> HttpResponse:
    """Make a new secret link, so that the old one leads nowhere."""
    _own(request, slug).revoke_link()
    messages.success(request, "There is a new link. The old one no longer works.")
    return redirect("list-settings", slug)


@logged_in
@require_POST
@not_found
def invite(request: MemberRequest, slug: str) -> HttpResponse:
    """Ask somebody to come. The answer is the same whether there is such a person or not."""
    opened = _own(request, slug)
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            invitation = opened.invite(form.cleaned_data["invitee"], form.cleaned_data["role"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            write_to(request.user, opened, invitation)
            whom = invitation.invitee
            message = f"If “{whom}” has an account, the invitation is on their page of lists."
            if not may_mail(request.user):
                message += " No mail is sent: for that, confirm an e-mail address of yours first."
            messages.success(request, message)
            return redirect("list-settings", slug)
    return _settings(request, opened, invite=form)


@logged_in
@require_POST
@not_found
def uninvite(request: MemberRequest, slug: str, invitation: int) -> HttpResponse:
    """Take an invitation back."""
    _own(request, slug).uninvite(invitation)
    messages.success(request, "The invitation is cancelled.")
    return redirect("list-settings", slug)


@logged_in
@require_POST
@not_found
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
                opened.transfer_ownership(member)
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
@not_found
def leave_list(request: MemberRequest, slug: str) -> HttpResponse:
    """Be a member no longer."""
    opened = request.library.lists.open(slug)
    opened.leave()
    messages.success(request, f"You left the list “{opened.reading_list}”.")
    return redirect("reading-lists")


@logged_in
@require_POST
@not_found
def delete_list(request: MemberRequest, slug: str) -> HttpResponse:
    opened = _own(request, slug)
    opened.delete()
    messages.success(request, f"The list “{opened.reading_list}” is deleted.")
    return redirect("reading-lists")
