"""Who may open what in the admin: every address of it, for everybody, to read and to write.

The addresses come from the admin itself, so that whatever is registered later is held to this as
well; a model without a row in REACH fails.
"""

import re
from datetime import timedelta
from itertools import product

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver
from django.utils import timezone

from accounts.models import Disclosure, Report
from tests.admin import app, enter, holder, log_in

CURATING = ("curator", "operator", "superuser")
MANAGING = ("manager", "operator", "superuser")
OPERATING = ("operator", "superuser")
ROLES = ("curator", "manager", "operator", "superuser")
PRIVATE = {"bookmark", "dismissal", "note", "readinglist", "listitem", "savedsearch"}
PRIVATE |= {"rating", "preference", "interestmodel"}
# Rights are the same on every database.
pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

REACH = {
    "accounts/report": CURATING,
    "accounts/user": MANAGING,
    "accounts/disclosure": OPERATING,
    "admin/logentry": OPERATING,
    "auth/group": OPERATING,
    **{f"accounts/{name}": () for name in PRIVATE},
    **{
        f"digest/{model._meta.model_name}": CURATING
        for model in apps.get_app_config("digest").models.values()
    },
}
"""Who sees a model in the admin, by its part of the address."""


def routes(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def addresses():
    """Each address of the admin, with the part that names its model, if it has one."""
    for route in routes(admin.site.get_urls()):
        if "(?P<app_label>" in route:
            for label in sorted({model._meta.app_label for model in admin.site._registry}):
                yield f"/admin/{label}/", None
            continue
        if "(?P<url>" in route:
            yield "/admin/nowhere/", None
            continue
        part = next((part for part in sorted(REACH) if route.startswith(f"{part}/")), None)
        model = apps.get_model(part.replace("/", ".")) if part else None
        row = model and model._default_manager.order_by("pk").first()
        key = str(row.pk if row else 1)
        yield "/admin/" + re.sub(r"<[^>]+>", key, route), part


def ask(client, address, method="get"):
    """What is answered; nothing of it stays."""
    with transaction.atomic():
        response = getattr(client, method)(address)
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    cache.clear()
    assert "PRIVATE" not in response.content.decode(errors="replace"), address
    return response


@pytest.fixture
def world(kept, owner, papers):
    """A row of every kind that the accounts have."""
    Disclosure.objects.create(
        why="Long ago",
        opened_at=timezone.now() - timedelta(days=2),
        closes_at=timezone.now() - timedelta(days=1),
    )
    Report.objects.create(
        user=owner, paper=papers[0], kind="title", comment="Wrong", made_at=timezone.now()
    )
    LogEntry.objects.create(user=owner, object_repr="", action_flag=CHANGE)


def test_every_model_of_the_admin_has_a_row():
    models = {f"{each._meta.app_label}/{each._meta.model_name}" for each in admin.site._registry}
    assert models <= REACH.keys()
    assert {f"accounts/{name}" for name in PRIVATE} <= models


METHODS = ("get", "post")


def test_strangers_see_no_page(world, owner, pairs, monkeypatch):
    # Its page is looked at elsewhere, and takes most of the time here.
    monkeypatch.setattr("digest.urls.handler404", lambda *_, **__: HttpResponse(status=404))
    clients = (Client(), log_in(owner), enter(holder("reader")))
    for (address, _), (client, method) in pairs(addresses(), list(product(clients, METHODS))):
        assert ask(client, address, method).status_code == 404, address


@pytest.mark.parametrize("name", ROLES)
def test_nobody_comes_in_without_a_second_factor(world, request, name, pairs, part_of):
    user = request.getfixturevalue("user_manager" if name == "manager" else name)
    client = log_in(user)
    own = part_of(list(addresses())[ROLES.index(name) :], len(ROLES))
    for (address, _), method in pairs(own, METHODS):
        assert ask(client, address, method).url == "/account/2fa/"
    app(user)  # which this session has not seen
    for (address, _), method in pairs(own, METHODS):
        assert ask(client, address, method).url.startswith("/account/2fa/reauthenticate/?next=")


@pytest.mark.parametrize("name", ROLES)
def test_each_role_reaches_what_is_its_own(world, request, name, part_of):
    client = enter(request.getfixturevalue("user_manager" if name == "manager" else name))
    own = [address for address, part in addresses() if part is None or name in REACH[part]]
    turn = ROLES.index(name)
    for address in part_of(own[turn:] + own[:turn], len(ROLES)):
        # What is done there may still be refused: nobody changes the log, for instance.
        assert ask(client, address).status_code in (200, 302, 403, 404, 405), address
    for address, part in addresses():
        if part is None or name in REACH[part]:
            continue
        answer = ask(client, address)
        # 405: what wants a POST; 302: where Django's old addresses lead, and those of no row
        assert answer.status_code in (302, 403, 404, 405), address
        assert answer.status_code != 302 or answer.url in (f"{address}change/", "/admin/")
        assert ask(client, address, "post").status_code in (302, 403, 404, 405), address


@pytest.mark.parametrize("name", ROLES)
def test_lists_of_what_is_ones_own_open(world, request, name):
    client = enter(request.getfixturevalue("user_manager" if name == "manager" else name))
    index = client.get("/admin/").content.decode()
    for model in admin.site._registry:
        part = f"{model._meta.app_label}/{model._meta.model_name}"
        status = 200 if name in REACH[part] else 403
        assert ask(client, f"/admin/{part}/").status_code == status, part
        assert (f'href="/admin/{part}/"' in index) == (name in REACH[part])


@pytest.mark.parametrize("name", ROLES)
def test_rows_that_are_private_have_no_way_around(world, request, name):
    """Not by a search of an autocompletion, a link to the site, or another model's fields."""
    client = enter(request.getfixturevalue("user_manager" if name == "manager" else name))
    for model in PRIVATE:
        kind = ContentType.objects.get(app_label="accounts", model=model)
        row = kind.model_class().objects.first()
        assert ask(client, f"/admin/r/{kind.pk}/{row.pk}/").status_code == 404
    asked = "app_label=accounts&model_name=listitem&field_name=reading_list&term=PRI"
    assert ask(client, f"/admin/autocomplete/?{asked}").status_code == 403
    for query, status in (
        ("bookmark__paper=1", 302),  # to the list without it
        ("note__text__contains=P", 302),
        ("password__startswith=md5", 400),
    ):
        answer = ask(client, f"/admin/accounts/user/?{query}")
        assert answer.status_code == (403 if name == "curator" else status)
