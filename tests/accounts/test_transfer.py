"""What is taken away comes back whole; what people bring is shown before it is taken in."""

import io
import json
import re
import zipfile

import jsonschema
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.archive import Archive, BadArchive
from accounts.library import Library, notes
from accounts.library.lists import ReadingLists
from accounts.library.lists import imports as list_imports
from accounts.models import (
    Bookmark,
    Dismissal,
    ListItem,
    Note,
    ReadDigest,
    ReadingList,
    Role,
    Visibility,
)
from accounts.references import read
from accounts.transfer import SCHEMA, export, match, restore
from digest.catalogue.load import load
from digest.curation.decisions import correct
from digest.models import Entry, Paper, Source, Stream
from tests.samples import digest, row

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]


@pytest.fixture
def client(owner):
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def filled(library, owner, papers):
    """A library with something of everything."""
    load(
        digest(
            row(7, link="https://example.org/paper?x=1", date="2025-02-07"),
            row(8, link="", title="深層学習の論文", date="2025-02-07"),
        ),
        "2025-02-07.json",
    )
    odd = list(Paper.objects.filter(arxiv_id=None).order_by("position"))
    one, two, three, _four, five = papers
    library.bookmarks.add([one.pk, *(paper.pk for paper in odd)])
    library.bookmarks.add([two.pk], "read")
    library.bookmarks.dismiss([five.pk])
    library.notes.save(one, "An *idea*: $x^2$\n\n", 0)
    library.notes.save(odd[1], "研究ノート / ../../etc", 0)
    made = library.lists.create("A/../B “list”", "What *it* is", Visibility.PUBLIC)
    opened = library.lists.open(made.slug)
    opened.add([three.pk, one.pk, odd[0].pk])
    opened.describe_item(one.pk, comment="See `this`", section="Methods")
    opened.show_note(one.pk, True)
    library.lists.create("Empty")
    library.searches.save("papers", "q=point&has=code", "Points")
    library.digests.mark_read(papers[0].date)
    owner.display_name, owner.theme, owner.papers_on_a_page = "Ada L.", "dark", 50
    owner.time_zone = "Europe/Berlin"
    owner.save()
    return library


def exported(library):
    file = io.BytesIO()
    export(library, library.user, file)
    return file.getvalue()


