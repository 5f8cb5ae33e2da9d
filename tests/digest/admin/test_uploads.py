"""Loading digests from the admin: bringing files, seeing what would happen, and loading them."""

import json
import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Permission
from django.core.validators import MaxLengthValidator
from django.db import connection
from django.utils import timezone

from digest.admin import upload_form, upload_previews, uploads
from digest.catalogue.load import load
from digest.formats import SUFFIXES
from digest.models import Paper, Source, Upload
from tests.admin import enter, holder
from tests.samples import digest, hugging_face, hugging_face_paper, row

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

ADD = "/admin/digest/upload/add/"
LIST = "/admin/digest/upload/"
HTMX = {"HX-Request": "true"}
BAD = """\
## Papers for 2025-02-06

| Title | Authors | Summary |
|-------|---------|---------|
| [Only two](https://arxiv.org/abs/2502.00002) | A B |
| [Good](https://arxiv.org/abs/2502.00001) | A B | Some |
"""


@pytest.fixture
def curator():
    return holder("curator", "Curators")


@pytest.fixture
def curating(curator):
    return enter(curator)


def file(content, name):
    made = BytesIO(content)
    made.name = name
    return made


def bring(client, *files, **fields):
    """Upload files; the batch's address."""
    answer = client.post(ADD, {"digests": [file(*one) for one in files], **fields})
    assert answer.status_code == 302, text(answer)
    return answer.url


def text(response):
    """What is read of a page's own part."""
    main = response.content.decode()
    main = main.partition("<main")[2].partition("</main>")[0] or main
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def keys():
    return list(Upload.objects.order_by("pk").values_list("pk", flat=True))


def confirm(client, address, *ticked, seen=None):
    """Load what is ticked, all if nothing is. seen: the page, whose other fields are sent too."""
    shown = seen.content.decode() if seen else ""
    hidden = re.findall(r'name="(previewed-\d+)"\s+value="([^"]*)"', shown)
    sent = {name: unescape(value) for name, value in hidden}
    return client.post(f"{address}confirm/", {"load": ticked or keys(), **sent}, follow=True)


def finish(client, address):
    """Go on until all is loaded; the summary."""
    answer = client.get(address)
    for _ in range(50):
        if "Loading digests" not in text(answer):
            return answer
        answer = client.post(f"{address}load/", follow=True)
    raise AssertionError("it never ends")


A = (digest(row(1), row(2)), "a.json")
B = (digest(row(1, title="Later", date="2025-02-07")), "b.json")


# Bringing files


def test_nothing_is_loaded_before_it_is_looked_at(curating, curator):
    load(digest(row(1)), "2025-02-06.json")
    address = bring(curating, A, (BAD.encode(), "bad.md"), (b"nothing", "none.md"))
    assert [(one.name, bytes(one.content), one.uploaded_by) for one in Upload.objects.all()] == [
        ("a.json", A[0], curator),
        ("bad.md", BAD.encode(), curator),
        ("none.md", b"nothing", curator),
    ]
    shown = text(curating.get(address))
    assert "a.json json, 1 day: 1 new 1 unchanged New papers: 1 Paper 2 (2502.00002)" in shown
    assert (
        "bad.md three-column, 1 day: 1 unchanged 1 rejected Problems: 1 "
        "Line 5: the row has 2 columns where the table has 3 (row left out)" in shown
    )
    assert "none.md unreadable There is no digest in it: nothing would change. Problems: 1" in shown
    assert Source.objects.count() == 1
    assert list(Paper.objects.values_list("slug", flat=True)) == ["2502.00001"]


