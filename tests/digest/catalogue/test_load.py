import itertools
import os
from datetime import date

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from digest import models
from digest.catalogue.file import date_from_path
from digest.catalogue.ledger import Ledger
from digest.catalogue.load import find_files, load, load_files, reread, undo
from digest.formats import Format
from digest.search import index
from tests.samples import digest, in_format, row

pytestmark = pytest.mark.django_db


def catalogue():
    """All that is shown, without keys, in an order of its own."""
    return [
        list(models.Digest.objects.values_list("date", "paper_count")),
        list(
            models.Placement.objects.order_by(
                "digest__date", "digest__stream", "position"
            ).values_list("digest__date", "position", "paper__slug")
        ),
        list(
            models.Paper.objects.order_by("slug").values_list(
                *("slug", "arxiv_id", "url", "title", "title_html", "summary", "points"),
                *("is_list", "authors_cut", "date", "position"),
                *("abstract", "abstract_sentences", "keywords", "comment", "doi", "version"),
                "upvotes",
            )
        ),
        list(models.Author.objects.order_by("name").values_list("name", "slug", "paper_count")),
        list(
            models.Category.objects.order_by("name").values_list(
                "name", "slug", "area__name", "is_area", "paper_count"
            )
        ),
        *(
            list(
                model.objects.order_by("paper__slug", "position").values_list(
                    "paper__slug", "position", *items
                )
            )
            for model, items in (
                (models.Authorship, ["author__name"]),
                (models.Classification, ["category__name"]),
                (models.Link, ["url", "kind"]),
            )
        ),
    ]


def counts(report):
    return (report.status, report.new, report.changed, report.unchanged, report.links)


def test_a_file_becomes_a_catalogue():
    report = load(digest(row(1), row(2, authors="lvwerra", github_urls=["None"])), "a.json")
    assert counts(report) == ("loaded", 2, 0, 0, 1)
    assert (report.digests, report.rows, report.problems) == (1, 2, [])
    source = models.Source.objects.get()
    assert (source.name, source.format, source.rows, source.problems) == ("a.json", "json", 2, [])
    assert bytes(source.content) == digest(row(1), row(2, authors="lvwerra", github_urls=["None"]))
    assert catalogue() == [
        [(date(2025, 2, 6), 2)],
        [(date(2025, 2, 6), 1, "2502.00001"), (date(2025, 2, 6), 2, "2502.00002")],
        [
            (
                *("2502.00001", "2502.00001", ""),
                *("Paper 1", "Paper 1", "- First point of 1.\n- Second point."),
                *(["First point of 1.", "Second point."], True, False, date(2025, 2, 6), 1),
                *("", [], [], "", "", 0, 0),
            ),
            (
                *("2502.00002", "2502.00002", ""),
                *("Paper 2", "Paper 2", "- First point of 2.\n- Second point."),
                *(["First point of 2.", "Second point."], True, False, date(2025, 2, 6), 2),
                *("", [], [], "", "", 0, 0),
            ),
        ],
        [
            ("Ada Lovelace", "ada-lovelace", 1),
            ("Alan Turing", "alan-turing", 1),
            ("lvwerra", "lvwerra", 1),
        ],
        [
            ("Natural Language Processing", "natural-language-processing", None, True, 2),
            ("Text Generation", "text-generation", "Natural Language Processing", False, 2),
        ],
        [
            ("2502.00001", 1, "Ada Lovelace"),
            ("2502.00001", 2, "Alan Turing"),
            ("2502.00002", 1, "lvwerra"),
        ],
        [("2502.00001", 1, "Text Generation"), ("2502.00002", 1, "Text Generation")],
        [("2502.00001", 1, "https://github.com/lab/code-1", "code")],
    ]


@pytest.mark.parametrize("format", Format)
def test_the_same_bytes_again_write_nothing(format):
    load(in_format(format, 1), "a.json")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        report = load(in_format(format, 1), "elsewhere/b.json")
    assert counts(report) == ("known", 0, 0, 0, 0)
    verbs = {query["sql"].split()[0] for query in queries}
    assert verbs <= {"SELECT", "SAVEPOINT", "RELEASE", "LOCK"}
    assert models.Source.objects.get().name == "a.json"