def said(content):
    """What an export says, the moment of it and whose it is left out."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        library = json.loads(archive.read("library.json"))
        texts = {name: archive.read(name).decode() for name in sorted(archive.namelist())}
    del library["exported_at"], library["profile"]["user_name"]
    del texts["library.json"]
    return library, texts


# The whole library


def test_an_export_comes_back_whole(filled, other):
    content = exported(filled)
    other.read_until = None  # nothing, as it was for the owner, who came before the first digest
    other.save()
    theirs = Library(other)
    restored = restore(theirs, other, content)
    assert (restored.bookmarks, restored.notes, restored.lists, restored.searches) == (4, 2, 2, 1)
    assert (restored.missing, restored.problems) == ([], [])
    (search,) = theirs.searches.all()
    assert (search.name, search.query, search.is_mailed) == ("Points", "has=code&q=point", True)
    assert theirs.searches.new()[search.pk].papers == []  # what was there before is not new
    other.refresh_from_db()
    (library, texts), (back, their_texts) = said(content), said(exported(Library(other)))
    assert [one.pop("visibility") for one in library["lists"]] == ["public", "private"]
    assert [one.pop("visibility") for one in back["lists"]] == ["private", "private"]
    items, their_items = (
        [item for one in whole["lists"] for item in one["items"]] for whole in (library, back)
    )
    assert [item.pop("shows_note") for item in items] == [False, False, True]
    assert [item.pop("shows_note") for item in their_items] == [False, False, False]
    assert (back, their_texts) == (library, texts)


@pytest.mark.databases
def test_a_paper_comes_back_whatever_its_title_was_corrected_to(filled, other, curator):
    paper = Paper.objects.get(arxiv_id=None, url="")
    correct(paper, "title", "A paper on deep learning", curator)
    restored = restore(Library(other), other, exported(filled))
    assert (restored.bookmarks, restored.missing) == (4, [])


def test_an_export_from_before_papers_had_ids_comes_back(filled, other):
    def older(said):
        kept = [*said["bookmarks"], *said["dismissed"], *said["notes"]]
        for one in kept + [item for made in said["lists"] for item in made["items"]]:
            del one["paper"]["id"]

    restored = restore(Library(other), other, changed(exported(filled), older))
    assert (restored.bookmarks, restored.notes, restored.missing) == (4, 2, [])


def test_an_import_shows_nothing_to_anybody(filled, other, papers):
    theirs = Library(other)
    shared = theirs.lists.create("A/../B “list”", visibility=Visibility.PUBLIC)
    theirs.notes.save(papers[0], "Mine alone", 0)
    restore(theirs, other, exported(filled))
    assert ReadingList.objects.get(owner=other, name="Empty").visibility == Visibility.PRIVATE
    items = theirs.lists.open(shared.slug).items()
    assert [item.shows_note for item in items] == [False, False, False]


def test_to_import_twice_changes_nothing(filled, owner):
    content = exported(filled)
    tables = (Bookmark, Dismissal, ListItem, Note, ReadDigest, ReadingList)
    before = [list(table.objects.order_by("pk").values()) for table in tables]
    restore(filled, owner, content)
    restore(filled, owner, content)
    after = [list(table.objects.order_by("pk").values()) for table in tables]
    for lists in (before[-1], after[-1]):
        for one in lists:
            del one["changed_at"]
    assert after == before


@pytest.mark.databases
def test_what_is_there_stays_as_it_is(filled, other, papers):
    theirs = Library(other)
    other.theme = "light"
    other.save()
    theirs.bookmarks.add([papers[1].pk], "reading")
    theirs.notes.save(papers[0], "Their own", 0)
    made = theirs.lists.create("Empty", "Not theirs")
    theirs.lists.open(made.slug).add([papers[4].pk])
    restore(theirs, other, exported(filled))
    assert Bookmark.objects.get(user=other, paper=papers[1]).status == "reading"
    assert theirs.notes.get(papers[0].pk).text == "Their own\n\n---\n\nAn *idea*: $x^2$\n\n"
    assert theirs.lists.open(made.slug).reading_list.description == "Not theirs"
    assert theirs.lists.open(made.slug).items().count() == 1
    other.refresh_from_db()
    assert (other.theme, other.display_name) == ("light", "Ada L.")


@pytest.mark.databases
def test_papers_that_are_not_here_are_named(filled, other):
    content = exported(filled)
    for model in (Bookmark, Dismissal, Note, ListItem):
        model.objects.all().delete()
    Entry.objects.all().delete()
    Source.objects.all().delete()
    Paper.objects.filter(arxiv_id="2502.00001").delete()
    restored = restore(Library(other), other, content)
    assert restored.missing == ["Paper 1"]
    assert (restored.bookmarks, restored.notes, restored.lists) == (3, 1, 2)


@pytest.mark.databases
def test_members_are_not_let_in_by_an_import(filled, other, editor, viewer):
    opened = filled.lists.open(filled.lists.owned()[0].slug)
    opened.invite("editor", Role.EDITOR)
    Library(editor).lists.accept(Library(editor).lists.invitations().get().pk)
    content = exported(filled)
    library, _ = said(content)
    assert library["lists"][0]["members"] == [{"user_name": "editor", "role": "editor"}]
    restore(Library(other), other, content)
    made = Library(other).lists.owned()[0]
    assert made.memberships.count() == made.invitations.count() == 0


def test_the_files_of_an_export(filled):
    library, texts = said(exported(filled))
    assert list(texts) == [
        "bookmarks.bib",
        "lists/0001-A-B-list.bib",
        "lists/0002-Empty.bib",
        "notes/0001-2502.00001.md",
        "notes/0002-深層学習の論文.md",
        "schema.json",
    ]
    assert texts["notes/0001-2502.00001.md"] == "An *idea*: $x^2$\n\n"
    assert [item["file"] for item in library["notes"]] == list(texts)[3:5]
    keys = re.findall(r"@misc\{(.*?),", texts["lists/0001-A-B-list.bib"])
    assert keys == ["arXiv:2502.00003", "example-org-paper-8156325694", "arXiv:2502.00001"]
    assert json.loads(texts["schema.json"]) == json.loads(SCHEMA.read_text())


def test_an_export_is_as_its_schema_has_it(filled):
    with zipfile.ZipFile(io.BytesIO(exported(filled))) as archive:
        jsonschema.validate(
            json.loads(archive.read("library.json")), json.loads(SCHEMA.read_text())
        )


def changed(content, change):
    """The export with its library.json changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "library.json":
                library = json.loads(data)
                change(library)
                data = json.dumps(library)
            new.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("given", "name", "problems"),
    [
        ("Ada\n  L.", "Ada L.", 0),
        ("Ada \u202e.L", "", 1),
        ("\u200d", "", 1),
        ("\u0958" * 100, "", 1),  # two characters each, as names are kept
    ],
)
def test_a_name_that_misleads_is_not_taken_in(filled, other, given, name, problems):
    content = changed(
        exported(filled), lambda library: library["profile"].update(display_name=given)
    )
    found = restore(Library(other), other, content)
    assert (len(found.problems), found.bookmarks) == (problems, 4)
    other.refresh_from_db()
    assert (other.display_name, other.theme) == (name, "dark")


