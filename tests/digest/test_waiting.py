"""Nobody waits for anybody: who only looks takes no lock, who writes has worked it out before."""

from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest import curation
from digest.ingest import find_files, load, load_files
from digest.models import Author, Paper, Source
from tests.admin import enter, holder
from tests.samples import digest, row

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def locked():
    """Somebody else writes all the while, and whoever waits for that fails at once."""
    other = connection.copy()
    with connection.cursor() as mine, other.cursor() as cursor:
        if connection.vendor == "sqlite":
            mine.execute("PRAGMA busy_timeout = 0")
            cursor.execute("BEGIN IMMEDIATE")
        else:
            mine.execute("SET lock_timeout = 1")
            tables = connection.introspection.table_names()
            ours = [name for name in tables if name.startswith(("digest_", "accounts_"))]
            cursor.execute(f"BEGIN; LOCK TABLE {', '.join(ours)} IN EXCLUSIVE MODE")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
            other.close()
            connection.close()


READS = {"SELECT", "BEGIN", "BEGIN DEFERRED", "ROLLBACK", "COMMIT", "SET TRANSACTION"}


@contextmanager
def only_read():
    """Nothing is written, nor waited for."""
    with locked(), CaptureQueriesContext(connection) as queries:
        yield
    for query in queries:
        words = query["sql"].split()
        assert {words[0], " ".join(words[:2])} & READS, query["sql"]


@pytest.fixture
def loaded():
    load(digest(row(1), row(2, authors="Grace Hopper"), row(3)), "a.json")
    load(digest(row(1, date="2025-02-07", title="Later")), "b.json")


def test_a_dry_run_only_reads(loaded, tmp_path):
    for number in range(4):
        rows = [row(n, title=f"{number}", date=f"2025-02-0{number + 5}") for n in (1, 4, 5)]
        (tmp_path / f"{number}.json").write_bytes(digest(*rows))
    (tmp_path / "5.json").write_bytes(digest(row(1, title="")))
    (tmp_path / "6.md").write_text("No table here.")
    files = find_files(tmp_path)
    with only_read():
        dry = load_files(files, dry_run=True)
        assert load_files(files, strict=True) == dry
    assert load_files(files) == dry
    assert [report.new for report in dry] == [2, 0, 0, 0, 0, 0]


@pytest.fixture
def curating(loaded):
    return enter(holder("curator", is_superuser=True))


def test_who_looks_at_what_loading_would_do_only_reads(curating):
    content = digest(row(1, title="Other", date="2025-02-08"), row(4))
    answer = curating.post("/admin/digest/upload/add/", {"text": content.decode()})
    with only_read():
        shown = curating.get(answer.url).content.decode()
    assert "<del>Later</del><ins>Other</ins>" in shown


def test_who_looks_at_what_taking_out_or_reading_again_would_do_only_reads(curating):
    source = Source.objects.get(name="b.json")
    with only_read():
        undo = curating.get(f"/admin/digest/source/undo/?source={source.pk}").content.decode()
        again = curating.get(f"/admin/digest/source/{source.pk}/reread/").content.decode()
    assert "<del>Later</del><ins>Paper 1</ins>" in undo
    assert "Read again" in again


def test_who_looks_at_what_a_decision_would_change_only_reads(curating):
    papers = list(Paper.objects.order_by("position"))
    merge = curation.merge_papers(papers[2], papers[1], None)
    alias = curation.merge_authors("Alan Turing", "A. Turing", None)
    name = Author.objects.get(name="Grace Hopper")
    with only_read():
        pages = [
            curating.post(f"/admin/digest/paper/{papers[0].pk}/merge/", {"into": papers[1].pk}),
            curating.post(f"/admin/digest/author/{name.pk}/change/", {"into": "Ada Lovelace"}),
            curating.get(f"/admin/digest/merge/{merge.pk}/split/"),
            curating.get(f"/admin/digest/alias/{alias.pk}/split/"),
        ]
    for page, words in zip(pages, ("Later", "Grace", "Paper 3", "Alan Turing"), strict=True):
        assert (page.status_code, words in page.content.decode()) == (200, True)


def test_a_dry_run_of_the_api_only_reads(curating):
    content = digest(row(1, title="Other", date="2025-02-08"), row(4))
    with only_read():
        answer = curating.post(
            "/api/v1/digests/?dry_run=1", content, content_type="application/json"
        )
    assert answer.status_code == 200, answer.content
    assert (answer.json()["new"], answer.json()["changed"]) == (1, 1)
