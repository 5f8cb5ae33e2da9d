"""The ledger in the admin: what was loaded, what became of its rows, and taking it out again."""

import json
import re
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.library import Library
from digest.admin import sources
from digest.catalogue.load import load, reread, undo
from digest.curation import decisions
from digest.models import Entry, Paper, Source, Verdict
from tests.admin import enter, holder
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

LIST = "/admin/digest/source/"
UNDO = f"{LIST}undo/"


@pytest.fixture
def curator():
    return holder("curator", "Curators")


@pytest.fixture
def other():
    return holder("other")


@pytest.fixture
def curating(curator):
    return enter(curator)


@pytest.fixture
def reader():
    """Somebody who may look at sources, and no more."""
    user = holder("viewer")
    user.user_permissions.add(Permission.objects.get(codename="view_source"))
    return enter(user)


def loaded(*rows, name="2025-02-06.json", by=None):
    return Source.objects.get(pk=load(digest(*rows), name, by).source)


def page(source):
    return f"{LIST}{source.pk}/change/"


def text(response):
    """What is read of a page's own part."""
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def cells(response):
    """The list's rows, without the first column."""
    body = response.content.decode().partition('id="result_list"')[2].partition("<tbody>")[2]
    return [
        [
            " ".join(unescape(re.sub(r"<[^>]*>", " ", cell)).split())
            for cell in re.findall(r"<t[dh] class=\"field.*?</t[dh]>", one, re.DOTALL)
        ]
        for one in body.partition("</tbody>")[0].split("</tr>")[:-1]
    ]


def said():
    return list(
        LogEntry.objects.order_by("pk").values_list(
            "user__username", "object_repr", "change_message"
        )
    )


# The list


@pytest.mark.databases
def test_the_list_has_each_source_with_its_counts(curating, curator):
    loaded(row(1), row(2, title=""), row(3, github_urls=["nowhere"]), name="a.json")
    loaded(row(1, title="New"), row(4, date="2025-02-08"), name="b.json", by=curator.pk)
    Source.objects.update(loaded_at=timezone.now().replace(2026, 3, 4, 5, 6, 7))
    assert cells(curating.get(LIST)) == [
        [
            *("b.json", "json", "4 Mar 2026, 5:06 a.m., by curator"),
            *("2025-02-06 to 2025-02-08: 2", "2", "1", "1", "0", "0", "0", "0", "0"),
        ],
        [
            *("a.json", "json", "4 Mar 2026, 5:06 a.m."),
            *("2025-02-06", "3", "2", "0", "0", "0", "0", "1", "2"),
        ],
    ]


def test_an_empty_list_leads_to_loading(curating):
    assert 'href="/admin/digest/upload/add/"' in curating.get(LIST).content.decode()
    assert curating.get(f"{LIST}add/").url == "/admin/digest/upload/add/"


@pytest.mark.databases
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=a.js", ["a.json"]),
        ("q={sha}", ["c.md"]),
        ("q={SHA}", ["c.md"]),
        ("q=nothing", []),
        ("format__exact=json", ["b.json", "a.json"]),
        ("has=problems", ["b.json"]),
        ("has=rejected", ["b.json"]),
        ("has=kept", []),
        ("has=merged", []),
        ("has=nonsense", ["c.md", "b.json", "a.json"]),
        ("loaded_at__year=2019", ["a.json"]),
        ("loaded_at__gte=2020-01-01+00:00:00%2B00:00", ["c.md", "b.json"]),
        ("o=1", ["a.json", "b.json", "c.md"]),
        ("o=4", ["c.md", "b.json", "a.json"]),
        ("o=-12", ["b.json", "c.md", "a.json"]),
    ],
)
def test_the_list_is_filtered_searched_and_ordered(curating, query, names):
    old = loaded(row(1, date="2025-02-07"), name="a.json")
    Source.objects.filter(pk=old.pk).update(loaded_at=timezone.now().replace(2019, 1, 1))
    loaded(row(2, title=""), row(3), name="b.json")
    table = b"## Papers for 2025-02-05\n\n| Title | Authors | Summary |\n|-|-|-|\n| A | B | C |\n"
    sha = Source.objects.get(pk=load(table, "c.md").source).sha256[:12]
    answer = curating.get(f"{LIST}?{query.format(sha=sha, SHA=sha.upper())}")
    assert [one[0] for one in cells(answer)] == names