NOT_HERE = {"title": "Not here", "arxiv_id": "2502.99999", "url": ""}


@pytest.mark.parametrize(
    "change",
    [
        lambda library: library.clear(),
        lambda library: library.update(format="other/9"),
        lambda library: library.update(bookmarks=5),
        lambda library: library.update(bookmarks=[5]),
        lambda library: library["bookmarks"][0].update(status="lent"),
        lambda library: library["bookmarks"][0].update(added_at="yesterday"),
        lambda library: library["bookmarks"][0].update(added_at="2025-02-31T00:00:00Z"),
        lambda library: library["bookmarks"][0].update(paper=None),
        lambda library: library["bookmarks"][0]["paper"].pop("title"),
        lambda library: library["notes"][0].update(file="../../etc/passwd"),
        lambda library: library["notes"][0].update(file=7),
        lambda library: library["lists"][0].update(visibility="all"),
        lambda library: library["lists"][0].update(name=7),
        lambda library: library["lists"][0].update(name=None),
        lambda library: library["lists"][0]["items"][0].update(comment=7),
        lambda library: library["lists"][0]["items"][0].update(section=None),
        lambda library: library["profile"].update(theme="pink"),
        lambda library: library["profile"].update(papers_on_a_page=10**9),
        lambda library: library["profile"].update(time_zone="Mars/Olympus"),
        lambda library: library["profile"].update(display_name="\x00"),
        lambda library: library["read"].update(until="never"),
        lambda library: library["read"].update(days=["2025-02-30"]),
        lambda library: library.update(lists={"a": 1}),
        lambda library: library["bookmarks"][0].update(added_at="0001-01-01T00:00:00+14:00"),
        lambda library: library["dismissed"][0].update(added_at="9999-12-31T23:59:59-01:00"),
        lambda library: library["notes"][0].update(changed_at="0001-01-01T00:00:00Z"),
        lambda library: library["lists"][0].update(added_at="0001-01-01T00:00:00+14:00"),
        lambda library: library["bookmarks"][0].update(paper=NOT_HERE | {"title": "\ud800"}),
        lambda library: library["bookmarks"][0].update(paper=NOT_HERE | {"arxiv_id": "\ud800"}),
        lambda library: library["bookmarks"][0].update(paper=NOT_HERE | {"url": "\ud800"}),
        lambda library: library["notes"].append(
            library["notes"][0] | {"file": "notes/0002-深層学習の論文.md"}
        ),
        lambda library: library["notes"][0].update(file="notes/0002-深層学習の論文.md"),
        lambda library: library["notes"][0].update(file="notes/none.md"),
        lambda library: library.update(bookmarks=library["bookmarks"][:1] * 50_001),
        lambda library: library.update(dismissed=library["dismissed"][:1] * 50_001),
        lambda library: library.update(notes=library["notes"][:1] * 20_001),
        pytest.param(
            lambda library: library.update(lists=library["lists"][1:] * 1_001),
            marks=pytest.mark.databases,
        ),
        lambda library: library["lists"][0].update(items=library["lists"][0]["items"][:1] * 10_001),
        lambda library: library["read"].update(days=["2025-02-03"] * 50_001),
        lambda library: library["profile"].update(user_name="x" * 20_000_000),
    ],
)
def test_a_crafted_export_changes_nothing(filled, other, change):
    content = changed(exported(filled), change)
    tables = (Bookmark, Dismissal, ListItem, Note, ReadDigest, ReadingList)
    before = [list(table.objects.order_by("pk").values()) for table in tables]
    with pytest.raises(BadArchive):
        restore(Library(other), other, content)
    assert [list(table.objects.order_by("pk").values()) for table in tables] == before


