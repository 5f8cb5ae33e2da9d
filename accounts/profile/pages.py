"""A person's own pages: their profile, and the deletion of their account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, logged_in
from accounts.forms.account import DeletionForm, ProfileForm
from accounts.models import Step, User
from digest.log import security

from .erasure import erase


@logged_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: MemberRequest) -> HttpResponse:
    """A person's name, and how pages look to them."""
    # A form writes what it was sent into its object, be it good or bad; the page around the form
    # should show the person as they are.
    person = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST if request.method == "POST" else None, instance=person)
    if form.is_valid():
        form.save()
        person.finish(Step.LISTS)
        messages.success(request, "Saved.")
        return redirect("account")
    return render(request, "accounts/profile.html", {"form": form})


@require_safe
def session(request: HttpRequest) -> JsonResponse:
    """Who is logged in, and the token that goes with every form of this session, for a page that
    may be older than the last log-in."""
    user = str(request.user.pk) if request.user.is_authenticated else None
    return JsonResponse({"user": user, "token": get_token(request)})


@logged_in
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: MemberRequest) -> HttpResponse:
    """Shows what is deleted with an account, and deletes it."""
    form = DeletionForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        security("account_deleted")
        erase(request.user)
        logout(request)
        messages.success(request, "Your account and all your data are deleted.")
        return redirect("home")
    library = request.library
    context = {
        "form": form,
        "bookmarks": library.bookmarks.all().count(),
        "notes": library.notes.all().count(),
        "lists": library.lists.owned().count(),
        "searches": library.searches.all().count(),
        "shared": library.lists.seen_by_others(),
    }
    return render(request, "accounts/delete.html", context)
