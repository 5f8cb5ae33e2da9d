"""Every address of the site, asked by every method and with nonsense, by a visitor, by somebody
with an account, and by a superuser who showed a second factor: what is wrong is the asker's error,
never the server's.
"""

import re
import uuid
from html import unescape
from itertools import cycle, islice
from urllib.parse import parse_qs, quote

import pytest
import yaml
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.alerts import links
from accounts.library import Library
from accounts.library.for_you import Reason
from accounts.models import Disclosure, Role
from accounts.recommender.vectors import Vectors
from digest.api.reference import SCHEMA
from digest.catalogue.load import load
from digest.curation import decisions
from digest.models import LinkHealth, Paper, Proposal, Source, Stream, Upload
from digest.search.filters import PARAMETERS
from tests.accounts.conftest import person
from tests.accounts.test_access import routes
from tests.admin import enter, holder
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.slow

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
WRITES = ("POST", "PUT", "PATCH", "DELETE")
LONG, LONGEST = "9" * 19, "9" * 4999
IN_PATHS = (LONG, LONGEST, "%00%ED%A0%80%", "99999-01-01")
IN_FIELDS = (LONG, LONGEST, "%00", "%ED%A0%80%", "99999-01-01", "-1", "abc")
FORM = "application/x-www-form-urlencoded"
PAPER, DAY = "2502.00001", "2025-02-06"


GROUP = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^()]*\)")


def filled(route, value):
    """The address of a route. value: gives what stands for a name in it."""
    return "/" + GROUP.sub(lambda found: value(found[1] or found[2]), route).translate(
        str.maketrans("", "", "^$")
    )


@pytest.fixture
def world(db, monkeypatch):
    """A row of each kind; who asks, by their session; and the real address of each route."""
    monkeypatch.setattr("digest.api.access.Throttle.allow_request", lambda *_: True)
    # Its page is looked at elsewhere, and takes half of the time here.
    monkeypatch.setattr("digest.urls.handler404", lambda *_, **__: HttpResponse(status=404))
    load_once((digest(*(row(n) for n in range(1, 6))), f"{DAY}.json"))
    papers = list(Paper.objects.order_by("position"))
    Stream.objects.create(name="Ours", slug="ours")
    member, operator = person("member"), holder("operator", is_superuser=True)
    library = Library(member)
    library.bookmarks.add([papers[0].pk])
    library.bookmarks.dismiss([papers[2].pk])
    library.for_you.rate({papers[1].pk: True})
    library.for_you.prefer([Reason("word", "paper")], more=False)
    library.for_you.train(Vectors())
    library.notes.save(papers[0], "A note", 0)
    library.reports.add(papers[0], "title", "Wrong")
    opened = library.lists.open(library.lists.create("A list").slug)
    opened.add([papers[0].pk])
    opened.invite("operator", Role.VIEWER)
    Library(operator).lists.accept(Library(operator).lists.invitations().get().pk)
    opened.show_to("link")
    asked = opened.invite("nobody", Role.VIEWER)
    decisions.correct(papers[0], "title", "Corrected", operator)
    merge = decisions.merge_papers(papers[3], papers[4], operator)
    alias = decisions.merge_authors("Alan Turing", "Ada Lovelace", operator)
    load(digest(row(1, title="Something else", date="2025-02-07")), "2025-02-07.json")
    Proposal.objects.create(kind="paper", first=papers[0].slug, second=papers[1].slug, reason="x")
    url = "https://github.com/lab/code-1"
    LinkHealth.objects.create(url=url, checked_at=timezone.now(), status=404, dead=True)
    batch = uuid.uuid4()
    upload = Upload.objects.create(
        batch=batch, name="x.json", content=digest(row(9)), uploaded_by=operator
    )
    Disclosure.objects.create(
        opened_by=operator, why="x", opened_at=timezone.now(), closes_at=timezone.now()
    )
    sessions = {"visitor": None, "operator": enter(operator).cookies["sessionid"].value}
    client = Client()
    client.force_login(member)
    sessions["member"] = client.cookies["sessionid"].value
    LogEntry.objects.get_or_create(
        user=operator, content_type=ContentType.objects.get_for_model(Group), action_flag=1
    )

    member_key = opened.members().get().pk
    of_a_list = {"slug": opened.reading_list.slug, "secret": opened.reading_list.secret}
    search, _ = library.searches.save("papers", "q=paper", "A search")
    hook, _ = Library(member).webhooks.create("Lab", "https://hooks.invalid/", "json", None)
    kept = links.bookmark_link(member, papers[0].pk)
    places = {
        "": {"slug": PAPER, "paper": PAPER, "number": PAPER, "day": DAY, "suffix": "bib"},
        "sitemap": {"part": 0},
        "library/for-you/": {"preference": library.for_you.preferences[0].pk},
        "streams/|library/unread/": {"slug": "ours"},
        "trends/": {"table": "areas"},
        "authors/|api/v1/authors/": {"slug": "ada-lovelace"},
        "categories/|api/v1/categories/": {"slug": "text-generation"},
        "lists/|api/v1/library/lists/": {**of_a_list, "member": member_key, "invitation": asked.pk},
        "lists/invitations/|api/v1/library/invitations/": {"invitation": asked.pk},
        "account/": {"token": 1, "pk": 1, "uidb36": 1, "key": "x"},
        "library/searches/|api/v1/library/searches/": {"key": search.pk},
        "library/feeds/": {"secret": library.feeds.make(search)},
        "library/webhooks/": {"key": hook.pk},
        "account/mails/stop/": {"token": links.stop_link(member).rstrip("/").rpartition("/")[2]},
        "account/mails/bookmark/": {"token": kept.rstrip("/").rpartition("/")[2]},
        "api/v1/sources/|admin/digest/source/": {"pk": Source.objects.first().pk},
        "admin/": {"app_label": "digest", "url": "nowhere", "object_id": papers[0].pk},
        "admin/r/": {"content_type_id": ContentType.objects.get_for_model(Paper).pk},
        "admin/digest/paper/": {"key": papers[0].pk},
        "admin/digest/merge/": {"key": merge.pk},
        "admin/digest/alias/": {"key": alias.pk},
        "admin/digest/upload/": {"batch": batch, "pk": upload.pk},
    }

    def value(route):
        found = {}
        for start, some in places.items():
            if re.match(start, route):
                found |= some
        if match := re.match(r"admin/(\w+)/(\w+)/<path", route):
            rows = apps.get_model(*match.groups())._default_manager
            found["object_id"] = rows.values_list("pk", flat=True).first()
        return lambda name: str(found[name])

    return sessions, {route: filled(route, value(route)) for route in routes()}


