"""The index is compared with the catalogue, and mended, while others write."""

import sqlite3
import threading
from contextlib import closing
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.catalogue.load import load
from digest.models import Catalogue, Paper, SearchText, SearchWord
from digest.search import index
from tests import holds
from tests.samples import digest, row

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def papers():
    load(digest(*(row(n) for n in range(1, 5))), "2025-02-06.json")
    return list(Paper.objects.order_by("position"))


@pytest.mark.sqlite
def test_comparing_waits_for_nobody_and_keeps_nobody_waiting(papers):
    SearchText.objects.filter(paper=papers[0]).update(title="something else")
    with holds.watch() as held, closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        other.execute("BEGIN IMMEDIATE")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(CommandError, match="4 papers, 1 out of date; the index agrees"):
            call_command("check_search_index", dry_run=True)
        other.execute("UPDATE digest_catalogue SET revision = revision + 1")
        other.commit()
    assert held == []
    assert connection.transaction_mode == "IMMEDIATE"


def test_papers_that_have_each_other_s_place_are_mended(papers, monkeypatch):
    monkeypatch.setattr(index, "_REPAIRED_AT_ONCE", 1)
    right = list(SearchText.objects.order_by("pk").values_list("pk", "paper", "title"))
    keys = [pk for pk, *_ in right]
    rows = list(SearchText.objects.order_by("pk"))
    SearchText.objects.all().delete()
    for row_, key in zip(rows, [*keys[1:], keys[0]], strict=True):
        row_.pk = key
        row_.save(force_insert=True)
    health = index.check(repair=True)
    assert (health.stale, health.agrees) == (4, True)
    assert list(SearchText.objects.order_by("pk").values_list("pk", "paper", "title")) == right
    assert index.check().is_ok


def test_what_others_mended_meanwhile_is_left_alone(papers, monkeypatch):
    SearchText.objects.update(title="something else")
    repair, revisions = index._repair, []

    def late(stale):
        index.write(stale)
        revisions.append(Catalogue.current())
        repair(stale)

    monkeypatch.setattr(index, "_repair", late)
    assert index.check(repair=True).stale == 4
    assert [Catalogue.current()] == revisions
    assert index.check().is_ok


def test_what_is_hidden_meanwhile_stays_hidden(papers):
    Paper.objects.filter(pk=papers[0].pk).update(hidden=True)
    index._repair([paper.pk for paper in papers])
    assert SearchText.objects.count() == 3
    assert index.check().is_ok


@pytest.mark.sqlite
def test_an_index_that_lacks_rows_is_found_and_made_anew(papers):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO digest_searchindex (digest_searchindex) VALUES ('delete-all')")
    assert index.is_complete()
    assert index.check() == index.Health(papers=4, stale=0, agrees=False)
    assert not index.check(repair=True).agrees
    assert index.check().is_ok


def test_words_that_are_counted_wrong_are_found_and_counted_anew(papers):
    right = {*SearchWord.objects.values_list()}
    assert ("paper", 4, 0) in right
    for wrong in ({"papers": 9}, {"in_authors": 9}):
        SearchWord.objects.filter(word="paper").update(**wrong)
        assert index.check() == index.Health(papers=4, stale=0, agrees=False)
        assert not index.check(repair=True).agrees
        assert {*SearchWord.objects.values_list()} == right
    SearchWord.objects.create(word="nobody", papers=1, in_authors=0)
    SearchWord.objects.filter(word="paper").delete()
    assert not index.check(repair=True).agrees
    assert {*SearchWord.objects.values_list()} == right
    assert index.check().is_ok


