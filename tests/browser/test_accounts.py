"""Accounts in a browser: from signing up to a passkey, and no page that sticks out."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import expect

from accounts.models import User

PASSWORD = "correct horse battery"
NARROW, WIDE = 360, 1280


@pytest.fixture(autouse=True)
def no_limits_before(transactional_db):
    """Limits are counted in a table that stays between tests."""
    cache.clear()


@pytest.fixture
def visit(visit, settings, live_server):
    settings.SITE_URL = live_server.url
    return visit


def sign_up(page, name="ada"):
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("User name").fill(name)
    page.get_by_label("E-mail address").fill(f"{name}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def say_who(page):
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Confirm that it is you")


def test_signing_up_and_confirming_by_mail(visit):
    page = visit("/papers/?q=x")
    sign_up(page)
    assert page.url.endswith("/papers/?q=x")
    (address,) = re.findall(r"^http://\S+/confirm-email/\S+$", mail.outbox[0].body, re.MULTILINE)
    page.goto(address)
    page.get_by_role("button", name="Yes, confirm it").click()
    expect(page.get_by_text("ada@example.org is confirmed.")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You are logged out.")).to_be_visible()
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("User name or e-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="ada", exact=True)).to_be_visible()


def test_all_of_it_works_without_javascript(visit):
    page = visit("/", java_script_enabled=False)
    sign_up(page)
    page.get_by_role("link", name="ada", exact=True).click()
    page.get_by_label("Display name").fill("Ada Lovelace")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    page.get_by_role("link", name="Delete").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("Your account and all your data are deleted")).to_be_visible()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


@pytest.mark.parametrize(("system", "chosen"), [("light", "dark"), ("dark", "light")])
def test_a_theme_that_is_chosen_wins_over_the_systems(visit, system, chosen):
    page = visit("/", color_scheme=system)

    def paper():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    colours = {"light": "rgb(253, 252, 249)", "dark": "rgb(23, 21, 18)"}
    assert paper() == colours[system]
    sign_up(page)
    page.get_by_role("link", name="ada", exact=True).click()
    page.get_by_label("Theme").select_option(chosen)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert paper() == colours[chosen]
    page.emulate_media(media="print")
    assert paper() == "rgb(255, 255, 255)"


PAGES = [
    *("", "email/", "password/change/", "2fa/", "2fa/totp/activate/", "2fa/webauthn/add/"),
    *("2fa/recovery-codes/", "2fa/recovery-codes/generate/", "2fa/webauthn/", "sessions/"),
    *("tokens/", "connections/", "delete/", "logout/", "reauthenticate/"),
]


def test_every_page_fits_and_is_accessible(visit, live_server, look):
    page = visit("/account/login/")

    def check(address):
        page.goto(f"{live_server.url}/account/{address}")
        look(page, address)

    for address in ("login/", "signup/", "password/reset/", "confirm-email/MQ:1:x/"):
        check(address)
    page.goto(f"{live_server.url}/account/login/")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("x")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert").first).to_contain_text("No account has")
    look(page, "a wrong password")
    sign_up(page, "a" + "b" * 99)
    page.goto(f"{live_server.url}/account/2fa/recovery-codes/generate/")
    say_who(page)
    page.wait_for_url("**/account/2fa/**")  # else what comes next would cut the form off
    for address in PAGES:
        check(address)


@pytest.fixture
def authenticator(visit):
    """A page of a browser that has a passkey device, which says yes to everything."""
    page = visit("/")
    tool = page.context.new_cdp_session(page)
    tool.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True}
    options |= {"automaticPresenceSimulation": True}
    tool.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def test_a_passkey_logs_in_alone(authenticator, live_server):
    page = authenticator
    page.goto(live_server.url.replace("127.0.0.1", "localhost"))
    sign_up(page)
    page.get_by_role("link", name="ada", exact=True).click()
    page.get_by_role("link", name="Second factor").click()
    page.get_by_role("link", name="Add one").click()
    say_who(page)
    page.get_by_label("Name").fill("My telephone")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    page.get_by_role("link", name="Second factor").click()
    page.get_by_role("link", name="See them").click()
    expect(page.get_by_text("My telephone", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("link", name="Log in").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("link", name="ada", exact=True)).to_be_visible()


def test_a_passkey_leads_into_the_admin(authenticator, live_server):
    """By the session that it was added in, and no page of the admin breaks the site's rules."""
    page = authenticator
    page.goto(live_server.url.replace("127.0.0.1", "localhost"))
    sign_up(page)
    User.objects.update(is_superuser=True)
    page.goto(page.url + "admin/")
    expect(page.get_by_text("The admin needs a second factor")).to_be_visible()
    page.get_by_role("link", name="Add one").click()
    say_who(page)
    page.get_by_label("Name").fill("My telephone")
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("link", name="Admin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Admin")
    links = page.locator("#content a").evaluate_all("all => all.map((each) => each.href)")
    for link in dict.fromkeys(links):
        page.goto(link)  # what a browser complains of fails the test
        expect(page.get_by_role("link", name="The site")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You are logged out.")).to_be_visible()
