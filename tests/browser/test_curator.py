"""The whole day of a curator: load a digest, mend what is wrong in it, and take it back."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from digest.catalogue.load import load as load_file
from digest.models import Author, Correction, Difference, Digest, Entry, Paper, Source
from tests.admin import enter, holder
from tests.browser.look import AXE, violations
from tests.conftest import ROOT, SHARED
from tests.samples import digest, row

SEED = SHARED / "seed" / "2025-02-06.md"
SAMPLE = SEED if SEED.exists() else ROOT / "fixtures" / "2025-02-06.md"
_RULES = ["accesskeys", "color-contrast", "link-in-text-block", "target-size"]

# Transactions are not rolled back here, so that groups are gone after the first such test.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin(visit, live_server):
    """Opens a page of the admin, in a browser in which a curator came in."""
    curator = enter(holder("curator", is_superuser=True))
    session = {"name": "sessionid", "value": curator.cookies["sessionid"].value}

    def admin(address, **options):
        page = visit("/robots.txt", **options)
        page.context.add_cookies([session | {"url": live_server.url}])
        page.goto(f"{live_server.url}/admin/{address}")
        return page

    return admin


def load(page, path):
    """Upload a file, see what would happen, and load it."""
    page.get_by_role("link", name="Sources").first.click()
    page.get_by_role("link", name="Load digests").click()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("section.file .verdict").first).to_be_visible()
    page.evaluate(AXE)
    assert violations(page) == []
    page.get_by_role("button", name="Load this file").click()
    expect(page.get_by_text("1 file loaded, 0 known already, 0 unreadable.")).to_be_visible()


def test_a_curators_day(admin, tmp_path):
    page = admin("")

    # Upload the digest, look at it, and confirm
    load(page, SAMPLE)
    source = Source.objects.get()
    assert source.new == Paper.objects.count() == Digest.objects.get().paper_count > 2

    # Fix a title
    paper = Paper.objects.newest().first()
    assert paper is not None
    page.get_by_role("link", name="Papers").first.click()
    page.get_by_role("link", name=paper.title).first.click()
    page.get_by_label("Title").fill("A title that a curator gave")
    page.get_by_label("Why").first.fill("it was broken in two")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    made = Correction.objects.get()
    assert (made.paper, made.value, made.was) == (paper, "A title that a curator gave", paper.title)
    page.goto(f"{page.url.split('/admin/')[0]}{paper.get_absolute_url()}")
    expect(page.get_by_role("heading", level=1)).to_have_text("A title that a curator gave")
    expect(page.get_by_text("Corrected on")).to_be_visible()

    # Merge two authors
    first, second = Author.objects.order_by("name")[:2]
    page.goto(f"{page.url.split('/papers/')[0]}/admin/digest/author/{first.pk}/change/")
    page.get_by_label("Name").fill(second.name)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Merge").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert not Author.objects.filter(name=first.name).exists()

    # A later file says something else: settle the difference
    said = {"title": "Theirs", "link": paper.abstract_url, "date": "2025-02-07", "authors": ""}
    later = tmp_path / "later.json"
    later.write_text(json.dumps([said]))
    load(page, later)
    assert Paper.objects.get(pk=paper.pk).title == "A title that a curator gave"
    page.get_by_role("link", name="Differences").first.click()
    page.get_by_role("link", name="A title that a curator gave").first.click()
    expect(page.get_by_text("1 of 1 open")).to_be_visible()
    page.get_by_role("button", name="Keep the correction").click()
    expect(page.get_by_text("No difference is open any longer.")).to_be_visible()
    assert Difference.objects.get().settled == "kept"

    # Undo the source
    page.get_by_role("link", name="Sources").first.click()
    page.get_by_role("link", name=SAMPLE.name).click()
    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert [one.name for one in Source.objects.all()] == ["later.json"]
    assert Entry.objects.count() == Paper.objects.visible().count() == 1
    assert Paper.objects.visible().get().title == "A title that a curator gave"
    assert LogEntry.objects.count() >= 6


def test_a_file_without_a_digest_is_said_to_be_unreadable(admin):
    page = admin("digest/upload/add/")
    empty = {"name": "x.json", "mimeType": "application/json", "buffer": b"[]"}
    page.locator("input[type=file]").set_input_files(empty)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("There is no digest in it: nothing would change.")).to_be_visible()
    page.get_by_role("button", name="Load this file").click()
    expect(page.get_by_text("0 files loaded, 0 known already, 1 unreadable.")).to_be_visible()


def test_what_fails_is_said_beside_what_was_used(admin, meant):
    meant += ["status of (401|503)", "htmx:(afterRequest|sendError)"]
    page = admin("")
    fault = page.locator(".fault")
    page.route(
        "**/load/", lambda route: route.fulfill(status=503, body=""), times=1
    )  # as it begins
    page.goto(f"{page.url}digest/upload/add/")
    page.locator("input[type=file]").set_input_files(SAMPLE)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Load this file").click()
    expect(fault).to_have_text("The site is busy: nothing was changed. Try again")
    fault.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("1 file loaded, 0 known already, 0 unreadable.")).to_be_visible()

    paper = Paper.objects.newest().first()
    assert paper is not None
    page.goto(page.url.partition("upload")[0] + f"paper/{paper.pk}/change/")
    page.context.set_offline(True)
    name = page.locator("[data-suggest]:visible").first
    name.press_sequentially("x")
    expect(fault).to_have_text("There is no connection: no names are suggested. Try again")
    page.get_by_label("Title").fill("A title that a curator gave")
    page.get_by_label("Why").first.fill("it was broken in two")
    page.get_by_role("button", name="Save", exact=True).first.click()
    said = page.get_by_text("There is no connection: nothing was changed.")
    expect(said).to_be_visible()
    page.context.set_offline(False)
    fault.first.get_by_role("button", name="Try again").click()
    expect(fault).to_have_count(1)
    Session.objects.all().delete()
    fault.get_by_role("button", name="Try again").click()
    expect(fault).to_contain_text("You are logged out: nothing was changed.")
    assert page.get_by_label("Title").input_value() == "A title that a curator gave"
    assert fault.get_by_role("link", name="Log in").get_attribute("target") == "_blank"
    assert not Correction.objects.exists()


def test_lists_fit_their_window_and_every_field_has_a_name(admin):
    long = "A Title of a Paper That Is as Long as Those of Papers Are, and Then Some More Words"
    load_file(
        digest(*(row(n, title=f"{long} {n}") for n in range(1, 4))), "2025/02/2025-02-06.json"
    )
    page = admin("digest/paper/")
    for kind in ("paper", "source", "author"):
        page.goto(page.url.partition("/admin/")[0] + f"/admin/digest/{kind}/")
        beyond = "(e) => e.scrollWidth - e.clientWidth"
        assert page.locator("#changelist .results").evaluate(beyond) == 0, kind
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0, kind
        page.evaluate(AXE)
        assert violations(page) == [], kind
        page.set_viewport_size({"width": 360, "height": 780})
        assert page.locator("#changelist").evaluate("(e) => e.offsetWidth") > 320, kind
        page.set_viewport_size({"width": 1280, "height": 800})
    site = page.url.partition("/admin/")[0]
    role = f"auth/group/{Group.objects.create(name='Readers').pk}/change/"
    pages = ("", "status/", "doctor/", "auth/group/", role, "accounts/user/")
    for address in pages:
        page.goto(f"{site}/admin/{address}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0, address
        page.evaluate(AXE)
        assert violations(page) == [], address
    page.goto(f"{site}/admin/digest/paper/{Paper.objects.first().pk}/merge/")
    expect(page.get_by_role("textbox", name="The paper to merge into")).to_be_visible()
    page.evaluate(AXE)
    assert violations(page) == []
    page.goto(f"{site}/admin/digest/paper/{Paper.objects.first().pk}/change/")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll(
            "#content :is(input:not([type=hidden], [type=submit]), select, textarea)"
        )].filter((e) => !e.labels.length && !e.ariaLabel).map((e) => e.outerHTML)"""
    )
    assert nameless == []
    page.evaluate(AXE)
    assert violations(page, runOnly=_RULES) == []
