"""Nobody waits for anybody: who only looks takes no lock, who writes has worked it out before."""

from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from digest.catalogue import write
from digest.catalogue.load import find_files, load, load_files, reread, undo
from digest.catalogue.sql import Script
from digest.curation import decisions
from digest.models import Author, Catalogue, Correction, Paper, Source
from digest.search import index
from tests.admin import enter, holder
from tests.catalogue import load_once
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


READS = {"SELECT", "WITH", "BEGIN", "BEGIN DEFERRED", "ROLLBACK", "COMMIT", "SET TRANSACTION"}


@contextmanager
def only_read():
    """Nothing is written, nor waited for."""
    with locked(), CaptureQueriesContext(connection) as queries:
        yield
    for query in queries:
        if ' "cache" ' in query["sql"]:
            continue  # the API counts who asks, apart from the catalogue
        words = query["sql"].split()
        assert {words[0], " ".join(words[:2])} & READS, query["sql"]


@pytest.fixture
def loaded():
    load_once(
        (digest(row(1), row(2, authors="Grace Hopper"), row(3)), "a.json"),
        (digest(row(1, date="2025-02-07", title="Later")), "b.json"),
    )


def test_a_dry_run_only_reads(loaded, tmp_path):
    for number in range(4):
        rows = [row(n, title=f"{number}", date=f"2025-02-0{number + 5}") for n in (1, 4, 5)]
        (tmp_path / f"{number}.json").write_bytes(digest(*rows))
    (tmp_path / "5.json").write_bytes(digest(row(1, title="")))
    (tmp_path / "6.md").write_text("No table here.")
    files = find_files(tmp_path).files
    with only_read():
        dry = load_files(files, dry_run=True)
        assert load_files(files, strict=True) == dry
    assert load_files(files) == dry
    assert [report.new for report in dry] == [2, 0, 0, 0, 0, 0]


@pytest.fixture
def curating(loaded):
    return enter(holder("curator", is_superuser=True))


def test_what_is_suggested_only_reads(curating, client):
    for somebody in (curating, client):
        with only_read():
            page = somebody.get("/suggest/?q=later").content.decode()
        assert "Later" in page


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
    merge = decisions.merge_papers(papers[2], papers[1], None)
    alias = decisions.merge_authors("Alan Turing", "A. Turing", None)
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


# Writing


def statements(work):
    """What is sent while something is done, from the moment at which others have to wait."""
    with CaptureQueriesContext(connection) as queries:
        work()
    sent = [query["sql"] for query in queries]
    first = next(n for n, sql in enumerate(sent) if sql.startswith(("BEGIN IMM", "LOCK")))
    assert not any(sql.startswith(("INSERT", "UPDATE", "DELETE")) for sql in sent[:first])
    return sent[first + 1 :]


def test_as_much_is_sent_for_many_rows_as_for_one_while_others_wait(loaded):
    def file(day, numbers):
        return digest(*(row(n, date=day, title=day, authors=f"A {n} {day}") for n in numbers))

    sent = []
    for days, numbers in (("04", "05"), [1, 50]), (("06", "07"), range(1, 99)):
        first, second = (file(f"2025-03-{day}", [*numbers, int(day) * 100]) for day in days)
        load(first, "c.json")
        sent.append(
            [
                len(statements(lambda c=second: load(c, "d.json"))),
                len(statements(lambda: undo(Source.objects.latest("pk")))),
            ]
        )
    assert sent[0] == sent[1]
    assert index.check().is_ok


@pytest.mark.parametrize("meanwhile", [1, write.TRIES, write.TRIES + 2])
def test_what_is_changed_meanwhile_is_taken_into_account(loaded, monkeypatch, meanwhile):
    """Somebody corrects a paper between the plan and its writing, once or again and again."""
    paper = Paper.objects.get(slug="2502.00001")
    lock_catalogue, times = write.lock_catalogue, iter(range(meanwhile))

    def interrupted():
        number = next(times, None)
        if number is not None and not interrupted.within:
            interrupted.within = True
            decisions.correct(paper, "title", f"Mine {number}", None)
            interrupted.within = False
        lock_catalogue()

    interrupted.within = False
    monkeypatch.setattr(write, "lock_catalogue", interrupted)
    report = load(digest(row(1, date="2025-02-09", title="Newest"), row(7)), "c.json")
    assert (report.status, report.verdicts["kept"], report.verdicts["new"]) == ("loaded", 1, 1)
    paper.refresh_from_db()
    assert paper.title == Correction.objects.active().get().value
    assert Source.objects.get(name="c.json").kept == 1
    assert index.check().is_ok


def test_what_fails_half_way_leaves_nothing(loaded, monkeypatch):
    before = Catalogue.current().revision
    execute = Script.execute

    def fails(self):
        execute(self)
        raise OSError("the disk is full")

    monkeypatch.setattr(Script, "execute", fails)
    source = Source.objects.get(name="b.json")
    for work in (lambda: load(digest(row(9)), "c.json"), lambda: undo(source)):
        with pytest.raises(OSError, match="the disk is full"):
            work()
    with pytest.raises(OSError, match="the disk is full"):
        reread(source)
    assert Catalogue.current().revision == before
    assert Source.objects.count() == 2
    assert index.check().is_ok