def test_the_list_asks_as_much_for_many_sources_as_for_one(curating):
    loaded(row(1))
    curating.get(LIST)
    with CaptureQueriesContext(connection) as one:
        curating.get(LIST)
    for number in range(2, 30):
        loaded(row(number), name=f"{number}.json", by=holder(f"holder{number}").pk)
    with CaptureQueriesContext(connection) as many:
        assert len(cells(curating.get(LIST))) == 29
    assert len(many) == len(one)
    assert not any('"content"' in query["sql"] for query in many)


# A source


def test_a_source_says_what_became_of_its_rows(curating, curator):
    loaded(row(1), name="a.json")
    decisions.correct(Paper.objects.get(slug="2502.00001"), "title", "Right", curator)
    source = loaded(
        row(1, title="Wrong", date="2025-02-07"),
        row(3, date="2025-02-07"),
        row(4, title="", date="2025-02-07"),
        name="b.json",
        by=curator.pk,
    )
    shown = text(curating.get(page(source)))
    for verdict, count in (("new", 1), ("changed", 0), ("kept", 1), ("rejected", 1)):
        assert f"{verdict} {Verdict(verdict).label} {count} " in shown
    assert "all rows of the file 3 " in shown
    assert source.sha256 in shown
    assert ", by curator" in shown
    assert "Left out: the row has no title" in shown


def test_a_row_leads_to_its_paper_and_stands_as_in_the_file(curating):
    source = loaded(row(1, title="A <b>bold</b> title"), row(2))
    decisions.correct(Paper.objects.get(slug="2502.00002"), "hidden", True, None)
    shown = curating.get(page(source)).content.decode()
    assert '<a href="/papers/2502.00001/">on the site</a>' in shown
    assert '<a href="/papers/2502.00002/">' not in shown
    assert "(hidden)" in text(curating.get(page(source)))
    assert "<b>bold" not in shown
    raw = re.findall(r'<pre class="raw"[^>]*>\n?(.*?)</pre>', shown, re.DOTALL)
    assert [json.loads(unescape(one)) for one in raw] == [
        row(1, title="A <b>bold</b> title"),
        row(2),
    ]


def test_rows_come_in_pages_and_by_verdict(curating):
    rows = [row(n, title="" if n in (3, 60) else f"Paper {n}") for n in range(1, 121)]
    source = loaded(*rows)

    def titles(query):
        shown = curating.get(f"{page(source)}?{query}").content.decode()
        raw = re.findall(r'<pre class="raw"[^>]*>\n?(.*?)</pre>', shown, re.DOTALL)
        return [json.loads(unescape(one))["link"][-3:] for one in raw]

    good = [f"{n:03}" for n in range(1, 121) if n not in (3, 60)]
    assert titles("") == titles("page=nonsense") == good[:50]
    assert titles("page=2") == good[50:100]
    assert titles("page=3") == titles("page=99") == [*good[100:], "003", "060"]
    assert titles("verdict=rejected") == ["003", "060"]
    assert titles("verdict=new&page=3") == good[100:]
    assert titles("verdict=kept") == []
    assert curating.get(f"{page(source)}?verdict=nonsense").status_code == 404
    shown = curating.get(f"{page(source)}?verdict=new").content.decode()
    assert 'href="?verdict=new&amp;page=3#rows"' in shown


def test_a_source_page_asks_as_much_for_many_rows_as_for_one(curating):
    counts = []
    for numbers in ((1,), range(2, 40)):
        source = loaded(*(row(n) for n in numbers), name=f"{numbers}.json")
        curating.get(page(source))
        with CaptureQueriesContext(connection) as queries:
            curating.get(page(source))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_remarks_are_listed_and_no_more_than_fit(curating, monkeypatch):
    monkeypatch.setattr(sources, "REMARKS", 1)
    source = loaded(row(1, github_urls=["<i>no", "where"]), row(2, title=""))
    shown = text(curating.get(page(source)))
    assert "Other remarks of the parser: 2 " in shown
    assert "Line 1: no http or https link: <i>no (kept as text)" in shown
    assert "link: where" not in shown
    assert "and 1 more" in shown


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("2025/02/06.json", 'attachment; filename="06.json"'),
        ("C:\\digests\\06.json", 'attachment; filename="06.json"'),
        ("-", 'attachment; filename="source-{pk}.json"'),
        ("Größe\n.json", "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe%0A.json"),
    ],
)
def test_the_file_is_there_to_keep(curating, name, given):
    source = loaded(row(1), name=name)
    answer = curating.get(f"{LIST}{source.pk}/file/")
    assert answer.content == digest(row(1))
    assert answer["Content-Disposition"] == given.format(pk=source.pk)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "application/json"


