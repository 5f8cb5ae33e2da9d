"""Every route, with markup and scripts in every text that it shows: all of it stays text.

Whatever people, files and programs can say is filled with payloads, through the same functions as
theirs, and once more in the database itself. Then every address is opened, by a superuser who is
let into all of it, and read as a browser reads it.
"""

import io
import json
import re
import zipfile
from collections import Counter
from itertools import chain, product
from xml.etree import ElementTree

import html5lib
import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, models, transaction
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.alerts import links
from accounts.library import Library
from accounts.library.for_you import Reason
from accounts.models import ApiToken, Disclosure, Role, User, Visibility
from accounts.recommender.vectors import Vectors
from digest.catalogue.load import load
from digest.curation import decisions
from digest.models import (
    Alias,
    Author,
    Category,
    LinkHealth,
    Paper,
    Proposal,
    Source,
    Stream,
    Upload,
)
from tests.accounts.admin.test_access import addresses
from tests.accounts.conftest import person
from tests.accounts.test_access import TABLE, routes
from tests.admin import app, code
from tests.samples import digest, row

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]

SHORT = "'\"><xss-probe onxss=1>"
"""Leaves an attribute of either kind and becomes an element."""
PAYLOAD = (
    f"{SHORT}</title></textarea></script></style>--><xss-probe></xss-probe>"
    "<script>xss()</script><svg onload=xss()><a href='javascript:xss()'>a</a>"
    "[a](javascript:xss) ![b](data:text/html,xss) <javascript:xss> [c]: javascript:xss\n"
    "$\\text{<xss-probe onxss=1>}$ $\\operatorname*{<xss-probe>}$ `<xss-probe>` {{ 7*7 }} "
    '[d](https://example.org/"onxss=1) **<xss-probe>** ]]><xss-probe>'
)
URL = "https://example.org/'\"><xss-probe onxss=1>"

# What no text can be, or what is not text of anybody's: keys, hashes, choices, and HTML that was
# made here of the texts beside it.
OURS = {
    *("slug", "arxiv_id", "sha256", "secret", "beginning", "password", "username", "time_zone"),
    *("html", "title_html", "description_html", "comment_html", "model", "address", "words"),
    *("app_label", "codename", "session_key", "provider", "first", "second"),
}


