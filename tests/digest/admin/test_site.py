"""The door of the admin: who is led where, and what nobody is told."""

import re
from time import time
from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from digest.catalogue.load import load
from digest.models import Paper
from tests.admin import PASSWORD, app, code, enter, holder, log_in
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def curator():
    return holder("curator", "Curators")


OF_THE_ANSWER = ("Content-Length", "ETag", "X-Request-ID")


def answers(client, address):
    """What a browser is told at an address, whatever it asks, without the address itself."""
    found = []
    for method in ("get", "head", "post", "put", "delete", "options", "trace"):
        answer = getattr(client, method)(address)
        headers = {name: answer[name] for name in answer.headers if name not in OF_THE_ANSWER}
        body = answer.content.decode().replace(quote(address, safe=""), "").replace(address, "")
        body = body.replace(answer["X-Request-ID"], "")
        body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body)
        found.append((answer.status_code, headers, body))
    return found


@pytest.mark.parametrize("who", ["stranger", "reader"])
@pytest.mark.slow
def test_to_who_has_no_right_there_is_no_admin(who):
    """No answer differs from that of an address which nothing has: ADMIN_PATH stays unknown."""
    reader = enter(holder("reader", is_staff=True))  # Django's own flag gives nothing
    client = {"stranger": Client(), "reader": reader}[who]
    client.handler.enforce_csrf_checks = True
    nothing, nowhere = answers(client, "/nowhere/"), answers(client, "/nowhere")
    assert {status for status, _, _ in nothing} == {404}
    for address in (
        *("/admin/", "/admin/login/", "/admin/logout/", "/admin/password_change/"),
        *("/admin/digest/paper/", "/admin/nowhere/", "/admin/jsi18n/", "/admin/autocomplete/"),
    ):
        assert answers(client, address) == nothing
        assert answers(client, address.rstrip("/")) == nowhere


def test_curators_come_in_from_the_page_of_their_account(curator):
    secret, client = app(curator), Client()
    answer = client.post("/account/login/", {"login": "curator", "password": PASSWORD})
    client.post(answer.url, {"code": code(secret)})
    assert '<a href="/admin/">Admin</a>' in client.get("/account/").content.decode()
    assert client.get("/admin", follow=True).redirect_chain == [("/admin/", 302)]
    assert client.get("/admin/").status_code == 200


def test_who_was_in_before_is_led_to_the_log_in_and_back(curator):
    client = enter(curator)
    client.get("/admin/")
    client.post("/account/logout/")
    asked = client.get("/admin/?all=1").url
    assert asked == "/account/login/?next=/admin/%3Fall%3D1"
    form = {"login": "curator", "password": PASSWORD, "next": "/admin/?all=1"}
    assert client.post(asked, form).url.startswith("/account/2fa/authenticate/")
    client.logout()
    client.cookies["admin"] = "in:forged"
    assert client.get("/admin/").status_code == 404


def test_djangos_own_log_in_lets_nobody_in(curator):
    client = Client()
    form = {"username": "curator", "password": PASSWORD}
    assert client.post("/admin/login/", form).status_code == 404
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("shown", "used", "inside"),
    [(0, 0, True), (3500, 3500, True), (3700, 3700, False), (43100, 100, True), (43300, 0, False)],
)
def test_a_second_factor_is_asked_for_again_in_time(curator, shown, used, inside):
    """An hour after the last use, and twelve after it was shown: seconds ago, and what follows."""
    client = enter(curator)
    session, now = client.session, time()
    for record in session["account_authentication_methods"]:
        record["at"] = now - shown
    session["rights_used_at"] = now - used
    session.save()
    answer = client.get("/admin/")
    asked = "/account/2fa/reauthenticate/?next=%2Fadmin%2F"
    assert answer.status_code == 200 if inside else answer.url == asked


def test_who_has_no_second_factor_is_led_to_it_and_back(curator):
    client = log_in(curator)
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain == [("/account/2fa/", 302)]
    assert "The admin needs a second factor, and you have none." in answer.content.decode()
    page = "/account/2fa/totp/activate/"
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    secret = client.get(page).context["form"].secret
    done = client.post(page, {"code": code(secret)}, follow=True)
    assert '<a href="/admin/">Admin</a>' in done.content.decode()
    # This session gave a password alone, and gives the factor now.
    asked = client.get("/admin/").url
    assert asked == "/account/2fa/reauthenticate/?next=%2Fadmin%2F"
    answer = client.post(asked, {"code": code(secret, 1), "next": "/admin/"})
    assert answer.url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_a_session_from_before_the_second_factor_has_not_seen_it(curator):
    client = log_in(curator)
    app(curator)
    assert client.get("/account/").status_code == 200
    assert client.get("/admin/").url == "/account/2fa/reauthenticate/?next=%2Fadmin%2F"
    # The password once more is no second factor.
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert client.get("/admin/").url == "/account/2fa/reauthenticate/?next=%2Fadmin%2F"