def test_what_would_change_is_told_field_by_field(curating):
    load(digest(row(1), row(2)), "2025-02-06.json")
    address = bring(
        curating,
        (
            digest(
                row(1, title="Paper <b>", date="2025-02-07", authors="Alan Turing, Grace Hopper")
            ),
            "b.json",
        ),
    )
    shown = curating.get(address).content.decode()
    assert "Paper <del>1</del><ins>&lt;b&gt;</ins>" in shown
    assert "<del>Ada Lovelace</del> <ins>Grace Hopper</ins>" in shown
    assert "<ins>2025-02-07</ins>" in shown
    assert Paper.objects.get(slug="2502.00001").title == "Paper 1"


def test_a_preview_shows_a_change_of_each_field(curating):
    load(digest(row(1)), "2025-02-06.json")
    answer = hugging_face(hugging_face_paper(1, upvotes=1234, ai_keywords=["planning"]))
    shown = text(curating.get(bring(curating, (answer, "b.json"))))
    assert "Keywords planning" in shown
    assert "Upvotes 1,234" in shown


def test_what_was_loaded_before_is_known(curating):
    load(*A)
    address = bring(curating, A)
    assert "known already This file was loaded before" in text(curating.get(address))


@pytest.mark.databases
def test_text_is_pasted(curating):
    table = "| Title | Authors | Summary |\n|-|-|-|\n| A | B | C |\n"
    address = bring(curating, text=table, name="2025-02-06.md")
    confirm(curating, address)
    finish(curating, address)
    source = Source.objects.get()
    assert (source.name, bytes(source.content).decode()) == ("2025-02-06.md", table)
    bring(curating, text=json.dumps([row(1)]))
    assert Upload.objects.last().name == "pasted"


@pytest.mark.databases
@pytest.mark.parametrize(
    ("files", "fields", "complaint"),
    [
        ([], {}, "Choose one or more files, or paste a digest."),
        ([], {"text": " \n "}, "Choose one or more files, or paste a digest."),
        ([(b"x", "notes.txt")], {}, f"notes.txt has another ending than {', '.join(SUFFIXES)}."),
        ([(b"x" * 101, "a.md")], {}, "a.md is larger than 0 MiB."),
        ([(b"x", f"{n}.md") for n in range(4)], {}, "These are 4 files: choose at most 3"),
        ([], {"text": "x" * 101}, "at most 100 characters"),
        ([], {"text": "x", "name": "n" * 201}, "at most 200 characters"),
    ],
)
def test_what_cannot_be_taken_is_said(curating, monkeypatch, files, fields, complaint):
    monkeypatch.setattr(upload_form, "MAX_BYTES", 100)
    monkeypatch.setattr(upload_form, "FILES", 3)
    validators = upload_form.LoadForm.base_fields["text"].validators
    (longest,) = (one for one in validators if isinstance(one, MaxLengthValidator))
    monkeypatch.setattr(longest, "limit_value", 100)
    answer = curating.post(ADD, {"digests": [file(*one) for one in files], **fields})
    assert answer.status_code == 400
    assert complaint in text(answer)
    assert Upload.objects.count() == 0


def test_what_can_be_taken_is_taken(curating, monkeypatch):
    address = bring(curating, A, (b"x", "notes.txt"), (b"", "empty.MD"))
    assert [one.name for one in Upload.objects.order_by("pk")] == ["a.json", "empty.MD"]
    shown = text(curating.get(address))
    assert f"Left out: notes.txt has another ending than {', '.join(SUFFIXES)}." in shown
    assert "empty.MD unreadable" in shown


def test_more_files_arrive_than_are_taken():
    """So that too many are refused by the form, in a sentence."""
    assert settings.DATA_UPLOAD_MAX_NUMBER_FILES > upload_form.FILES


# Looking at them


