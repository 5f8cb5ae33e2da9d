"""A mail has the papers that are likely to matter, with the reasons."""

from datetime import date

from django.core.management import call_command

from accounts.alerts.sending import send_due
from digest.catalogue.load import load
from digest.models import Paper
from tests.accounts.recommender.test_training import robots, speech
from tests.samples import digest


def test_papers_that_are_likely_to_matter(mailbox, clock, subscriber):
    library = subscriber("ada")
    rows = []
    for number in range(20):
        day = str(date(2025, 3, number + 1))
        rows += [speech(number * 11 + place, date=day) for place in range(1, 11)]
        rows.append(robots(number * 11 + 11, date=day))
    load(digest(*rows), "a.json")
    about_robots = Paper.objects.filter(title__startswith="Grasping").order_by("date")
    for paper in about_robots[:18]:
        library.bookmarks.add([paper.pk])
    call_command("recommend", verbosity=0)
    clock.forward(days=1)
    send_due()
    [(_, mail)] = mailbox.take()
    lines = mail.get_body(("plain",)).get_content().splitlines()
    assert lines[:2] == ["For you", "http://localhost:8000/library/for-you/"]
    assert [line for line in lines if line.startswith("* ")] == [
        f"* {paper.title}" for paper in about_robots.reverse()[:2]
    ]
    assert sum(line.startswith("  (because of ") for line in lines) == 2
    clock.forward(days=1)
    send_due()
    assert mailbox.take() == []