def failures(sessions, asked):
    """What the server answers with an error of its own. asked: who, method, address, and perhaps
    what is sent."""
    found = []
    clients = {}
    for who in sessions:
        clients[who] = Client(raise_request_exception=False)
    for who, method, address, *sent in asked:
        client = clients[who]
        client.cookies.clear()
        if sessions[who]:
            client.cookies["sessionid"] = sessions[who]
        path, _, query = address.partition("?")
        with transaction.atomic():
            response = client.generic(method, path, *sent or [b"", FORM], QUERY_STRING=query)
            if response.streaming:
                b"".join(response.streaming_content)
            transaction.set_rollback(True)
        if response.status_code >= 500:
            found.append((who, method, address[:90], *sent, response.status_code))
    return found


def asker(address):
    """Whose a kind of page is; the admin stops all others at its door."""
    return "operator" if address.startswith("/admin/") else "member"


@pytest.mark.sqlite
def test_by_every_method(world):
    sessions, addresses = world
    asked = []
    # The admin makes the same kinds of pages of each model: together they are asked by each method.
    # Each of its pages is opened below.
    # So does Django of a page: one that takes forms alone, say, refuses all others in one place.
    turns = cycle([one for one in METHODS if one not in ("GET", "POST")])
    for address in addresses.values():
        if address.startswith("/admin/"):
            methods, without = ("POST", next(turns)), ("GET",)
        elif address.startswith("/api/"):
            methods, without = METHODS, ("GET", "POST")
        else:
            methods, without = ("GET", "POST", next(turns), next(turns)), ("GET", "POST")
        asked += [(asker(address), method, address) for method in methods]
        asked += [("visitor", method, address) for method in without]
    assert failures(sessions, asked) == []


def test_with_nonsense_in_the_path(world):
    sessions, addresses = world
    values = cycle(IN_PATHS)
    asked = [
        (asker(f"/{route}"), method, filled(route, lambda name, value=value: value))
        for route in addresses
        if GROUP.search(route)
        for method, value in zip(("GET", "GET", "POST"), values, strict=False)
    ]
    assert failures(sessions, asked) == []


FIELD = re.compile(r'<(?:input|select|textarea)\b[^>]*?\bname="([^"]+)"')
ACTION = re.compile(r'<option value="([a-z_]+)"')
LOOKUP = re.compile(r'href="\?([^"#]+)"')


LIST = re.compile("/admin/[a-z]+/[a-z]+/$")


def parameters():
    """By the beginning of an address, what it may say that no form and no link of it names."""
    schema = yaml.safe_load(SCHEMA.read_bytes())
    in_query = {
        re.sub(r"\{.*", "", path): [
            one["name"] for one in asked["get"].get("parameters", ()) if one["in"] == "query"
        ]
        for path, asked in schema["paths"].items()
        if "get" in asked
    }
    return {
        "/": ["page"],
        "/papers": [*sorted(PARAMETERS), "page"],
        "/library": ["page", "q", "sort", "status", "shown"],
        "/admin/": ["term"],
        **in_query,
    }