def test_a_request_looks_at_files_for_a_time_and_the_page_asks_for_the_rest(curating, monkeypatch):
    monkeypatch.setattr(uploads, "SECONDS", 0)
    address = bring(curating, A, B, (BAD.encode(), "c.md"))
    first, second, third = keys()

    def asked(query=""):
        shown = curating.get(address + query).content.decode()
        return re.findall(r'hx-get="([^"]*)"', shown), re.findall(r'href="\?from=(\d+)', shown)

    assert asked() == ([f"{address}{second}/", f"{address}{third}/"], ["1", "2", "1"])
    assert asked("?from=1") == ([f"{address}{first}/", f"{address}{third}/"], ["0", "2", "2"])
    assert asked("?from=2") == ([f"{address}{first}/", f"{address}{second}/"], ["0", "1"])
    for query in ("?from=99", "?from=²", f"?from={'9' * 30}"):
        assert asked(query)[1] in (["0", "1"], ["1", "2", "1"])
    part = curating.get(f"{address}{second}/", headers=HTMX).content.decode()
    assert "<html" not in part
    assert "json, 1 day: 1 new" in text(curating.get(f"{address}{second}/"))
    assert curating.get(f"{address}99999/").status_code == 404
    shown = curating.get(address).content.decode()
    assert re.findall(r'name="load" value="(\d+)" checked', shown) == [
        str(one) for one in (first, second, third)
    ]


@pytest.mark.databases
def test_a_file_too_large_to_preview_is_read_and_no_more(curating, monkeypatch):
    for module in (uploads, upload_previews):
        monkeypatch.setattr(module, "PREVIEWED", 1)
    address = bring(curating, A, (BAD.encode(), "bad.md"), (b"nothing", "none.md"))
    shown = text(curating.get(address))
    assert "a.json json, 1 day, 2 rows The file has more than 0 MB, which is too large" in shown
    assert "bad.md three-column, 1 day, 1 row Problems: 1 Line 5: " in shown
    assert "none.md unreadable" in shown
    assert Upload.objects.filter(report__isnull=True).count() == 3


def test_problems_are_listed_and_no_more_than_fit(curating, monkeypatch):
    monkeypatch.setattr(upload_previews, "PROBLEMS", 1)
    address = bring(curating, (digest(row(1, title=""), row(2, title="")), "a.json"))
    shown = text(curating.get(address))
    assert "Problems: 2 Line 1: the row has no title (row left out) and 1 more" in shown


# Loading them


@pytest.mark.databases
def test_what_is_ticked_is_loaded_and_the_rest_thrown_away(curating, curator):
    address = bring(curating, A, B, (BAD.encode(), "bad.md"), (b"nothing", "none.md"))
    first, _, third, fourth = keys()
    answer = confirm(curating, address, first, third, fourth)
    assert answer.redirect_chain == [(address, 302)]
    assert "0 of 3 files loaded. Next: a.json" in text(answer)
    assert keys() == [first, third, fourth]
    assert Source.objects.count() == 0
    shown = text(finish(curating, address))
    assert "2 files loaded, 0 known already, 1 unreadable." in shown
    made = Source.objects.order_by("pk")
    assert [(one.name, one.loaded_by) for one in made] == [("a.json", curator), ("bad.md", curator)]
    assert "a.json 2 0 0 0 0 0 0 bad.md" in shown
    assert "total 2 0 1 0 0 1" in shown
    assert "none.md unreadable: line 1: no papers in JSON or XML" in shown
    for one in made:
        assert (
            f'href="/admin/digest/source/{one.pk}/change/"'
            in curating.get(address).content.decode()
        )
    assert {bytes(one.content) for one in Upload.objects.all()} == {b""}
    done = LogEntry.objects.order_by("pk").values_list("object_repr", "action_flag", "user")
    assert list(done) == [("a.json", ADDITION, curator.pk), ("bad.md", ADDITION, curator.pk)]