def test_a_later_digest_changes_what_is_shown_and_takes_nothing_away():
    load(digest(row(1), row(2)), "a.json")
    later = row(
        1,
        date="2025-02-07",
        title="Paper one",
        authors="Grace Hopper",
        summary="",
        classification=["Robotics"],
        github_urls=["https://github.com/lab/new"],
    )
    report = load(digest(later), "b.json")
    assert counts(report) == ("loaded", 0, 1, 0, 1)
    paper = models.Paper.objects.get(slug="2502.00001")
    assert (paper.title, paper.summary) == ("Paper one", "- First point of 1.\n- Second point.")
    assert (paper.date, paper.position) == (date(2025, 2, 6), 1)
    assert [link.url for link in paper.links.all()] == [
        "https://github.com/lab/new",
        "https://github.com/lab/code-1",
    ]
    assert [str(digest) for digest in paper.digests.all()] == ["2025-02-07", "2025-02-06"]
    assert list(models.Author.objects.values_list("name", "paper_count")) == [
        ("Ada Lovelace", 1),
        ("Alan Turing", 1),
        ("Grace Hopper", 1),
    ]


def test_an_author_or_category_that_nobody_shows_goes():
    load(digest(row(1)), "a.json")
    load(digest(row(1, date="2025-02-07", authors="B C", classification=["Other"])), "b.json")
    assert list(models.Author.objects.values_list("name", flat=True)) == ["B C"]
    assert list(models.Category.objects.values_list("name", "paper_count")) == [("Other", 1)]


def test_a_paper_unchanged_is_counted_so():
    load(digest(row(1)), "a.json")
    assert counts(load(digest(row(1, date="2025-02-05")), "b.json")) == ("loaded", 0, 0, 1, 0)
    assert models.Paper.objects.get().date == date(2025, 2, 5)


def test_an_absent_column_is_not_an_empty_one_and_neither_says_anything():
    load(digest(row(1)), "a.json")
    load(digest(row(1, date="2025-02-07", authors=None, classification=None)), "b.json")
    load(digest(row(1, date="2025-02-08", authors="", classification=[])), "c.json")
    records = models.Entry.objects.order_by("digest__date").values_list("record", flat=True)
    assert [record.get("authors", "absent") for record in records] == [
        "Ada Lovelace, Alan Turing",
        "absent",
        "",
    ]
    assert [record.get("classification", "absent") for record in records] == [
        ["Text Generation"],
        "absent",
        [],
    ]
    paper = models.Paper.objects.get()
    assert [author.name for author in paper.authors.all()] == ["Ada Lovelace", "Alan Turing"]
    assert [category.name for category in paper.categories.all()] == ["Text Generation"]


@pytest.mark.parametrize("format", Format)
def test_every_format_becomes_a_catalogue(format):
    report = load(in_format(format, 1, 2), "a")
    assert counts(report)[:4] == ("loaded", 2, 0, 0)
    assert (report.digests, report.rows, report.problems, report.format) == (1, 2, [], format)
    assert models.Source.objects.get().format == format
    assert {*models.Entry.objects.values_list("format", "digest__date")} == {
        (format, date(2025, 2, 6))
    }
    papers = models.Paper.objects.order_by("position")
    assert list(papers.values_list("slug", "title", "authors_cut")) == [
        ("2502.00001", "Paper 1", False),
        ("2502.00002", "Paper 2", False),
    ]
    for paper in papers:
        assert [name.author.name for name in paper.authorships.all()] == [
            "Ada Lovelace",
            "Alan Turing",
        ]
    assert index.check().is_ok