def fill(model):
    """Put a payload into every text of every row of a model that the database lets have one."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not (field.choices or field.primary_key or field.name in OURS)
    ]
    filled = 0
    for field, row_ in product(fields, model._default_manager.all()):
        rows = model._default_manager.filter(pk=row_.pk)
        said = (URL,) if "url" in field.name else (PAYLOAD, SHORT)
        for text in (f"{text}{row_.pk}"[: field.max_length] for text in said):
            try:
                with transaction.atomic():
                    filled += rows.update(**{field.name: text})
                break
            except IntegrityError:  # the database has a limit of its own, and takes less
                pass
    return filled


@pytest.fixture
def world(db):
    """A row of everything, each text of which is a payload; the superuser, and where things are."""
    owner = User.objects.create_superuser("owner", "owner@example.org", "correct horse battery")
    other = person("other")
    said = {
        "title": PAYLOAD,
        "authors": f"{SHORT}, {PAYLOAD.replace(',', '')[:190]}",
        "summary": f"- {PAYLOAD}\n- {SHORT}",
        "classification": [SHORT, PAYLOAD[:90]],
        "abstract": f"{PAYLOAD} {SHORT}",
        "keywords": [SHORT, PAYLOAD[:90]],
        "comment": PAYLOAD,
        "doi": f"10.1000/{SHORT}",
        "github_urls": ["javascript:xss", URL, "data:text/html,<xss-probe>"],
        "huggingface_urls": [f"https://huggingface.co/{SHORT}"],
    }
    load(digest(row(1, **said), row(2), row(3, title="x", link=SHORT)), f"{SHORT}.json")
    # A file with a problem in it, and one that says something else than a curator.
    first, second = Paper.objects.order_by("position")[:2]
    decisions.correct(second, "title", PAYLOAD, owner, PAYLOAD)
    bad = f"## Papers for 2025-02-07\n\n| Title | Authors | Summary |\n|-|-|-|\n| {SHORT} | x |\n"
    load(bad.encode(), f"{SHORT}.md")
    load(digest(row(2, date="2025-02-08", title=f"Other {SHORT}"), row(4), {"x": SHORT}), "b.json")
    merged = Paper.objects.get(slug="2502.00004")
    decisions.merge_papers(merged, second, owner, PAYLOAD)
    names = list(Author.objects.values_list("name", flat=True)[:2])
    decisions.merge_authors(names[0], names[1], owner, PAYLOAD)
    Proposal.objects.create(kind="paper", first=first.slug, second=second.slug, reason="x")
    Proposal.objects.create(kind="author", first=names[1], second=SHORT, reason="x")
    LinkHealth.objects.create(url=URL, checked_at=timezone.now(), dead=True, reason="x")
    Upload.objects.create(
        batch="0" * 32, name="x", content=digest(row(9, **said)), uploaded_by=owner
    )

    library = Library(owner)
    library.bookmarks.add([first.pk])
    library.bookmarks.dismiss([second.pk])
    library.for_you.rate({first.pk: True})
    library.for_you.prefer([Reason("word", SHORT)], more=False)
    library.for_you.prefer([Reason("author", PAYLOAD[:190])], more=True)
    model = library.for_you.train(Vectors())
    library.notes.save(first, PAYLOAD, 0)
    library.reports.add(first, "title", PAYLOAD)
    assert model
    model.words = dict.fromkeys(model.words, PAYLOAD[:190])
    model.save()
    places: dict[str, object] = {"preference": library.for_you.preferences[0].pk}
    for visibility in Visibility.values:
        made = library.lists.create(f"{visibility} {SHORT}", PAYLOAD)
        opened = library.lists.open(made.slug)
        opened.add([first.pk])
        opened.describe_item(first.pk, comment=PAYLOAD, section=f"{SHORT} section")
        opened.show_note(first.pk, True)
        opened.invite("other", Role.EDITOR)
        Library(other).lists.accept(Library(other).lists.invitations()[0].pk)
        opened.show_to(visibility)
        places |= {visibility: made.slug, f"{visibility}_secret": made.secret}
    places |= {"invitation": opened.invite(f"x@{'x' * 5}.example", Role.VIEWER).pk, "member": 1}
    theirs = Library(other).lists
    theirs.open(theirs.create(SHORT).slug).invite("owner", Role.VIEWER)
    tokens.create(owner, SHORT, ["library:read"])
    search, _ = library.searches.save("papers", "q=x", SHORT)
    hook, _ = Library(owner).webhooks.create(SHORT, "https://hooks.invalid/", "json", None)
    places |= {
        "search": search.pk,
        "feed": library.feeds.make(search),
        "hook": hook.pk,
        "stop": links.stop_link(owner).rstrip("/").rpartition("/")[2],
        "kept": links.bookmark_link(owner, first.pk).rstrip("/").rpartition("/")[2],
    }
    SocialAccount.objects.create(user=owner, provider="github", uid="1", extra_data={"name": SHORT})
    Disclosure.objects.create(
        why="x",
        opened_by=owner,
        opened_at=timezone.now(),
        closes_at=timezone.now().replace(year=9000),
    )
    LogEntry.objects.create(
        user=owner,
        object_repr="x",
        action_flag=CHANGE,
        change_message="x",
        content_type=ContentType.objects.get_for_model(Paper),
        object_id=str(first.pk),
    )
    Group.objects.create(name="x")
    every = chain.from_iterable(
        apps.get_app_config(name).get_models() for name in ("digest", "accounts")
    )
    empty = {
        model for model in (*every, LogEntry, Group) if model not in BY_NAME and not fill(model)
    }
    assert not empty & MODELS
    return owner, places


BY_NAME = {Author, Category, Alias}
"""Known by their names, with which other columns go: files and curators have given them some."""
MODELS = {
    *(LinkHealth, Paper, Proposal, Source, Stream, Upload, ApiToken, Disclosure, User),
    *(
        LogEntry,
        Group,
        *(
            apps.get_model("accounts", name)
            for name in (
                *("Note", "ReadingList", "ListItem", "Report", "Invitation", "Preference"),
                *("SavedSearch", "Webhook"),
            )
        ),
    ),
    *(apps.get_model("digest", name) for name in ("Correction", "Merge", "SearchText")),
}
"""Models whose rows hold such texts, each of which has a row here."""


@pytest.fixture
def inside(world):
    """The superuser, everywhere let in."""
    owner, _ = world
    secret = app(owner)
    client = Client(headers={"User-Agent": SHORT})
    client.post("/account/login/", {"login": "owner", "password": "correct horse battery"})
    client.post("/account/2fa/authenticate/", {"code": code(secret)})
    client.post("/account/reauthenticate/", {"password": "correct horse battery"})
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.create(
        user=owner, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "x" * 80, "used_mask": 0}
    )
    return client


def api_addresses(places):
    """Every address of the API, of rows that are there."""
    rows = {
        "paper": "2502.00001",
        "day": "2025-02-06",
        "suffix": "bib",
        "invitation": places["invitation"],
        "member": places["member"],
        "key": places["search"],
        "list": places["public"],
        "reading_list": places["public"],
        "pk": Source.objects.first().pk,
    }
    slugs = {
        "papers/": "2502.00001",
        "authors/": Author.objects.first().slug,
        "categories/": Category.objects.first().slug,
        "lists/": places["public"],
    }
    for route in routes():
        if route.startswith("api/v1/"):
            under = next((slug for part, slug in slugs.items() if part in route), "2502.00001")
            values = rows | {"slug": under}
            yield "/" + re.sub(r"<\w+:(\w+)>", lambda m, v=values: str(v.get(m[1], 1)), route)


SCRIPT = re.compile(r"^[\x00-\x20]*(javascript|data|vbscript):", re.IGNORECASE)
LINKS = {"href", "src", "action", "formaction", "xlink:href", "poster", "data", "srcdoc"}


def wrong_with_html(text):
    """What in a page is markup that came out of a payload."""
    found = []
    tree = html5lib.parse(text, namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        tag = element.tag.rpartition("}")[2]
        if "xss" in tag:
            found.append(tag)
        if tag == "script" and not element.get("src") and "json" not in element.get("type", ""):
            found.append("a script without an address")
        for name, value in element.attrib.items():
            name = str(name)
            if name.lower().startswith("on") or "xss" in name:
                found.append(f"{tag} {name}")
            if name.lower() in LINKS and SCRIPT.match(value):
                found.append(f"{tag} {name}={value[:40]}")
    return found


def wrong_with_xml(text):
    """The same of a feed, and of the HTML in it."""
    found = []
    for element in ElementTree.fromstring(text).iter():
        if "xss" in element.tag or any("xss" in name for name in element.attrib):
            found.append(element.tag)
        if any(SCRIPT.match(value) for value in element.attrib.values()):
            found.append(f"{element.tag} {element.attrib}")
        if element.get("type") == "html" and element.text:
            found += wrong_with_html(element.text)
    return found


def wrong_with(response):
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    body = b"".join(response)
    if response.headers["X-Content-Type-Options"] != "nosniff":
        return ["it may be taken for something else than it says"]
    if kind == "text/html":
        return wrong_with_html(body.decode()) if b"xss" in body else []
    if kind.endswith("xml"):
        return wrong_with_xml(body)
    if kind.endswith("json"):
        json.loads(body)
    if kind == "application/zip":
        with zipfile.ZipFile(io.BytesIO(body)) as file:
            json.loads(file.read("library.json"))
    return []


def test_no_text_becomes_markup_anywhere(world, inside, subtests):
    _, places = world
    outside = Client()
    site = [each.address.format(**places) for each in chain.from_iterable(TABLE.values())]
    author, category = Author.objects.first(), Category.objects.first()
    more = [
        f"/authors/{author.slug}/",
        f"/categories/{category.slug}/",
        "/papers/?q=" + SHORT.replace("=", "%3D"),
        "/library/?q=" + SHORT.replace("=", "%3D"),
        "/papers.atom?q=the",
        "/nowhere/" + SHORT,
        "/account/login/?next=" + SHORT,
        "/lists/?page=" + SHORT,
    ]
    seen = Counter()
    asked = [
        *((outside, address) for address in [*site, *more]),
        *((inside, address) for address in [*site, *more, *api_addresses(places)]),
        *((inside, address) for address, _ in addresses()),
    ]
    for client, address in asked:
        if "/logout/" in address:
            continue
        response = client.get(address)
        seen[response.status_code] += 1
        wrong = wrong_with(response)
        if wrong:
            with subtests.test(address):
                assert wrong == []
    assert not seen[500]
    assert seen[200] > 200


def test_what_is_typed_comes_back_as_text(inside, world):
    """Forms that say what is wrong show what they were sent."""
    _, places = world
    said = dict.fromkeys(
        ("login", "email", "username", "name", "comment", "text", "display_name", "invitee", "why"),
        SHORT,
    )
    for client in (Client(), inside):
        for address in (
            *("/account/login/", "/account/signup/", "/account/password/reset/", "/account/"),
            *("/account/login/code/", "/account/email/", "/account/tokens/", "/lists/"),
            f"/lists/{places['public']}/invitations/",
            f"/lists/{places['public']}/settings/",
            *("/library/reports/2502.00001/", "/library/import/", "/admin/accounts/user/add/"),
            *("/admin/accounts/disclosure/add/", "/admin/digest/upload/add/"),
        ):
            assert wrong_with(client.post(address, said)) == [], address


@pytest.mark.parametrize(
    "text",
    [
        "<p><xss-probe></p>",
        "<p onxss=1>xss</p>",
        "<img src=x onerror=alert(1)> xss",
        "<a href='java\nscript:xss'>",
        "<a href=' JavaScript:xss'>",
        "<form action='data:text/html,xss'>",
        "<script>xss</script>",
    ],
)
def test_markup_is_seen(text):
    """Such as this test looks for."""
    assert wrong_with_html(text.replace("java\n", "java")) != []


def test_every_model_with_texts_has_a_row():
    shown = {model for model in admin.site._registry if model not in MODELS | BY_NAME}
    texts = {
        model
        for model in shown
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not (field.choices or field.primary_key or field.name in OURS)
    }
    assert texts == set()