def seen(client, user, **record):
    """A session in which allauth noted that somebody showed who they are."""
    session = client.session
    session["account_authentication_methods"] = [{"at": time(), **record}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()


def test_a_passkey_is_a_second_factor(curator):
    Authenticator.objects.create(user=curator, type=Authenticator.Type.WEBAUTHN, data={})
    client = Client()
    client.force_login(curator)
    assert client.get("/admin/").url == "/account/2fa/webauthn/reauthenticate/?next=%2Fadmin%2F"
    seen(client, curator, method="mfa", type="webauthn", passwordless=True)
    assert client.get("/admin/").status_code == 200


def test_what_another_person_showed_in_the_session_is_not_theirs(curator):
    app(curator)
    client = Client()
    client.force_login(curator)
    seen(client, holder("other"), method="mfa", type="totp")
    assert client.get("/admin/").status_code == 302


def test_recovery_codes_alone_are_no_second_factor(curator):
    client = enter(curator)
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.update(type=Authenticator.Type.RECOVERY_CODES)
    assert client.get("/admin/").url == "/account/2fa/"


def test_who_leaves_their_group_or_is_deactivated_is_out_at_once(curator):
    client = enter(curator)
    assert client.get("/admin/").status_code == 200
    curator.groups.clear()
    assert client.get("/admin/").status_code == 404
    curator.groups.add(Group.objects.get(name="Curators"))
    assert client.get("/admin/").status_code == 200
    User.objects.update(is_active=False)
    assert client.get("/admin/").url == "/account/login/?next=/admin/"


def test_superusers_need_it_too():
    user = holder("superuser", is_superuser=True)
    assert log_in(user).get("/admin/").url == "/account/2fa/"
    assert enter(user).get("/admin/").status_code == 200


def test_no_filter_in_an_address_has_a_nul():
    """PostgreSQL has no text with one; on SQLite, nothing would be found."""
    client = enter(holder("superuser", is_superuser=True))
    for model in admin.site._registry:
        page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for name in admin.site._registry[model].list_filter:
            if isinstance(name, str):
                assert client.get(page, {f"{name}__exact": "\0"}).status_code == 404, (page, name)
        assert client.get(page, {"q": "\0"}).status_code in (200, 302, 403), page


@pytest.mark.slow
def test_no_key_in_an_address_is_too_large():
    """Not in a list's filter by any relation, nor among the rows that are chosen in it."""
    client = enter(holder("superuser", is_superuser=True))
    key = "9" * 19
    for model in admin.site._registry:
        page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for field in model._meta.get_fields():
            if field.is_relation:
                answer = client.get(page, {field.name: key})
                assert answer.status_code in (200, 302, 400, 403, 404), (page, field.name)
        chosen = {"action": "delete_selected", "_selected_action": key}
        assert client.post(page, chosen).status_code in (200, 302, 403, 404), page


def test_the_pages_of_an_account_are_the_sites_own(curator):
    client = enter(curator)
    page = client.get("/admin/").content.decode()
    assert 'action="/account/logout/"' in page
    assert "/admin/logout/" not in page
    assert client.post("/admin/logout/").url == "/account/logout/"
    for address in ("/admin/password_change/", "/admin/password_change/done/"):
        assert client.get(address).url == "/account/password/change/"
    assert client.get("/admin/login/").url == "/admin/"


@pytest.mark.parametrize("address", ["/admin/", "/admin/jsi18n/"])
def test_no_cache_keeps_an_answer(curator, address):
    answer = enter(curator).get(address)
    assert answer["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_forms_of_other_sites_do_nothing(curator):
    client = enter(curator)
    client.handler.enforce_csrf_checks = True
    assert client.post("/admin/").status_code == 403


def test_rows_are_shown_on_the_site_to_who_may_see_them_here(curator):
    load(digest(row(1)), "2025-02-06.json")
    paper = Paper.objects.get()
    client = enter(curator)
    for model, key in ((Paper, paper.pk), (User, curator.pk)):
        kind = ContentType.objects.get_for_model(model).pk
        listed = admin.site.is_registered(model) and model is Paper
        answer = client.get(reverse("admin:view_on_site", args=[kind, key]))
        assert answer.status_code == (302 if listed else 404)
        assert client.get(f"/admin/r/{kind}/ {key}/").status_code == 404
    assert client.get("/admin/r/99999/1/").status_code == 404


def test_what_is_done_is_kept_in_the_log(curator):
    request = RequestFactory().post("/admin/")
    request.user = curator
    admin.site.log(request, curator, "Looked at.")
    admin.site.log(request, User, "Looked at several.")
    known = LogEntry.objects.order_by("pk").values_list(
        "user", "content_type__model", "object_id", "object_repr", "action_flag", "change_message"
    )
    assert list(known) == [
        (curator.pk, "user", str(curator.pk), "curator", CHANGE, "Looked at."),
        (curator.pk, "user", None, "users", CHANGE, "Looked at several."),
    ]


def test_nothing_is_in_the_admin_that_this_site_did_not_put_there():
    apps = {model._meta.app_label for model in admin.site._registry}
    assert apps <= {"accounts", "admin", "auth", "digest"}


def test_the_first_page_counts_what_waits(curator, django_assert_num_queries):
    client = enter(curator)
    load(digest(row(1), row(2, authors="")), "2025-02-06.json")
    found = re.findall(r'<a href="([^"]+)">([^<]+) <b>(\S+)</b></a>', client.get("/admin/").text)
    assert sorted(found) == [
        ("/admin/accounts/report/?state=open", "Reports of readers", "0"),
        ("/admin/digest/difference/", "Differences from corrections", "0"),
        ("/admin/digest/paper/?authors=none", "Papers without authors", "1"),
        ("/admin/digest/paper/?links=dead", "Papers with suspect links", "0"),
        ("/admin/digest/proposal/", "Possible duplicates", "0"),
    ]
    page = client.get("/admin/digest/paper/?authors=none").text
    assert "Paper 2" in page
    assert "Paper 1" not in page
    with CaptureQueriesContext(connection) as few:
        client.get("/admin/")
    load(digest(*(row(n, authors="") for n in range(3, 9))), "2025-02-07.json")
    with django_assert_num_queries(len(few)):
        client.get("/admin/")