def test_each_request_loads_for_a_time(curating, monkeypatch):
    address = bring(curating, A, B, (BAD.encode(), "c.md"))
    confirm(curating, address)
    monkeypatch.setattr(uploads, "SECONDS", 0)
    part = curating.post(f"{address}load/", headers=HTMX)
    assert "<html" not in part.content.decode()
    assert '<progress id="progress" max="3" value="1">' in part.content.decode()
    assert 'hx-trigger="load, submit"' in part.content.decode()
    assert "1 of 3 files loaded. Next: b.json" in text(part)
    assert Source.objects.count() == 1
    answer = curating.post(f"{address}load/", follow=True)
    assert answer.redirect_chain == [(address, 302)]
    assert "2 of 3 files loaded. Next: c.md" in text(answer)
    part = curating.post(f"{address}load/", headers=HTMX)
    assert (part.status_code, part["HX-Redirect"]) == (200, address)
    assert "3 files loaded" in text(curating.get(address))
    assert curating.post(f"{address}load/").url == address
    assert Source.objects.count() == 3


@pytest.mark.databases
def test_that_something_else_was_done_than_previewed_is_said(curating):
    address = bring(curating, A, (digest(row(1, title="Other"), row(3)), "c.json"))
    confirm(curating, address, seen=curating.get(address))
    shown = text(finish(curating, address))
    assert "Some results differ from the preview" in shown
    assert shown.count("previewed as") == 1
    assert "c.json previewed as loaded: 2 new 1 " in shown
    assert shown.index("c.json") < shown.index("previewed as")


@pytest.mark.databases
def test_that_what_was_previewed_was_done_needs_no_word(curating):
    address = bring(curating, A)
    confirm(curating, address, seen=curating.get(address))
    shown = text(finish(curating, address))
    assert "previewed" not in shown
    assert "Some results differ from the preview" not in shown


def test_a_file_that_nobody_looked_at_was_foreseen_by_nobody(curating):
    address = bring(curating, A)
    confirm(curating, address)
    shown = text(finish(curating, address))
    assert "previewed" not in shown


def test_a_source_that_was_undone_since_has_no_page(curating):
    address = bring(curating, A)
    confirm(curating, address)
    finish(curating, address)
    curating.post("/admin/digest/source/undo/", {"source": Source.objects.get().pk})
    assert "a.json undone later" in text(curating.get(address))


@pytest.mark.django_db(transaction=True)
def test_tabs_at_once_load_nothing_twice(monkeypatch):
    client = enter(holder("curator", is_superuser=True))
    address = bring(client, *((digest(row(n)), f"{n}.json") for n in range(1, 13)))
    confirm(client, address)
    monkeypatch.setattr(uploads, "SECONDS", 60)
    barrier = Barrier(3)
    answers = []

    def tab():
        other = type(client)()
        other.cookies = client.cookies
        barrier.wait()
        answers.append(other.post(f"{address}load/").status_code)
        connection.close()

    threads = [Thread(target=tab) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302] * 3
    assert Source.objects.count() == 12
    assert [one.report["status"] for one in Upload.objects.all()] == ["loaded"] * 12
    assert LogEntry.objects.filter(action_flag=ADDITION).count() == 12


def test_a_load_that_fails_leaves_its_file_waiting(curating, monkeypatch):
    address = bring(curating, A, B)
    confirm(curating, address)

    def fail(*given):
        assert Source.objects.count() == 1
        raise OSError("the disk is full")

    monkeypatch.setattr(uploads.UploadAdmin, "log_addition", fail)
    with pytest.raises(OSError, match="the disk is full"):
        curating.post(f"{address}load/")
    assert Source.objects.count() == 0
    assert "0 of 2 files loaded. Next: a.json" in text(curating.get(address))
    monkeypatch.undo()
    assert "2 files loaded" in text(finish(curating, address))


def test_nothing_ticked_loads_nothing(curating):
    address = bring(curating, A, B)
    for ticked in ("nonsense", "99999", "²"):
        answer = confirm(curating, address, ticked)
        assert "Tick the files to load, or discard all of them." in text(answer)
    assert len(keys()) == 2