def test_a_note_that_is_too_large_is_not_even_unpacked(filled, other):
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(exported(filled))) as old,
        zipfile.ZipFile(out, "w") as new,
    ):
        for name in old.namelist():
            new.writestr(
                name, b"x" * 400_001 if name == "notes/0002-深層学習の論文.md" else old.read(name)
            )
    with pytest.raises(
        BadArchive, match=r"notes/0002-深層学習の論文.md is longer than the 100,000 characters"
    ):
        restore(Library(other), other, out.getvalue())


def test_what_is_too_much_is_said_in_words(filled, other):
    content = changed(
        exported(filled), lambda library: library.update(lists=library["lists"][1:] * 1_001)
    )
    with pytest.raises(BadArchive, match=r"^library.json holds more than 1,000 lists.$"):
        restore(Library(other), other, content)


@pytest.mark.databases
def test_all_is_read_before_anything_is_written(filled, other, monkeypatch):
    read = Archive.read

    def outside(archive, name):
        assert len(connection.savepoint_ids) == depth
        return read(archive, name)

    content = exported(filled)
    depth = len(connection.savepoint_ids)
    monkeypatch.setattr(Archive, "read", outside)
    assert restore(Library(other), other, content, dry_run=True).notes == 2
    assert not Note.objects.filter(user=other).exists()


@pytest.fixture
def locked(transactional_db, filled, other):
    """The owner's export, while somebody else writes: whoever waits for that fails at once."""
    content = exported(filled)
    writer = connection.copy()
    with connection.cursor() as mine, writer.cursor() as cursor:
        if connection.vendor == "sqlite":
            mine.execute("PRAGMA busy_timeout = 0")
            cursor.execute("BEGIN IMMEDIATE")
        else:
            mine.execute("SET lock_timeout = 1")
            names = connection.introspection.table_names()
            tables = ", ".join(n for n in names if n.startswith(("accounts_", "digest_")))
            cursor.execute(f"BEGIN; LOCK TABLE {tables} IN EXCLUSIVE MODE")
        yield content
        cursor.execute("ROLLBACK")
    writer.close()
    connection.close()


def test_a_dry_run_only_reads(locked, other, filled):
    with CaptureQueriesContext(connection) as queries:
        dry = restore(Library(other), other, locked, dry_run=True)
        again = restore(filled, filled.user, locked, dry_run=True)
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}
    assert (dry.bookmarks, dry.notes, dry.lists, dry.problems) == (4, 2, 2, [])
    assert again == dry
    assert (other.display_name, other.theme) == ("", "auto")


@pytest.mark.databases
def test_a_dry_run_says_what_will_be(filled, other):
    def odd(library):
        library["profile"].update(display_name="Ada \u202e.L")
        library["lists"][1].update(name="\u200d")

    theirs, content = Library(other), changed(exported(filled), odd)
    dry = restore(theirs, other, content, dry_run=True)
    assert len(dry.problems) == 2
    assert restore(theirs, other, content) == dry