def test_a_table_is_kept_as_text(curating):
    table = b"## Papers for 2025-02-05\r\n\r\n| Title | Authors | Summary |\r\n|-|-|-|\r\n"
    pk = load(table, "a.md").source
    answer = curating.get(f"{LIST}{pk}/file/")
    assert (answer.content, answer["Content-Type"]) == (table, "text/markdown; charset=utf-8")


# Undoing


@pytest.mark.databases
def test_undoing_is_told_first_and_then_done(curating, curator, other):
    kept = loaded(row(1), name="a.json")
    source = loaded(
        row(1, title="Later", date="2025-02-07"),
        row(2, date="2025-02-07"),
        row(3, date="2025-02-07"),
        name="b.json",
    )
    paper = Paper.objects.get(slug="2502.00003")
    Library(other).bookmarks.add([paper.pk])
    answer = curating.get(f"{UNDO}?source={source.pk}")
    shown = text(answer)
    assert "Papers to be removed, since no other source has them: 1 Paper 2 (2502.00002)" in shown
    assert "curators made decisions on them: 1 Paper 3 (2502.00003)" in shown
    assert "Papers that would change: 1 Later (2502.00001)" in shown
    assert "<del>Later</del><ins>Paper 1</ins>" in answer.content.decode()
    assert Source.objects.count() == 2
    assert Paper.objects.visible().count() == 3

    answer = curating.post(UNDO, {"source": source.pk}, follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    assert "1 source is undone, with 3 rows." in text(answer)
    assert list(Source.objects.all()) == [kept]
    assert list(Paper.objects.visible().values_list("title", flat=True)) == ["Paper 1"]
    assert Library(other).marks([paper.pk])[paper.pk].status
    assert said()[-1] == ("curator", "b.json", "Undone. It had 3 rows (2 new, 1 changed).")


def test_several_are_undone_from_the_list(curating):
    made = [loaded(row(n), name=f"{n}.json") for n in (1, 2, 3)]
    keys = [made[0].pk, made[2].pk]
    answer = curating.post(LIST, {"action": "undo_some", "_selected_action": keys})
    address = answer.url
    assert address == f"{UNDO}?source={keys[0]}&source={keys[1]}"
    assert "Papers to be removed, since no other source has them: 2 " in text(curating.get(address))
    answer = curating.post(UNDO, {"source": keys}, follow=True)
    assert "2 sources are undone, with 2 rows." in text(answer)
    assert list(Source.objects.all()) == [made[1]]


@pytest.mark.databases
def test_so_many_that_a_request_would_take_too_long_go_in_several(curating, monkeypatch):
    keys = [loaded(row(n), name=f"{n}.json").pk for n in (1, 2, 3)]
    monkeypatch.setattr(sources, "SECONDS", 0)
    answer = curating.post(UNDO, {"source": keys}, follow=True)
    assert answer.redirect_chain == [(f"{UNDO}?source={keys[1]}&source={keys[0]}", 302)]
    assert "1 source is undone, with 1 row. Continue with the other 2." in text(answer)
    monkeypatch.setattr(sources, "AT_ONCE", 1)
    answer = curating.post(LIST, {"action": "undo_some", "_selected_action": keys}, follow=True)
    assert "Choose at most 1 sources" in text(answer)


def test_a_source_too_large_to_preview_can_be_undone(curating, monkeypatch):
    source = loaded(row(1), row(2))
    monkeypatch.setattr(sources, "PREVIEWED", 1)
    assert "too many for a preview" in text(curating.get(f"{UNDO}?source={source.pk}"))
    assert "too large for a preview" in text(curating.get(f"{LIST}{source.pk}/reread/"))
    curating.post(UNDO, {"source": source.pk})
    assert Source.objects.count() == 0


def test_what_somebody_else_undoes_meanwhile_is_not_undone_twice(curating, monkeypatch):
    source = loaded(row(1))
    # As if they had been faster by a moment.
    monkeypatch.setattr(sources, "undo", lambda *given: undo(source) and undo(*given))
    answer = curating.post(UNDO, {"source": source.pk}, follow=True)
    assert "0 sources are undone, with 0 rows." in text(answer)
    assert said() == []
    source = loaded(row(1))
    monkeypatch.setattr(sources, "reread", lambda *given: undo(source) and reread(*given))
    assert curating.post(f"{LIST}{source.pk}/reread/").status_code == 404
    assert Source.objects.count() == 0


@pytest.mark.parametrize("asked", [[], ["nonsense"], ["²"], ["99999"], ["9" * 30]])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_no_source_is_said_to_be_none(curating, asked, method):
    loaded(row(1))
    answer = getattr(curating, method)(UNDO, {"source": asked}, follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    assert "There is no such source any longer." in text(answer)
    assert Source.objects.count() == 1


# Reading again


@pytest.mark.databases
def test_reading_again_is_told_first_and_then_done(curating, curator):
    source = loaded(row(1), row(2), name="a.json")
    # An older reader left out a row, and read another's title otherwise.
    Entry.objects.filter(source=source, position=2).delete()
    entry = Entry.objects.get()
    entry.record["title"] = "Peper 1"
    entry.save()
    Source.objects.update(new=1, rejected=1)
    Paper.objects.filter(slug="2502.00001").update(title="Peper 1", title_html="Peper 1")
    address = f"{LIST}{source.pk}/reread/"
    answer = curating.get(address)
    assert "<del>Peper</del><ins>Paper</ins> 1" in answer.content.decode()
    assert "added a new paper 1 2 " in text(answer)
    assert "could not be read 1 0 " in text(answer)
    assert Source.objects.get() == source
    assert Entry.objects.count() == 1

    answer = curating.post(address, follow=True)
    again = Source.objects.get()
    assert answer.redirect_chain == [(page(again), 302)]
    assert (again.pk != source.pk, again.name, again.loaded_by) == (True, "a.json", curator)
    assert "Read again: a.json, 2 rows (2 new)." in text(answer)
    assert Paper.objects.get(slug="2502.00001").title == "Paper 1"
    assert said()[-1] == (
        "curator",
        "a.json",
        "Read again. Before: 2 rows (1 new, 1 rejected). Now: 2 rows (2 new).",
    )


def test_what_cannot_be_read_any_longer_stays(curating):
    source = loaded(row(1))
    Source.objects.update(content=b"nothing")
    address = f"{LIST}{source.pk}/reread/"
    assert "The current parser cannot read it: 1: no papers" in text(curating.get(address))
    answer = curating.post(address, follow=True)
    assert "It cannot be read any longer, so it is not changed: line 1: no papers" in text(answer)
    assert Source.objects.get() == source
    assert Paper.objects.visible().count() == 1
    assert said() == []


# Who may


def test_who_may_look_may_do_no_more(reader):
    source = loaded(row(1))
    shown = reader.get(page(source))
    assert shown.status_code == reader.get(LIST).status_code == 200
    assert reader.get(f"{LIST}{source.pk}/file/").status_code == 200
    for text_ in ("undo/?source", "/reread/", "/upload/add/"):
        assert text_ not in shown.content.decode()
        assert text_ not in reader.get(LIST).content.decode()
    for address in (f"{UNDO}?source={source.pk}", f"{LIST}{source.pk}/reread/", f"{LIST}add/"):
        assert reader.get(address).status_code == 403
        assert reader.post(address, {"source": source.pk}).status_code == 403
    answer = reader.post(LIST, {"action": "undo_some", "_selected_action": source.pk}, follow=True)
    assert Source.objects.count() == 1
    assert "undo_some" not in answer.content.decode()


def test_nothing_is_edited_or_deleted(curating):
    source = loaded(row(1))
    curating.post(page(source), {"name": "Other"})
    assert Source.objects.get().name == "2025-02-06.json"
    assert curating.post(f"{LIST}{source.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in curating.get(LIST).content.decode()
    curating.post(LIST, {"action": "delete_selected", "_selected_action": source.pk, "post": "yes"})
    assert Source.objects.count() == 1


def test_what_is_not_there_is_not_found(curating):
    for address in ("99999/change/", "x/change/", "99999/file/", "99999/reread/"):
        assert curating.get(f"{LIST}{address}").status_code == 404
