"""Nobody waits while something is worked out: no transaction does more than read and write."""

import sys
from collections import Counter, defaultdict
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.mail import EmailMessage
from django.db import connection
from django.db.transaction import Atomic
from django.template import Template

from accounts import archive, markdown, references, transfer
from accounts.library import Library
from accounts.models import COMMENT_LENGTH
from accounts.recommender import questions, training
from digest.catalogue.load import load
from digest.curation import duplicates
from digest.formats import read
from digest.models import Paper
from digest.text import markup
from tests import writes
from tests.samples import digest, row

pytestmark = pytest.mark.slow

OURS = tuple(str(writes.ROOT / app) for app in ("digest", "accounts"))
COSTLY = {
    function.__code__: function.__qualname__
    for function in (
        *(markup.title_html, markup.summary_points, duplicates.papers, duplicates.authors),
        *(read, references.read, archive.open_archive, archive.Archive.read, transfer.export),
        *(training.learn, training.back_test, questions.informative_papers),
        *(MD5PasswordHasher.encode, Template.render, EmailMessage.send),
    )
}
"""What takes its time, wherever it is called from."""
RENDERING = {markdown.render.__code__, markdown.render_and_words.__code__}
"""The same, of a text that is longer than what a list says of itself or of a paper: such a one
takes less than a tenth of a second."""


@contextmanager
def watched():
    """Counts the calls of what is costly within transactions, by where these begin."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    enter, leave = Atomic.__enter__, Atomic.__exit__
    around = len(connection.atomic_blocks)  # the test's own

    def look(frame, event, _):
        code = frame.f_code
        if event == "call" and (
            code in COSTLY or (code in RENDERING and len(frame.f_locals["text"]) > COMMENT_LENGTH)
        ):
            found[caller(frame)][code.co_qualname] += 1

    def begin(self):
        enter(self)
        sys.setprofile(look)

    def end(self, *error):
        try:
            leave(self, *error)
        finally:
            if len(connection.atomic_blocks) <= around:
                sys.setprofile(None)

    with patch.object(Atomic, "__enter__", begin), patch.object(Atomic, "__exit__", end):
        yield found
    sys.setprofile(None)


def caller(frame):
    """The two functions of the project that called it, the innermost first."""
    names = []
    while frame and len(names) < 3:
        if frame.f_code.co_filename.startswith(OURS):
            names.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return " < ".join(names[1:])


class Walk:
    def __init__(self):
        self.found = {}

    def do(self, name, work):
        with watched() as found:
            answer = work()
        assert getattr(answer, "status_code", 200) < 400, (name, answer.content)
        if found:
            self.found[name] = {where: dict(calls) for where, calls in found.items()}
        return answer


def library_of(user):
    papers = list(Paper.objects.order_by("pk").values_list("pk", flat=True)[:10])
    library = Library(user)
    library.bookmarks.add(papers[:2])
    made = library.lists.create("List 0")
    library.lists.open(made.slug).add(papers)
    return ["/library/"]


@pytest.mark.django_db
def test_nothing_costly_happens_in_a_transaction(tmp_path):
    load(digest(*(row(number) for number in range(1, 31))), "2025-02-06.json")
    rows = writes.Rows([row(number) for number in range(1, 9)])
    walk = Walk()
    writes.people(walk, writes.SMALL, library_of)
    writes.curators(walk, rows, writes.SMALL)
    writes.commands(walk, rows, writes.SMALL, tmp_path)
    assert walk.found == {}