def test_nothing_is_rendered_while_others_wait_to_write(filled, other, request):
    content = exported(filled)
    rendered = request.getfixturevalue("rendered")
    assert restore(Library(other), other, content).notes == 2
    assert {"An *idea*: $x^2$\n\n", "What *it* is", "See `this`"} <= set(rendered)


def test_many_notes_come_in_several_imports(filled, other, monkeypatch):
    monkeypatch.setattr(notes, "MOST_RENDERED", 20)
    theirs, content = Library(other), exported(filled)
    first = restore(theirs, other, content)
    assert (first.notes, len(first.problems)) == (1, 1)
    assert first.problems[0].startswith("1 note more than are read at once. Import the same file")
    second = restore(theirs, other, content)
    assert (second.notes, second.problems, theirs.notes.all().count()) == (2, [], 2)


@pytest.mark.parametrize(
    ("limit", "most"), [("MOST_RESTORED", 1), ("MOST_RENDERED", len("What *it* is"))]
)
def test_many_papers_in_lists_come_in_several_imports(filled, other, monkeypatch, limit, most):
    monkeypatch.setattr(list_imports, limit, most)
    theirs, content = Library(other), exported(filled)
    whole = said(content)[0]["lists"]
    more = ["The lists hold more than is read at once. Import the same file again: that adds what"]
    problems = more
    imports = 0
    while problems:
        problems = restore(theirs, other, content).problems
        assert [problem[: len(more[0])] for problem in problems] in ([], more)
        imports += 1
    assert imports == (3 if limit == "MOST_RESTORED" else 2)
    assert [one["items"] for one in said(exported(Library(other)))[0]["lists"]] == [
        [item | {"shows_note": False} for item in one["items"]] for one in whole
    ]


def test_two_lists_of_one_name_are_one(filled, other):
    def twice(library):
        one, two = library["lists"]
        two.update(name=f" {one['name'].lower()}\n", items=[*one["items"][:1], *two["items"]])
        one["items"] = one["items"][1:]

    theirs = Library(other)
    assert restore(theirs, other, changed(exported(filled), twice)).lists == 2
    (made,) = theirs.lists.owned()
    assert theirs.lists.open(made.slug).items().count() == 3


@pytest.mark.databases
def test_a_list_that_is_changed_meanwhile_stops_the_import(filled, other, monkeypatch):
    theirs, content = Library(other), exported(filled)
    opened = theirs.lists.open(theirs.lists.create("A/../B “list”").slug)
    prepare = ReadingLists.prepare

    def meanwhile(self, brought):
        prepared = prepare(self, brought)
        opened.describe(description="Other")
        return prepared

    with monkeypatch.context() as patched:
        patched.setattr(ReadingLists, "prepare", meanwhile)
        with pytest.raises(BadArchive, match="A list was changed while the export was read"):
            restore(theirs, other, content)
    assert not Bookmark.objects.filter(user=other).exists()
    assert restore(theirs, other, content).problems == []


@pytest.mark.databases
def test_an_import_writes_lists_in_as_few_statements_for_many_as_for_one(filled, other, viewer):
    def many(library):
        one = library["lists"][0]
        library["lists"] = [one | {"name": f"List {n}"} for n in range(20)]

    few, more = exported(filled), changed(exported(filled), many)
    counts = []
    for user, content in ((other, few), (viewer, more)):
        with CaptureQueriesContext(connection) as queries:
            restore(Library(user), user, content)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_export_is_downloaded_and_imported(client, other, filled):
    response = client.get("/library/export.zip")
    assert response["Content-Disposition"].startswith('attachment; filename="paper-digest-owner-')
    assert "no-store" in response["Cache-Control"]
    content = b"".join(response.streaming_content)
    client.force_login(other)
    page = client.post("/library/import/", {"file": SimpleUploadedFile("x.zip", content)})
    assert page.status_code == 200
    assert (
        "<b>4</b> bookmarks, <b>2</b> notes, <b>2</b> lists and <b>1</b> saved search of"
        in page.content.decode()
    )
    assert "Imported lists are private" in page.content.decode()
    assert Bookmark.objects.filter(user=other).count() == 4


