"""A real mail server, and a clock that is set."""

import socket
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from accounts.library import Library
from digest.catalogue.load import load
from tests.accounts.conftest import person
from tests.samples import digest, row


class Mailbox:
    """A mail server of this machine, and what it received. refuses: its answer to an address, in
    place of 250. ends: addresses whose mails it does not take, and ends the connection."""

    def __init__(self):
        self.received = []
        self.refuses = {}
        self.ends = set()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def start(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self):
        self.controller.stop()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if answer := self.refuses.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.ends.intersection(envelope.rcpt_tos):
            return "421 Closing"
        message = message_from_bytes(envelope.content, policy=policy.default)
        message.sent = envelope.content
        self.received += [(address, message) for address in envelope.rcpt_tos]
        return "250 OK"

    def take(self):
        """What came since it was last asked."""
        found, self.received = self.received, []
        return found


@pytest.fixture
def mailbox(settings):
    """The mail server that the site sends to."""
    mailbox = Mailbox()
    mailbox.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
    yield mailbox
    mailbox.stop()


class Clock:
    def __init__(self):
        self.now = datetime(2025, 3, 28, 12, tzinfo=UTC)

    def forward(self, **time):
        self.now += timedelta(**time)


@pytest.fixture
def clock(monkeypatch):
    """What the site takes for the time."""
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture
def arrive(db, clock):
    """arrive(1, 2) has papers come that are of the day; days_ago: of an earlier one."""

    def arrive(*numbers, days_ago=0, **fields):
        day = (clock.now.date() - timedelta(days=days_ago)).isoformat()
        rows = (row(number, date=day, **fields) for number in numbers)
        load(digest(*rows), f"{numbers}-{day}.json")

    return arrive


@pytest.fixture
def subscriber(db, clock):
    """subscriber("ada", "q=point") gets the new papers of these searches every day at eight."""

    def subscriber(name, *queries, zone="UTC", hour=8, frequency="daily", weekday=0):
        user = person(name)
        user.time_zone = zone
        user.save()
        library = Library(user)
        for query in queries:
            library.searches.save("papers", query, f"About {query}")
        library.mails.choose(frequency, hour, weekday, [])
        return library

    return subscriber


def papers_in(message):
    """The numbers of the papers that a mail shows, in order."""
    text = message.get_body(("plain",)).get_content()
    return [int(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith("* ")]


def link_in(message, name):
    """The path of a link of the text, by the word before it."""
    text = message.get_body(("plain",)).get_content()
    line = next(line for line in text.splitlines() if line.strip().startswith(f"{name}: "))
    return line.partition(": ")[2].removeprefix("http://localhost:8000")