@pytest.mark.parametrize(
    "format",
    [
        # Each is written by the same statements; these two say different things.
        *(Format.JSON, Format.HUGGING_FACE),
        *(
            pytest.param(format, marks=pytest.mark.sqlite)
            for format in Format
            if format not in (Format.JSON, Format.HUGGING_FACE)
        ),
    ],
)
@pytest.mark.slow
def test_files_of_every_format_may_come_in_any_order(format):
    files = [
        in_format(format, 1, 2),
        in_format(format, 2, 3, day="2025-02-07"),
        digest(row(2, title="Two", summary="- Mine.", date="2025-02-07"), row(3)),
    ]
    results = []
    for order in itertools.permutations(files):
        sources = [load(content, "a").source for content in order]
        results.append(catalogue())
        for source in sources:
            assert undo(models.Source.objects.get(pk=source))
        assert catalogue() == [[], [], [], [], [], [], [], []]
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("format", Format)
def test_a_source_of_every_format_can_be_undone_and_read_again(format):
    load(digest(row(2, date="2025-02-05")), "a.json")
    before = catalogue()
    source = models.Source.objects.get(pk=load(in_format(format, 1, 2, bad=1), "b").source)
    after = catalogue()
    again = reread(source)
    assert (again.status, again.new, catalogue()) == ("loaded", 1, after)
    assert undo(models.Source.objects.get(pk=again.source))
    assert catalogue() == before


@pytest.mark.parametrize("format", Format)
def test_a_bad_row_of_every_format_spoils_nothing_and_stands_in_the_ledger(format):
    content = in_format(format, 1, 2, bad=2)
    report = load(content, "a")
    assert (report.rows, report.new, report.verdicts["rejected"]) == (2, 2, 2)
    assert {problem.action for problem in report.problems} == {"row left out"}
    rows = Ledger(models.Source.objects.get())[0:9]
    assert [one.verdict for one in rows] == ["new", "new", "rejected", "rejected"]
    text = content.decode()
    for one, number in zip(rows, (1, 2), strict=False):
        assert f"Paper {number}" in one.raw
        assert f"Paper {3 - number}" not in one.raw
    assert all(one.raw.strip() and one.raw.strip() in text for one in rows)


@pytest.mark.parametrize("format", Format)
def test_a_file_of_every_format_is_loaded_wholly_or_not_at_all(format, monkeypatch):
    load(digest(row(9)), "a.json")
    before = catalogue()

    def full() -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(models.Catalogue, "change", full)
    with pytest.raises(OperationalError), transaction.atomic():
        load(in_format(format, 1, 2), "b")
    assert catalogue() == before
    assert models.Source.objects.count() == 1


def test_a_bad_row_spoils_nothing():
    report = load(digest(row(1), row(2, title=""), row(3, title="\u200b"), row(4)), "a.json")
    assert [str(problem) for problem in report.problems] == [
        "1: the row has no title (row left out)",
        "1: the row has no title (row left out)",
    ]
    assert (report.rows, report.new) == (2, 2)
    assert (
        models.Source.objects.get().problems
        == [{"line": 1, "reason": "the row has no title", "action": "row left out"}] * 2
    )


def test_a_day_that_no_digest_can_be_of_is_left_out():
    report = load(digest(row(1), row(2, date="0033-04-03"), row(3, date="9999-12-31")), "a.json")
    assert [str(problem) for problem in report.problems] == [
        "1: '0033-04-03' is not a date (row left out)",
        "1: '9999-12-31' is not a date (row left out)",
    ]
    assert report.rows == 1


def test_an_unsafe_link_stays_text_and_is_reported_and_a_placeholder_is_not():
    report = load(
        digest(
            row(1, github_urls=["javascript:alert(1)", "[data]", "null", "None", "N/A", "string"]),
            row(2, link="ftp://example.org/a", huggingface_urls=["https://me:pw@example.org/"]),
        ),
        "a.json",
    )
    assert [str(problem) for problem in report.problems] == [
        "1: no http or https link: javascript:alert(1) (kept as text)",
        "1: no http or https link: ftp://example.org/a (kept as text)",
        "1: no http or https link: https://me:pw@example.org/ (kept as text)",
    ]
    assert list(models.Link.objects.values_list("url", flat=True)) == [
        "https://github.com/lab/code-2"
    ]
    assert models.Paper.objects.get(arxiv_id=None).slug.startswith("paper-2-")