def test_the_schema_is_published(anonymous):
    response = anonymous.get("/library/export.schema.json")
    assert response["Content-Type"] == "application/schema+json"
    assert response.json()["properties"]["format"] == {"const": "paper-digest-library/1"}


# References


def titles(found):
    return [paper.title for paper in found.papers], [one.title for one in found.missing]


def test_references_are_matched_by_id_address_and_title(filled, library):
    bib = b"""
    @article{a, title = {Whatever}, eprint = {2502.00002v3}, archivePrefix = {arXiv}}
    @misc{b, title = {Other}, url = {http://www.example.org/paper/?x=1}}
    @misc{b2, title = {Other}, url = {https://example.org/paper?x=1}}
    @article{c, title = {{PAPER} 4}}
    @article{d, title = {Not here}, eprint = {2502.99999}, archivePrefix = {arXiv}}
    @article{e, title = {Paper 3}, eprint = {2502.88888}, archivePrefix = {arXiv}}
    """
    assert titles(match(library, read(bib).references)) == (
        ["Paper 2", "Paper 7", "Paper 4"],
        ["Not here", "Paper 3"],
    )


@pytest.mark.databases
def test_a_title_of_two_papers_means_neither(papers, library):
    load(digest(row(9, title="Paper 1", date="2025-02-08")), "2025-02-08.json")
    assert titles(match(library, read(b"TY  - JOUR\nTI  - Paper 1\nER  - \n").references)) == (
        [],
        ["Paper 1"],
    )


def test_a_preview_comes_before_anything_is_added(client, owner, papers):
    text = "2502.00001\nhttps://arxiv.org/pdf/2502.00002v1\n2502.77777\nnot a paper\n"
    page = client.post("/library/import/", {"text": text})
    html = page.content.decode()
    assert [paper.slug for paper in page.context["found"].papers] == ["2502.00001", "2502.00002"]
    assert "Not in the catalogue: 1" in html
    assert "Not understood: 1" in html
    assert not Bookmark.objects.exists()
    data = {"papers": "2502.00001 2502.00002", "status": "read", "new_list": "Brought"}
    response = client.post("/library/import/confirm/", data, follow=True)
    assert [str(m) for m in response.context["messages"]] == [
        "2 papers are in your library, and in the list “Brought”."
    ]
    assert set(Bookmark.objects.values_list("paper__slug", "status")) == {
        ("2502.00001", "read"),
        ("2502.00002", "read"),
    }
    assert Library(owner).lists.open(ReadingList.objects.get().slug).items().count() == 2
    client.post("/library/import/undo/")
    assert not Bookmark.objects.exists()
    assert not ReadingList.objects.exists()