ON_LISTS = cycle(["p", "o", "e", "all", "_popup", "_to_field"])
"""What each list of the admin knows in the same way: of each one, of all together all."""


def known(address, said, by_start):
    """The parameters that a page knows. said: its HTML."""
    if LIST.match(address):
        return list(dict.fromkeys(["q", next(ON_LISTS), *sorted(_linked(said))]))
    start = max((one for one in by_start if address.startswith(one)), key=len)
    return list(dict.fromkeys([*by_start[start], *FIELD.findall(said)]))


def _linked(said):
    queries = {unescape(query) for query in LOOKUP.findall(said)}
    return {name for query in queries for name in parse_qs(query)}


def nonsense(world, expected):
    """Each parameter and each field that each page knows, with a value that it does not expect.

    expected: values that are left out.
    """
    sessions, addresses = world
    by_start = parameters()
    values = cycle(IN_FIELDS)
    client = Client(raise_request_exception=False)
    for address in addresses.values():
        who = asker(address)
        client.cookies["sessionid"] = sessions[who]
        response = client.get(address)
        if response.streaming:
            b"".join(response.streaming_content)
        assert response.status_code < 500, address
        if response.status_code != 200:
            continue
        html = "html" in response.get("Content-Type", "")
        said = response.content.decode() if html else ""
        sent = zip(known(address, said, by_start), values, strict=False)
        queries = [f"{quote(name)}={value}" for name, value in sent if value not in expected]
        if queries and who == "operator" and not LIST.match(address):  # a form takes all together
            queries = ["&".join(queries)]
        for query in queries:
            yield who, "GET", f"{address}?{query}"
        fields = dict.fromkeys(FIELD.findall(said))
        if 'method="post"' in said and fields:
            for value in islice(values, 1):
                filled_in = "&".join(f"{quote(name)}={value}" for name in fields)
                if value not in expected:
                    yield who, "POST", address, filled_in, FORM
        if "_selected_action" in fields:
            for action in ACTION.findall(said):
                for value in islice(values, 2):
                    chosen = f"_selected_action={value}&action={action}"
                    if value not in expected:
                        yield who, "POST", address, chosen, FORM


def test_with_nonsense_in_what_each_page_knows(world, pytestconfig):
    """PostgreSQL minds all of it. What SQLite minds and PostgreSQL does not are long numbers, so
    that they alone are tried on both."""
    one_will_do = connection.vendor == "sqlite" and not pytestconfig.getoption("thorough")
    expected = {*IN_FIELDS} - {LONG, LONGEST} if one_will_do else set()
    assert failures(world[0], list(nonsense(world, expected))) == []


@pytest.mark.parametrize("said", [LONGEST, "[" * 100_000])
def test_json_that_python_does_not_take(world, said):
    sessions, addresses = world
    address = addresses["admin/digest/paper/<path:object_id>/change/"]
    sent = f"title=Another&seen={quote(said)}"
    assert failures(sessions, [("operator", "POST", address, sent, FORM)]) == []


def test_a_write_without_the_last_slash_stays_a_write(world):
    sessions, addresses = world
    client = Client()
    client.cookies["sessionid"] = sessions["member"]
    for address in addresses.values():
        if address == "/" or not address.endswith("/"):
            continue
        for method in ("POST", "DELETE") if address.startswith("/api/") else ("POST",):
            response = client.generic(method, address[:-1])
            assert response.status_code in (308, 404, 405), f"{method} {address}"
            if response.status_code == 308:
                assert response["Location"] == address
            elif address.startswith("/api/"):
                assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", WRITES)
def test_where_errors_are_shown_in_full_too(settings, db, method):
    settings.DEBUG = True  # where Django itself would fail
    for address in ("/library/mark", "/api/v1/digests"):
        response = Client().generic(method, address)
        assert (response.status_code, response["Location"]) == (308, f"{address}/")


def test_a_write_by_plain_http_stays_a_write(settings):
    settings.SECURE_SSL_REDIRECT = True
    for method, status in (("GET", 301), ("HEAD", 301), ("POST", 308), ("DELETE", 308)):
        response = Client().generic(method, "/api/v1/papers/lookup/")
        assert (response.status_code, response["Location"]) == (
            status,
            "https://testserver/api/v1/papers/lookup/",
        )


def test_what_was_sent_arrives(world):
    sessions, _ = world
    client = Client()
    client.cookies["sessionid"] = sessions["member"]
    sent = {"name": "By the wrong address"}
    response = client.post("/api/v1/library/lists", sent, "application/json", follow=True)
    assert (response.status_code, response.json()["name"]) == (201, sent["name"])
