import re
from zoneinfo import available_timezones

import pytest
from django.test import Client
from django.utils import timezone

from accounts.forms.account import ProfileForm
from tests.accounts.pages import errors, heading, text

# The queries are those of Django and allauth.
pytestmark = pytest.mark.sqlite

SAID = {
    "display_name": "Ada",
    "time_zone": "Asia/Tokyo",
    "theme": "dark",
    "density": "titles",
    "papers_on_a_page": "50",
}


@pytest.fixture
def mine(client, owner):
    client.force_login(owner)
    return client


def test_what_is_said_is_kept(mine, owner):
    answer = mine.post("/account/", SAID)
    assert (answer.status_code, answer.url) == (302, "/account/")
    owner.refresh_from_db()
    assert owner.display_name == "Ada"
    assert (owner.time_zone, owner.theme, owner.papers_on_a_page) == ("Asia/Tokyo", "dark", 50)
    assert owner.density == "titles"
    page = mine.get("/account/")
    assert (heading(page), text(page).split()[0]) == ("Ada", "Saved.")
    assert re.search('data-theme="dark"\\s+data-density="titles"', page.content.decode())


def test_visitors_have_the_theme_of_their_system(anonymous):
    assert "data-theme" not in anonymous.get("/").content.decode()


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("time_zone", "Mars/Olympus", "Choose a time zone from the list."),
        ("time_zone", "../../etc/passwd", "Choose a time zone from the list."),
        ("time_zone", "", "This field is required."),
        (
            *("theme", "pink"),
            "Select a valid choice. pink is not one of the available choices.",
        ),
        (
            *("papers_on_a_page", "1000000"),
            "Select a valid choice. 1000000 is not one of the available choices.",
        ),
        (
            *("display_name", "x" * 101),
            "Ensure this value has at most 100 characters (it has 101).",
        ),
        ("display_name", "A\x00", "Null characters are not allowed."),
        (
            *("display_name", "gpj.\u202eadA"),
            "Remove the invisible character U+202E (right-to-left override).",
        ),
        (
            *("display_name", "Ada\u200b"),
            "Remove the invisible character U+200B (zero width space).",
        ),
        (
            *("display_name", "A\x07da"),
            "Remove the invisible character U+0007 (a control character).",
        ),
        ("display_name", "\u200d", "Use a name with visible characters, or none."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(mine, owner, field, value, error):
    answer = mine.post("/account/", SAID | {field: value})
    assert answer.status_code == 200
    assert errors(answer) == {field: [error]}
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert heading(answer) == "owner"
    owner.refresh_from_db()
    assert (owner.display_name, owner.theme) == ("", "auto")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        *(("  Ada   Lovelace ", "Ada Lovelace"), ("", ""), ("李飞飞", "李飞飞")),
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian is not written without its joiners
        ("Ada\r\nLovelace", "Ada Lovelace"),
        ("Cafe\u0301", "Café"),
        ("<b>&amp;", "<b>&amp;"),
    ],
)
def test_display_names(mine, owner, typed, kept):
    mine.post("/account/", SAID | {"display_name": typed})
    owner.refresh_from_db()
    assert owner.display_name == kept


def test_a_name_is_text(mine):
    mine.post("/account/", SAID | {"display_name": "<b>&amp;"})
    page = mine.get("/account/").content.decode()
    assert "<bdi>&lt;b&gt;&amp;amp;</bdi>" in page
    assert "<b>&amp;" not in page


def test_what_is_not_asked_for_is_not_taken(mine, owner):
    mine.post("/account/", SAID | {"is_staff": "on", "is_superuser": "on", "username": "x"})
    owner.refresh_from_db()
    assert (owner.username, owner.is_staff, owner.is_superuser) == ("owner", False, False)


def test_saving_leaves_alone_what_changed_meanwhile(owner):
    form = ProfileForm(SAID, instance=type(owner).objects.get())
    owner.set_password("another horse")
    owner.save()
    assert form.is_valid()
    form.save()
    owner.refresh_from_db()
    assert owner.check_password("another horse")


def test_every_time_zone_of_a_place_is_offered():
    names = {
        name for _, zones in ProfileForm().fields["time_zone"].choices[1:] for name, _ in zones
    }
    assert {"Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata"} < names
    assert names < available_timezones()


@pytest.mark.parametrize("address", ["/account/", "/account/delete/"])
def test_methods_and_visitors(mine, anonymous, address):
    assert mine.put(address).status_code == 405
    assert anonymous.get(address).url == f"/account/login/?next={address}"
    assert anonymous.post(address).url == "/account/login/?next=/"
    assert "no-store" in mine.get(address)["Cache-Control"]
    guarded = Client(enforce_csrf_checks=True)
    guarded.cookies = mine.cookies
    assert guarded.post(address, SAID).status_code == 403


# The time zone


def test_times_are_those_of_the_person(enter, owner):
    owner.time_zone = "Asia/Tokyo"
    owner.save()
    client = enter(owner)
    session = owner.usersession_set.get()
    session.created_at = session.created_at.replace(2026, 1, 31, 20, 5)
    session.save()
    assert "1 February 2026, 05:05" in text(client.get("/account/sessions/"))
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_time_zone_that_is_no_more_breaks_no_page(client, owner):
    owner.time_zone = "Mars/Olympus"
    owner.save()
    client.force_login(owner)
    assert client.get("/account/sessions/").status_code == 200


def test_a_visitor_costs_no_query(anonymous, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = anonymous.get("/robots.txt")
    assert not answer.has_header("Vary") or "Cookie" not in answer["Vary"]
