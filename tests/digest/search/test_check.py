"""The index is compared with the catalogue, and mended, while others write."""

import sqlite3
from contextlib import closing

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from digest.catalogue.load import load
from digest.models import Catalogue, Paper, SearchText
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