def test_the_same_paper_twice_in_a_file_is_one_paper():
    report = load(digest(row(1), row(1, title="Again", github_urls=["github.com/b/c"])), "a.json")
    assert (report.rows, report.new) == (2, 1)
    paper = models.Paper.objects.get()
    assert (paper.title, paper.links.count(), paper.entries.count()) == ("Paper 1", 2, 2)
    assert models.Digest.objects.get().paper_count == 1


def test_papers_without_arxiv_ids_are_their_address_else_their_title():
    load(
        digest(
            row(1, link="https://lab.example.org/report/"),
            row(2, link="http://www.lab.example.org/report", date="2025-02-07"),
            row(3, title="No Link", link=""),
            row(4, title="no  link", link="N/A", date="2025-02-07"),
        ),
        "a.json",
    )
    papers = models.Paper.objects.order_by("slug").values_list("title", "url", "arxiv_id")
    assert list(papers) == [
        ("Paper 2", "http://www.lab.example.org/report", None),
        ("no link", "", None),
    ]


def test_a_day_without_papers_is_a_digest():
    assert load(b"[]", "2025/02/07.json").digests == 1
    table = b"| Title | Authors | Summary |\n|---|---|---|\n"
    load(b"\n## Papers for 2025-02-08\n\n" + table, "b.md")
    assert list(models.Digest.objects.values_list("date", "paper_count")) == [
        (date(2025, 2, 8), 0),
        (date(2025, 2, 7), 0),
    ]


def test_the_same_bytes_without_a_date_stand_for_each_day_that_a_path_gives():
    undated = digest(row(1, date=None))
    paths = ("2025/02/06.json", "2025/02/07.json", "a/2025-02-07.json", "copy.json")
    statuses = [load(undated, path).status for path in paths]
    assert statuses == ["loaded", "loaded", "known", "known"]
    dated = digest(row(2, date="2025-02-08"))
    assert [load(dated, path).status for path in paths] == ["loaded", "known", "known", "known"]
    days = [str(day) for day in models.Digest.objects.filter(paper_count=1)]
    assert days == ["2025-02-08", "2025-02-07", "2025-02-06"]


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01", b"Just a note.", "é".encode("utf-16"), b"[" * 100_000, b"{}"]
)
def test_what_cannot_be_read_writes_nothing(content):
    report = load(content, "a.md")
    assert (report.status, report.format, len(report.problems)) == ("unreadable", None, 1)
    assert models.Source.objects.count() == models.Digest.objects.count() == 0


def test_a_file_of_dated_and_undated_rows_means_the_same_in_any_order():
    mixed = digest(row(1, date=None), row(2, date="2025-02-07"))
    for paths in (("2025-02-06.json", "2025-02-07.json"), ("2025-02-07.json", "2025-02-06.json")):
        assert [load(mixed, path).status for path in (*paths, *paths)] == [
            *("loaded", "loaded", "known", "known")
        ]
        assert [(str(d), d.paper_count) for d in models.Digest.objects.all()] == [
            *(("2025-02-07", 2), ("2025-02-06", 1))
        ]
        for model in (models.Entry, models.Source, models.Digest, models.Paper):
            model.objects.all().delete()


def test_the_search_rows_are_the_same_whichever_way_they_were_made():
    names = ["Zoe Bar, Ann Foo", "Ann Foo, Zoe Bar, C D", "C D, Ann Foo"]
    files = [digest(*(row(n, authors=a) for n, a in enumerate(names, start=1)))]
    files += [digest(row(2, date="2025-02-05", title="Two")), digest(row(9, authors="Ann Foo"))]
    for content in files:
        load(content, "a.json")
        assert index.check().is_ok
    authors = models.SearchText.objects.order_by("paper__slug").values_list("authors", flat=True)
    assert list(authors) == ["zoe bar ann foo", "ann foo zoe bar c d", "c d ann foo", "ann foo"]


@pytest.mark.slow
def test_a_large_digest_may_be_put_in_another_order():
    rows = [row(n) for n in range(1, 1102)]
    load(digest(*rows), "a.json")
    load(digest(*reversed(rows), row(2000)), "0.json")
    assert index.check() == index.Health(papers=1102, stale=0, agrees=True)
    assert models.Digest.objects.get().paper_count == 1102