def test_words_are_counted_through_every_change(papers):
    def counted(word):
        found = SearchWord.objects.filter(word=word).values_list("papers", "in_authors")
        return found.first() or (0, 0)

    assert counted("lovelace") == (4, 4)
    other = row(
        1,
        date="2025-02-07",
        title="Lovelace and okapis",
        authors="Grace Hopper",
        summary="- Okapis.",
    )
    load(digest(other), "2025-02-07.json")
    assert (counted("lovelace"), counted("okapis"), counted("okapi")) == ((4, 3), (1, 0), (1, 0))
    SearchText.objects.filter(paper=papers[0]).update(title="x", summary_stems="")
    assert (counted("lovelace"), counted("okapis"), counted("okapi")) == ((3, 3), (1, 0), (1, 0))
    SearchText.objects.filter(paper=papers[0]).delete()
    assert (counted("okapis"), counted("okapi"), counted("hopper")) == ((0, 0), (0, 0), (0, 0))


def test_rows_of_an_older_version_are_made_anew_by_a_migration(papers, monkeypatch):
    right = list(SearchText.objects.order_by("pk").values())
    SearchText.objects.update(title_stems="", summary_stems="", tags="old")
    monkeypatch.setattr(index, "_RENEWED_AT_ONCE", 3)
    index.after_migrate()
    assert SearchText.objects.filter(tags="old").count() == 4
    Catalogue.objects.update(index_version=SearchText.VERSION - 1)
    revision = Catalogue.current().revision
    progress = StringIO()
    index.after_migrate(verbosity=1, stdout=progress)
    assert progress.getvalue().split("\n") == [
        "",
        "  Search index: 3 of 4 papers",
        "  Search index: 4 of 4 papers",
    ]
    assert list(SearchText.objects.order_by("pk").values()) == right
    assert Catalogue.current().index_version == SearchText.VERSION
    assert Catalogue.current().revision != revision
    assert index.check().is_ok
    index.after_migrate(verbosity=1, stdout=progress)
    assert progress.getvalue().count("Search index") == 2


def test_writers_wait_before_rows_are_made_anew(papers):
    """Else one that has the catalogue and wants the rows waits for a migration that has the rows
    and wants the catalogue."""
    Catalogue.objects.update(index_version=SearchText.VERSION - 1)
    with CaptureQueriesContext(connection) as queries:
        index.after_migrate()
    writes = [
        one["sql"]
        for one in queries
        if one["sql"].startswith(("INSERT", "UPDATE", "DELETE", "DROP", "ALTER"))
    ]
    assert writes[0].startswith('INSERT INTO "digest_catalogue"')


def test_of_two_migrations_at_once_one_makes_the_rows_anew(papers, monkeypatch):
    Catalogue.objects.update(index_version=SearchText.VERSION - 1)
    renew, begun = index._renew, threading.Event()
    late, one, other = [], StringIO(), StringIO()

    def migrate():
        index.after_migrate(verbosity=1, stdout=other)
        connection.close()

    def renewed(stdout, is_quiet):
        if stdout is other:
            begun.set()
        renew(stdout, is_quiet)

    def rows(papers):
        if not late:
            late.append(threading.Thread(target=migrate))
            late[0].start()
            assert begun.wait(10)
        return index_rows(papers)

    index_rows = index.rows
    monkeypatch.setattr(index, "_renew", renewed)
    monkeypatch.setattr(index, "rows", rows)
    index.after_migrate(verbosity=1, stdout=one)
    late[0].join(30)
    assert (one.getvalue(), other.getvalue()) == ("\n  Search index: 4 of 4 papers", "")
    assert index.check().is_ok


@pytest.mark.sqlite
def test_no_room_for_the_copy_is_said(papers, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index, "TemporaryDirectory", full)
    with pytest.raises(CommandError, match=r"cannot be compared: .*No space left"):
        call_command("check_search_index")


def test_one_transaction_mends_no_more_than_so_many(papers, monkeypatch):
    SearchText.objects.update(title="something else")
    monkeypatch.setattr(index, "_REPAIRED_AT_ONCE", 2)
    with holds.watch() as held:
        index.check(repair=True)
    assert len([hold for hold in held if "_repair" in hold.where]) == 2