def test_what_is_confirmed_stays_so(curating):
    address = bring(curating, A, B)
    first, second = keys()
    confirm(curating, address, first)
    confirm(curating, address, second)
    assert keys() == [first]
    finish(curating, address)
    assert [str(one) for one in Source.objects.all()] == ["a.json"]
    assert curating.get(f"{address}{first}/").status_code == 404


# Those that wait


def test_batches_wait_for_whoever_may_load(curating, monkeypatch):
    monkeypatch.setattr(uploads, "SECONDS", 0)
    address = bring(curating, A, B)
    curating.logout()
    other = enter(holder("editor", "Curators"))
    shown = text(other.get(LIST))
    assert "2 files, a.json to b.json" in shown
    assert "curator to be reviewed" in shown
    assert f'href="{address}"' in other.get(LIST).content.decode()
    confirm(other, address)
    other.post(f"{address}load/")
    assert "curator 1 of 2 loaded" in text(other.get(LIST))
    finish(other, address)
    assert "No upload is waiting." in text(other.get(LIST))
    assert {one.loaded_by.username for one in Source.objects.all()} == {"editor"}


@pytest.mark.databases
def test_what_is_thrown_away_is_gone_and_what_was_loaded_stays(curating, monkeypatch):
    monkeypatch.setattr(uploads, "SECONDS", 0)
    address = bring(curating, A, B)
    bring(curating, (BAD.encode(), "other.md"))
    confirm(curating, address)
    curating.post(f"{address}load/")
    answer = curating.post(f"{address}discard/", follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    assert "1 file is discarded. What was loaded stays." in text(answer)
    assert [one.name for one in Upload.objects.order_by("pk")] == ["a.json", "other.md"]
    assert Source.objects.count() == 1
    assert "1 file loaded" in text(curating.get(address))


@pytest.mark.databases
def test_what_became_of_uploads_is_known_for_a_month(curating):
    address = bring(curating, A)
    confirm(curating, address)
    finish(curating, address)
    waiting = bring(curating, B)
    Upload.objects.update(uploaded_at=timezone.now() - timedelta(days=31))
    bring(curating, (BAD.encode(), "c.md"))
    assert curating.get(address).status_code == 404
    assert curating.get(waiting).status_code == 200


def test_a_list_of_batches_asks_as_much_for_many_as_for_one(curating, django_assert_num_queries):
    bring(curating, A)
    with django_assert_num_queries(7):
        curating.get(LIST)
    for n in range(5):
        bring(curating, (digest(row(n + 1)), f"{n}.json"), B)
    with django_assert_num_queries(7):
        curating.get(LIST)


def test_an_upload_leads_to_its_batch(curating):
    address = bring(curating, A)
    assert curating.get(f"{LIST}{keys()[0]}/change/").url == address
    assert curating.get(f"{LIST}99999/change/").status_code == 404


def test_what_is_not_there_is_not_found(curating):
    nowhere = f"{LIST}batch/00000000-0000-0000-0000-000000000000/"
    assert curating.get(nowhere).status_code == 404
    assert curating.get(f"{nowhere}1/").status_code == 404
    address = bring(curating, A)
    for part in ("confirm/", "load/", "discard/"):
        assert curating.get(f"{address}{part}").status_code == 405
    assert curating.post(address).status_code == 405


@pytest.mark.databases
def test_who_may_not_load_sees_nothing_of_it(curating):
    address = bring(curating, A)
    key = keys()[0]
    viewer = holder("viewer")
    for codename in ("view_source", "delete_source", "view_upload", "add_upload", "change_upload"):
        viewer.user_permissions.add(Permission.objects.get(codename=codename))
    reading = enter(viewer)
    for page in (ADD, LIST, address, f"{address}{key}/", f"{LIST}{key}/change/"):
        assert reading.get(page).status_code == 403
    for page in (ADD, f"{address}confirm/", f"{address}load/", f"{address}discard/"):
        assert reading.post(page, {"load": key}).status_code == 403
    assert Upload.objects.get().confirmed_at is None