def test_a_name_that_is_no_text_is_kept_readable(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9-2025-02-05.json")
    path.write_bytes(digest(row(1, date=None)))
    (report,) = load_files(find_files(tmp_path).files)
    assert report.name == f"{tmp_path}/caf\\udce9-2025-02-05.json"
    assert str(models.Digest.objects.get()) == "2025-02-05"


@pytest.mark.slow
def test_any_order_of_files_gives_the_same_catalogue():
    files = [
        digest(row(1), row(2, link="", title="Äther"), row(3)),
        digest(row(4), row(3, summary="- One.\n- Two.", authors="", date="2025-02-06"), row(1)),
        digest(row(1, date="2025-02-05", title="Old", classification=["Robotics", "New One"])),
        digest(row(3, date="2025-02-09", summary="- One. - Two."), row(1, date="2025-02-09")),
    ]
    results = []
    for order in itertools.permutations(files):
        for content in order:
            load(content, "a.json")
        results.append(catalogue())
        for model in (models.Entry, models.Source, models.Digest, models.Paper):
            model.objects.all().delete()
        models.Author.objects.all().delete()
        models.Category.objects.filter(is_area=False).delete()
        models.Category.objects.all().delete()
    assert len(results) == 24
    assert all(result == results[0] for result in results)


def test_the_number_of_queries_does_not_grow_with_the_rows(django_assert_num_queries):
    load(digest(row(99)), "0.json")
    with CaptureQueriesContext(connection) as one:
        load(digest(row(1, date="2025-02-07")), "1.json")
    with CaptureQueriesContext(connection) as thirty:
        load(digest(*(row(n, date="2025-02-08") for n in range(2, 32))), "2.json")
    assert len(thirty) == len(one)


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("2025/02/06.json", date(2025, 2, 6)),
        ("/a/2024/b/2025-02-06.md", date(2025, 2, 6)),
        ("papers-2025-02-06.md", date(2025, 2, 6)),
        ("2025\\02\\06.json", date(2025, 2, 6)),
        ("2025/02/06", date(2025, 2, 6)),
        ("2025/13/06.json", None),
        ("0025/02/06.json", None),
        ("2025-02-06-final.md", None),
        ("12025-02-06.md", None),
        ("-", None),
    ],
)
def test_a_path_may_end_in_a_date(path, day):
    assert date_from_path(path) == day


def test_a_folder_is_searched_through(tmp_path):
    for name in (
        *("b/2.JSON", "a/1.md", "a/3.markdown", "a/notes.txt", ".git/4.md", "a/.5.md"),
        *("b/6.jsonl", "b/7.xml"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [str(path.relative_to(tmp_path)) for path in find_files(tmp_path).files]
    assert found == ["a/1.md", "a/3.markdown", "b/2.JSON", "b/6.jsonl", "b/7.xml"]
    assert find_files(tmp_path).passed_over == {".txt": 1}
    assert find_files(tmp_path / "a/notes.txt").files == [tmp_path / "a/notes.txt"]
    with pytest.raises(FileNotFoundError):
        find_files(tmp_path / "none")


def test_a_dry_run_reports_the_same_and_writes_nothing(tmp_path):
    (tmp_path / "1.json").write_bytes(digest(row(1)))
    (tmp_path / "2.json").write_bytes(digest(row(1, date="2025-02-07", title="New")))
    files = find_files(tmp_path).files
    dry = load_files(files, dry_run=True)
    assert models.Source.objects.count() == models.Paper.objects.count() == 0
    assert dry == load_files(files)
    assert [counts(report) for report in dry] == [("loaded", 1, 0, 0, 1), ("loaded", 0, 1, 0, 0)]


def test_strict_writes_nothing_at_all_if_one_file_has_a_problem(tmp_path):
    (tmp_path / "1.json").write_bytes(digest(row(1)))
    (tmp_path / "2.json").write_bytes(digest(row(2, title="")))
    load_files(find_files(tmp_path).files, strict=True)
    assert models.Source.objects.count() == models.Paper.objects.count() == 0
    (tmp_path / "2.json").unlink()
    load_files(find_files(tmp_path).files, strict=True)
    assert models.Source.objects.count() == 1
