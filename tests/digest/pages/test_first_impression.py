"""What a visitor is told first, and what a site says that has nothing of its own yet."""

import re

import pytest

from digest.catalogue import sample
from digest.catalogue.load import load
from tests.accounts.pages import text
from tests.admin import enter, holder
from tests.conftest import ROOT
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def unknown(monkeypatch):
    """A process that knows nothing of the sources yet."""
    monkeypatch.setattr(sample, "known", {})


def load_sample():
    for file in sample.SAMPLE.glob("*.md"):
        load(file.read_bytes(), file.name)


def test_a_visitor_sees_what_this_is_and_how_much_there_is(client):
    load(digest(*(row(n) for n in range(1, 4))), "2025-02-06.json")
    load(digest(row(3, date="2025-02-07"), row(4, date="2025-02-07")), "2025-02-07.json")
    page = client.get("/")
    assert "4 papers of 2 days since February 2025. Sign up to keep papers" in text(page)
    assert page.text.count('class="primary"') == 1


def test_who_may_not_sign_up_is_led_to_the_log_in(client, settings):
    settings.SIGNUP = "closed"
    load(digest(row()), "2025-02-06.json")
    page = text(client.get("/"))
    assert "1 paper of 1 day since February 2025. Log in to keep papers" in page


def test_an_empty_site_says_how_to_load(client, unknown):
    page = text(client.get("/"))
    assert "python manage.py load_digest PATH" in page
    assert "a sample" not in page


@pytest.mark.parametrize("address", ["/", "/papers/", "/account/login/", "/api/", "/nowhere/"])
def test_every_page_says_that_there_is_a_sample_alone(client, unknown, address):
    load_sample()
    page = text(client.get(address))
    assert "This site shows a sample of one day." in page
    assert "manage.py load_digest PATH" in page
    assert "To become its first curator: .venv/bin/python manage.py createsuperuser ;" in page
    load(digest(row()), "2025-03-06.json")
    assert "a sample" not in text(client.get(address))


def test_the_admin_says_it_too_and_its_address_is_on_no_page(client, unknown, settings):
    load_sample()
    assert "/admin/" not in client.get("/").text
    curator = enter(holder("root", is_superuser=True))
    page = curator.get("/admin/")
    assert "This site shows a sample of one day." in text(page)
    assert "first curator" not in text(page)
    (footer,) = re.findall(r"<footer[^>]*>\s*(.*?)\s*</footer>", page.text, re.DOTALL)
    assert footer == f"Paper Digest {settings.VERSION}"
    assert f"Version {settings.VERSION}." in curator.get("/").text
    assert "Version" not in client.get("/").text


def test_a_sample_alone_is_one_query_a_page(client, unknown, django_assert_num_queries):
    load_sample()
    sample.is_sample_alone()
    with django_assert_num_queries(1):
        assert sample.is_sample_alone()


def test_a_process_that_has_met_another_source_asks_no_more(
    client, unknown, django_assert_num_queries
):
    load(digest(row()), "2025-02-06.json")
    assert not sample.is_sample_alone()
    with django_assert_num_queries(0):
        assert not sample.is_sample_alone()


def test_icons_and_the_manifest_lead_to_files_that_are_there(client):
    page = client.get("/").text
    manifest = client.get("/manifest.webmanifest")
    assert manifest["Content-Type"] == "application/manifest+json"
    assert '<link rel="manifest" href="/manifest.webmanifest" data-server>' in page
    addresses = [icon["src"] for icon in manifest.json()["icons"]]
    addresses += re.findall(r'<link rel="(?:icon|apple-touch-icon)"\s+href="([^"]+)"', page)
    addresses.append(client.get("/favicon.ico").url)
    assert {re.sub(r"\.[0-9a-f]{12}\.", ".", address) for address in addresses} == {
        f"/static/{name}"
        for name in ("icon.svg", *(f"icon-{size}.png" for size in (32, 180, 192, 512)))
    }
    for address in addresses:
        name = re.sub(r"\.[0-9a-f]{12}\.", ".", address).removeprefix("/static/")
        assert (ROOT / "static" / name).is_file()