BOOKMARKS = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<DL><p>
<DT><A HREF="https://arxiv.org/abs/2502.00001" TAGS="nlp,to read">One</A><DD>See *this*
<DT><A HREF="https://arxiv.org/abs/2502.00002" TAGS="NLP">Two</A>
<blockquote>Again, against arXiv:2502.66666</blockquote>
<DT><A HREF="https://arxiv.org/abs/2502.77777" TAGS="other">Elsewhere</A>
</DL>
@misc{a, title = {Paper 3}}
@misc{b}
"""


@pytest.mark.databases
def test_a_preview_counts_by_format(client, owner, library, papers):
    library.bookmarks.add([papers[1].pk])
    page = client.post("/library/import/", {"text": BOOKMARKS})
    assert [(count.format, *count[1:], count.new) for count in page.context["formats"]] == [
        ("bookmarks", 3, 2, 1, 1, 0, 1),
        ("BibTeX", 1, 1, 0, 0, 1, 1),
    ]
    html = re.sub(r"\s+", " ", page.content.decode())
    assert '<th scope="row">bookmarks</th> <td>3</td> <td>1</td> <td>1</td> <td>1</td>' in html
    assert "line 9</span> neither an arXiv id nor an address nor a title" in html
    assert "Only mentioned: 1" in html
    assert "arXiv:2502.66666" in html
    assert "2 of the papers have a new note in the file." in html
    assert "Tags: nlp, to read" in html


def confirmed(client, page, **choices):
    """The page after a preview is confirmed, as its form has it."""
    form = page.context["form"]
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    return client.post("/library/import/confirm/", data | choices, follow=True)


@pytest.mark.databases
def test_notes_and_tags_of_a_file_are_added(client, owner, library, papers):
    library.notes.save(papers[1], "Mine", 0)
    library.lists.create("NLP")
    for _ in range(2):
        page = client.post("/library/import/", {"text": BOOKMARKS})
        response = confirmed(client, page, list_tags="on")
    assert {note.paper_id: note.text for note in library.notes.all()} == {
        papers[0].pk: "See *this*",
        papers[1].pk: "Mine\n\n---\n\nAgain, against arXiv:2502.66666",
    }
    lists = {one.name: one for one in library.lists.owned()}
    assert {
        name: [paper.position for paper in library.lists.open(one.slug).papers()]
        for name, one in lists.items()
    } == {"NLP": [1, 2], "to read": [1]}
    assert {one.visibility for one in lists.values()} == {Visibility.PRIVATE}
    assert "notes" not in page.context["form"].fields  # they are all there
    assert [str(m) for m in response.context["messages"]] == [
        "3 papers are in your library, and in 2 lists of tags."
    ]


@pytest.mark.databases
def test_notes_and_tags_are_added_only_if_one_says_so(client, owner, library, papers):
    page = client.post("/library/import/", {"text": BOOKMARKS})
    confirmed(client, page, add_notes="")
    assert library.notes.all().count() == library.lists.owned().count() == 0
    assert Bookmark.objects.count() == 3


@pytest.mark.databases
def test_without_notes_and_tags_nothing_is_asked_about_them(client, papers):
    page = client.post("/library/import/", {"text": "2502.00001"})
    assert [*page.context["form"].fields] == ["papers", "status", "list", "new_list"]


@pytest.mark.databases
@pytest.mark.parametrize(
    "data",
    [
        {"notes": "[]"},
        {"notes": "{"},
        {"notes": '{"2502.00001": 7}'},
        {"tags": '["a"]'},
        {"tags": '{"a": ["2502.00001", 7]}'},
        {"tags": json.dumps({f"t{n}": [] for n in range(201)})},
        {"tags": '{"Mine": ["2502.00001"]}', "list_tags": "on", "new_list": "Mine"},
    ],
)
def test_notes_and_tags_that_no_preview_had_change_nothing(client, owner, papers, data):
    response = client.post("/library/import/confirm/", {"papers": "2502.00001", **data})
    assert response.status_code == 400
    assert (
        "Import the file again" in response.content.decode() or "JSON" in response.content.decode()
    )
    assert not Bookmark.objects.exists()
    assert not ReadingList.objects.exists()


@pytest.mark.databases
def test_what_is_more_than_a_form_carries_is_said(client, library, papers, monkeypatch):
    monkeypatch.setattr("accounts.transfer.references.MAX_NOTES", 50)
    monkeypatch.setattr("accounts.transfer.references.MAX_TAG_LISTS", 1)
    page = client.post("/library/import/", {"text": BOOKMARKS})
    confirmed(client, page)
    assert [note.text for note in library.notes.all()] == ["See *this*"]
    html = page.content.decode()
    assert "1 more notes are not added now. Import the file again for them." in html
    assert "1 tags more, of fewer papers, do not become lists." in html
    confirmed(client, client.post("/library/import/", {"text": BOOKMARKS}))
    assert library.notes.all().count() == 2


@pytest.mark.databases
def test_papers_of_notes_and_tags_that_are_not_imported_are_left_out(client, library, papers):
    data = {"notes": '{"2502.00002": "x", "2502.99999": "y"}', "add_notes": "on"}
    data |= {"tags": '{"a": ["2502.00002", "2502.00001"]}', "list_tags": "on"}
    client.post("/library/import/confirm/", {"papers": "2502.00001", **data})
    assert library.notes.all().count() == 0
    (made,) = library.lists.owned()
    assert [paper.position for paper in library.lists.open(made.slug).papers()] == [1]


@pytest.mark.databases
def test_a_title_without_the_dollars_of_its_formula_is_found(library, papers):
    load(digest(row(9, title="M^3Fin: A Benchmark", date="2025-02-08")), "2025-02-08.json")
    bib = b"@misc{a, title = {{M}{$^{3}$}{Fin}: A Benchmark}}"
    assert titles(match(library, read(bib).references)) == (["M^3Fin: A Benchmark"], [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/library/import/take-in/", "/library/import/confirm/"),
        ("/lists/put-back/", "/lists/undo/"),
    ],
)
def test_an_old_address_redirects(client, papers, old, new):
    for ask, status in ((client.get, 301), (client.head, 301), (client.post, 308)):
        answer = ask(old)
        assert (answer.status_code, answer.headers["Location"]) == (status, new)


def test_a_form_of_a_page_from_before_its_address_changed_is_saved(client, papers):
    client.post("/library/import/take-in/", {"papers": "2502.00001"}, follow=True)
    assert Bookmark.objects.get().paper.slug == "2502.00001"


@pytest.mark.databases
def test_taking_in_twice_is_once(client, papers):
    data = {"papers": "2502.00001 2502.00001 9999.99999 ' OR 1"}
    for _ in range(2):
        client.post("/library/import/confirm/", data)
    assert list(Bookmark.objects.values_list("paper__slug", "status")) == [
        ("2502.00001", "to-read")
    ]


@pytest.mark.databases
@pytest.mark.parametrize(
    ("address", "data", "complaint"),
    [
        ("", {}, "Choose a file, or paste something."),
        ("", {"file": SimpleUploadedFile("x.zip", b"PK\x03\x04 no zip")}, "ZIP"),
        ("confirm/", {}, "This field is required."),
        ("confirm/", {"papers": "2502.00001", "status": "lent"}, "lent is not one of"),
        ("confirm/", {"papers": "2502.00001", "list": "theirs"}, "You cannot change this list."),
        ("confirm/", {"papers": "2502.00001", "new_list": "Mine"}, "already"),
        ("confirm/", {"papers": "2502.00001", "new_list": "x" * 201}, "at most 200 characters"),
    ],
)
def test_what_cannot_be_brought_is_said(client, owner, papers, address, data, complaint):
    Library(owner).lists.create("Mine")
    response = client.post(f"/library/import/{address}", data)
    assert response.status_code == 400
    assert complaint in response.content.decode()
    assert not Bookmark.objects.exists()


def test_visitors_log_in_first(anonymous, papers):
    for address in ("/library/import/", "/library/export.zip"):
        assert anonymous.get(address).status_code == 302
    assert anonymous.post("/library/import/", {"text": "2502.00001"}).status_code == 302
    assert anonymous.post("/library/import/confirm/", {"papers": "2502.00001"}).status_code == 302
    assert not Bookmark.objects.exists()


@pytest.mark.databases
def test_streams_come_back(filled, other, three_days):
    arxiv = Stream.objects.create(name="arXiv cs.CL", slug="arxiv-cs-cl")
    load(digest(row(1)), "a.json", stream=arxiv.pk)
    assert "streams" not in said(exported(filled))[0]["read"]
    filled.digests.subscribe([arxiv.pk])
    other.read_until = None  # as for the owner, who came before the first digest
    other.save()
    content = exported(filled)
    assert [(row["stream"], row["subscribed"]) for row in said(content)[0]["read"]["streams"]] == [
        ("daily", False),
        ("arxiv-cs-cl", True),
    ]
    assert restore(Library(other), other, content).problems == []
    assert (
        said(exported(Library(other)))[0]["read"]["streams"]
        == (said(content)[0]["read"]["streams"])
    )
    load(digest(row(1)), "b.json")

    def rename(library):
        library["read"]["streams"][1]["stream"] = "elsewhere"

    restored = restore(Library(other), other, changed(content, rename))
    assert restored.problems == ["There is no stream elsewhere here: what is read of it is lost."]

    def twice(library):
        library["read"]["streams"] *= 2

    with pytest.raises(BadArchive, match="is there twice"):
        restore(Library(other), other, changed(content, twice))
