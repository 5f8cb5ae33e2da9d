"""Three papers of a day, and a curator in the admin."""

import re

import pytest

from digest.models import Paper
from tests.admin import enter, holder
from tests.catalogue import load_once
from tests.samples import digest, row


@pytest.fixture
def curator(db):
    return holder("curator", "Curators")


@pytest.fixture
def curating(curator):
    return enter(curator)


@pytest.fixture
def papers(db):
    rows = [
        row(1, title="Learning to read"),
        row(2, title="Learning to write", authors="Grace Hopper", classification=["Odd"]),
        row(3, title="Robots", authors="lvwerra", github_urls=[]),
    ]
    load_once((digest(*rows), "2025-02-06.json"))
    return list(Paper.objects.order_by("position"))


def text(answer):
    """What a page says, its white space folded."""
    return " ".join(answer.content.decode().split())


def messages(answer):
    """What a page tells the curator, once it is opened."""
    found = re.findall(r'<li class="(?:success|error|warning|info)">(.*?)</li>', text(answer))
    return [message.strip() for message in found]


def page(row):
    """Where the admin shows a row."""
    return f"/admin/digest/{row._meta.model_name}/{row.pk}/change/"
