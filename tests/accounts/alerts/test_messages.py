"""How a mail reads: its text, its HTML, its headers, its links."""

import re
from email.headerregistry import Address

import html5lib
import pytest
from django.core import signing
from django.test import Client

from accounts.alerts import links
from accounts.alerts.sending import send_due
from accounts.models import Bookmark
from digest.models import Paper
from tests.accounts.alerts.conftest import link_in
from tests.accounts.pages import text


@pytest.fixture
def ada(subscriber):
    return subscriber("ada", "q=point")


@pytest.fixture
def mail(mailbox, clock, arrive, ada):
    """The mail to ada about two papers, as it came."""
    arrive(1, title="A <b>bold</b>\ntitle & more")
    arrive(2, days_ago=1, authors="Ada Lovelace, Alan Turing, A, B, C")
    clock.forward(days=1)
    send_due()
    [(_, mail)] = mailbox.take()
    return mail


def test_its_text(mail):
    lines = mail.get_body(("plain",)).get_content().splitlines()
    assert lines[0] == "About q=point"
    assert re.fullmatch(r"http://localhost:8000/library/searches/\d+/", lines[1])
    assert lines[3:7] == [
        "* A <b>bold</b> title & more",
        "  Ada Lovelace, Alan Turing",
        "  First point of 1.",
        "  Read: http://localhost:8000/papers/2502.00001/",
    ]
    assert "  Ada Lovelace, Alan Turing, A, B, C and others" in lines
    assert lines[-4].startswith("You get this mail every day, since you asked for it at http")


def test_its_html_has_nothing_from_elsewhere(mail):
    html = mail.get_body(("html",)).get_content()
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    tags = {element.tag for element in tree.iter()}
    assert tags <= {
        *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "a")
    }
    addresses = [element.get("href") for element in tree.iter("a")]
    assert all(address.startswith("http://localhost:8000/") for address in addresses)
    assert all("?" not in address for address in addresses)  # nothing is tracked
    (style,) = tree.iter("style")
    assert "prefers-color-scheme: dark" in style.text
    assert "url(" not in style.text
    titles = ["".join(element.itertext()).strip() for element in tree.iter("h3")]
    assert titles == ["A <b>bold</b> title & more", "Paper 2"]


def test_its_headers(mail):
    assert mail["From"].addresses == (Address("", "paper-digest", "localhost"),)
    assert re.fullmatch(r"<[0-9a-f]{32}@localhost>", mail["Message-ID"])
    assert re.fullmatch(
        r"<http://localhost:8000/account/mails/stop/[\w:-]+/>", mail["List-Unsubscribe"].strip()
    )
    assert mail["Auto-Submitted"] == "auto-generated"
    assert links.read_mark(mail["X-Paper-Digest-Mail"].strip()).address == "ada@example.org"


def test_a_paper_is_kept_by_a_button_and_not_by_a_look(mail, ada):
    address = link_in(mail, "Bookmark")
    program = Client(enforce_csrf_checks=True)
    assert "A <b>bold</b> title & more" in text(program.get(address))
    assert not Bookmark.objects.exists()
    assert "The paper is bookmarked" in text(program.post(address))
    program.post(address)  # again, which changes nothing
    (bookmark,) = ada.bookmarks.all()
    assert bookmark.paper.slug == "2502.00001"
    Paper.objects.filter(slug="2502.00002").update(hidden=True)
    words = mail.get_body(("plain",)).get_content().split()
    other = [word for word in words if "/bookmark/" in word]
    assert program.get(other[1].removeprefix("http://localhost:8000")).status_code == 404


@pytest.mark.parametrize("kind", ["stop", "bookmark"])
def test_links_end_and_cannot_be_made_up(mail, ada, clock, kind, monkeypatch):
    name = {"stop": "No more mails, without a log-in", "bookmark": "Bookmark"}[kind]
    address = link_in(mail, name)
    program = Client()
    assert program.get(address).status_code == 200
    for bad in (address[:-3] + "x/", f"/account/mails/{kind}/x/", address.replace(":", ";", 1)):
        for ask in (program.get, program.post):
            assert ask(bad).status_code == 404
    other = "bookmark" if kind == "stop" else "stop"
    assert program.get(address.replace(f"/{kind}/", f"/{other}/")).status_code == 404
    monkeypatch.setattr(signing.time, "time", lambda: clock.now.timestamp() + 10**9)
    assert program.post(address).status_code == 404
    monkeypatch.undo()
    ada.user.is_active = False
    ada.user.save()
    assert program.get(address).status_code == 404


def test_it_says_how_many_of_a_week(mailbox, clock, arrive, subscriber):
    subscriber("ada", "q=point", frequency="weekly", weekday=4)  # a Friday, as is the first day
    arrive(1)
    clock.forward(days=6)
    send_due()
    assert mailbox.take() == []
    clock.forward(days=1)
    send_due()
    [(_, mail)] = mailbox.take()
    assert mail["Subject"] == "[Paper Digest] 1 new paper"
    assert "You get this mail every week" in mail.get_body(("plain",)).get_content()
    clock.forward(days=7, hours=1)
    send_due()
    assert mailbox.take() == []
    arrive(2)
    clock.forward(days=7)
    send_due()
    [(_, another)] = mailbox.take()
    assert another["Message-ID"] != mail["Message-ID"]  # else mail programs would not show it
