"""The whole day of a researcher, from signing up to deleting the account."""

import re
import zipfile

from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import mail
from playwright.sync_api import expect

from accounts.models import User
from digest.catalogue.load import load
from tests.browser.test_accounts import PASSWORD, no_limits_before, sign_up, visit  # noqa: F401
from tests.samples import digest, row


def rows_about(*names):
    """Every row of any table that names or belongs to one of these people."""
    found = []
    for model in apps.get_models():
        for one in model._base_manager.all():
            said = " ".join(
                str(getattr(one, field.attname)) for field in model._meta.concrete_fields
            )
            if any(name in said for name in names):
                found.append(f"{model.__name__}: {one}")
    return found


def test_a_day(visit, browser, tmp_path):  # noqa: F811
    load(
        digest(
            *(
                row(n, title=f"On the theory of {word}")
                for n, word in enumerate(["lions", "zebras", "giraffes", "whales"], start=1)
            )
        ),
        "2025-02-06.json",
    )
    before = {model: model._base_manager.count() for model in apps.get_models()}

    # Sign up, and confirm by the mail that was sent
    page = visit("/")
    sign_up(page, "mira")
    (address,) = re.findall(r"^http://\S+/confirm-email/\S+$", mail.outbox[-1].body, re.MULTILINE)
    page.goto(address)
    page.get_by_role("button", name="Yes, confirm it").click()
    expect(page.get_by_text("is confirmed.")).to_be_visible()

    # Find a paper, and bookmark it with one keystroke
    page.get_by_label("Search the papers", exact=True).fill("zebras")
    page.get_by_label("Search the papers", exact=True).press("Enter")
    page.get_by_role("link", name="On the theory of zebras").focus()
    page.wait_for_load_state()  # the keys are a script's
    page.keyboard.press("b")
    expect(page.get_by_role("button", name="Bookmarked")).to_be_visible()

    # Write a note with mathematics, which saves itself
    page.get_by_role("link", name="On the theory of zebras").click()
    page.get_by_text("Write a note").click()
    page.get_by_label("Note", exact=True).fill("Their *stripes* are $\\sin(x^2)$ of zebrafish.")
    expect(page.locator(".note [role=status]")).to_have_text("Saved")
    expect(page.locator("#note-shown em")).to_have_text("stripes")
    expect(page.locator("#note-shown math")).to_have_count(1)

    # The note is found with the paper
    page.get_by_role("link", name="Library", exact=True).click()
    page.get_by_label("Search your library, and your notes").fill("zebrafish")
    page.get_by_label("Search your library, and your notes").press("Enter")
    expect(page.locator(".cards > li")).to_have_count(1)

    # Make a list, fill it, reorder it by the keyboard
    page.get_by_role("link", name="Lists").first.click()
    page.get_by_label("Name").fill("Savannah")
    page.get_by_role("button", name="Create the list").click()
    page.get_by_label("arXiv ids or addresses").fill("2502.00001 2502.00002 arXiv:2502.00003v2")
    page.get_by_role("button", name="Add", exact=True).click()
    items = page.locator("#items h2, #items .card h2")
    expect(items.first).to_contain_text("lions")
    page.get_by_role("button", name=re.compile("Up")).nth(1).focus()
    page.keyboard.press("Enter")
    expect(items.first).to_contain_text("zebras")
    page.reload()
    expect(items.first).to_contain_text("zebras")
    slug = page.url.rstrip("/").rpartition("/")[2]

    # Share it with a second person, who sees it, and not the note
    page.get_by_role("link", name="Settings, members and sharing").click()
    page.get_by_label("User name or e-mail address").fill("grace")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_text("If “grace” has an account")).to_be_visible()
    theirs = visit("/")
    sign_up(theirs, "grace")
    theirs.goto(page.url.partition("/lists/")[0] + "/lists/")
    theirs.get_by_role("button", name="Accept").click()
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Savannah")
    theirs.goto(page.url.partition("/lists/")[0] + f"/lists/{slug}/")
    expect(theirs.locator("#items .card h2").first).to_contain_text("zebras")
    assert "zebrafish" not in theirs.content()
    theirs.get_by_role("link", name="On the theory of zebras").first.click()
    assert "zebrafish" not in theirs.content()

    # Take everything away
    page.get_by_role("link", name="Library", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    download.value.save_as(tmp_path / "mira.zip")
    with zipfile.ZipFile(tmp_path / "mira.zip") as archive:
        assert "zebrafish" in archive.read("notes/0001-2502.00002.md").decode()
        assert "Savannah" in archive.read("library.json").decode()

    # Delete the account: nothing is left in any table
    page.get_by_role("link", name="mira", exact=True).click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("Delete")).click()
    expect(page.get_by_text("Your account and all your data are deleted")).to_be_visible()
    theirs.goto(page.url.partition("/lists/")[0].rstrip("/") + f"/lists/{slug}/")
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Not found")
    assert rows_about("mira", "Savannah", "zebrafish") == []
    User.objects.get(username="grace").delete()
    after = {model: model._base_manager.count() for model in apps.get_models()}
    after.pop(Session)  # visitors have some, too
    assert after == {model: count for model, count in before.items() if model is not Session}
