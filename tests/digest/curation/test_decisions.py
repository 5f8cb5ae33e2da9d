"""Corrections, merges and hiding, and that they stand whatever is loaded, and in which order."""

from datetime import date
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError

from digest.catalogue.load import load, reread, undo
from digest.catalogue.preview import FieldChange, preview
from digest.curation import decisions
from digest.models import (
    Alias,
    Author,
    Catalogue,
    Category,
    Correction,
    Difference,
    Digest,
    Entry,
    Merge,
    Paper,
    Placement,
    Source,
    Tombstone,
    Verdict,
)
from digest.search import index
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

FIRST, SECOND = "2502.00001", "2502.00002"


def paper(slug=FIRST):
    return Paper.objects.get(slug=slug)


def names(slug=FIRST):
    return [place.author.name for place in paper(slug).authorships.all()]


def urls(slug=FIRST):
    return [link.url for link in paper(slug).links.all()]


def verdicts(source):
    return {name: getattr(source, name) for name in Verdict.values if getattr(source, name)}


@pytest.fixture(autouse=True)
def _two_papers():
    load(digest(row(1), row(2, authors="Grace Hopper")), "a.json")


# Corrections


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("title", "  A better\n title ", "A better title"),
        ("summary", "- Only this.", "- Only this."),
        ("authors", ["Grace Hopper", "Ada Lovelace"], ["Grace Hopper", "Ada Lovelace"]),
        ("authors", [], []),
        ("authors_cut", True, True),
        ("categories", ["robotics", "Mine"], ["Robotics", "Mine"]),
        ("links", ["https://example.org/a"], ["https://example.org/a"]),
        ("links", [], []),
        ("links", ["https://github.com/lab/code-1", "https://b.org"], None),
        ("hidden", True, True),
    ],
)
def test_a_correction_is_shown_and_stands_until_it_is_withdrawn(field, value, shown, curator):
    before = snapshot()
    made = decisions.correct(paper(), field, value, curator, "because")
    assert (made.made_by, made.why, made.is_active) == (curator, "because", True)
    expected = value if shown is None else shown
    assert shown_of(field) == expected
    load(digest(row(1, date="2025-02-07", title="Later", summary="Later.")), "b.json")
    load(digest(row(1, date="2025-02-05", authors="Nobody Else")), "c.json")
    assert shown_of(field) == expected
    assert index.check().is_ok
    for source in Source.objects.exclude(name="a.json"):
        undo(source)
    assert shown_of(field) == expected
    decisions.withdraw(made, curator)
    assert snapshot() == before
    made.refresh_from_db()
    assert made.ended_by == curator


def shown_of(field):
    match field:
        case "authors":
            return names()
        case "categories":
            return [place.category.name for place in paper().classifications.all()]
        case "links":
            return urls()
    return getattr(paper(), field)


def snapshot():
    """All that is shown."""
    return [
        list(Digest.objects.values_list("date", "paper_count")),
        list(
            Placement.objects.order_by("digest", "position").values_list(
                "digest__date", "position", "paper__slug"
            )
        ),
        [
            (
                *(one.slug, one.title, one.summary, one.authors_cut, one.date, one.position),
                *(names(one.slug), urls(one.slug)),
                [place.category.name for place in one.classifications.all()],
            )
            for one in Paper.objects.visible().order_by("slug")
        ],
        list(Author.objects.values_list("name", "paper_count")),
        list(Category.objects.values_list("name", "paper_count")),
    ]


def test_another_correction_takes_the_place_of_the_first(curator):
    first = decisions.correct(paper(), "title", "One", curator)
    second = decisions.correct(paper(), "title", "Two", curator)
    first.refresh_from_db()
    assert (first.is_active, second.is_active, paper().title) == (False, True, "Two")
    assert decisions.correct(paper(), "title", "Two", curator) == second
    assert [c.value for c in Correction.objects.all()] == ["Two", "One"]
    # What the sources say by themselves ends it.
    assert decisions.correct(paper(), "title", "Paper 1", curator) is None
    assert not Correction.objects.active().exists()
    assert paper().title == "Paper 1"


def test_a_list_of_five_that_a_curator_gave_is_whole(curator):
    load(digest(row(1, date="2025-02-07", authors="A B, C D, E F, G H, I J")), "b.json")
    assert paper().authors_cut is True
    decisions.correct(paper(), "authors", ["A B", "C D", "E F", "G H", "K L"], curator)
    assert paper().authors_cut is False


def test_a_new_link_is_let_in_where_links_were_corrected(curator):
    decisions.correct(paper(), "links", ["https://example.org/mine"], curator)
    both = ["https://github.com/lab/code-1", "https://github.com/lab/new"]
    load(digest(row(1, date="2025-02-07", github_urls=both)), "b.json")
    assert urls() == ["https://github.com/lab/new", "https://example.org/mine"]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("title", " \n ", "A paper has a title."),
        ("title", "x" * 1001, "At most 1,000 characters, and this has 1,001."),
        ("authors", ["x" * 201], "At most 200 characters, and this has 201."),
        ("links", ["javascript:alert(1)"], "No http or https link: javascript:alert(1)"),
        ("date", "2025", "date cannot be corrected."),
    ],
)
def test_what_cannot_be_shown_is_refused(field, value, message, curator):
    with pytest.raises(ValidationError) as error:
        decisions.correct(paper(), field, value, curator)
    assert error.value.messages == [message]
    assert not Correction.objects.exists()


def test_a_paper_that_is_gone_meanwhile_is_not_decided_upon(curator):
    before, other = paper(), paper(SECOND)
    undo(Source.objects.get())
    for decide in (
        lambda: decisions.correct(before, "hidden", True, curator),
        lambda: decisions.correct(before, "title", "Mine", curator),
        lambda: decisions.merge_papers(before, other, curator),
    ):
        with pytest.raises(ValidationError, match="A paper no longer exists"):
            decide()
    assert not Correction.objects.exists()
    assert not Merge.objects.exists()


def test_a_hidden_paper_is_nowhere_and_its_neighbours_move_up(curator):
    decisions.correct(paper(), "hidden", True, curator)
    assert list(Placement.objects.values_list("paper__slug", "position")) == [(SECOND, 1)]
    assert Digest.objects.get().paper_count == 1
    assert paper(SECOND).position == 1
    assert list(Author.objects.values_list("name", flat=True)) == ["Grace Hopper"]
    assert Tombstone.objects.get().slug == FIRST
    assert index.check().is_ok
    decisions.withdraw(Correction.objects.get(), curator)
    assert not Tombstone.objects.exists()
    assert paper(SECOND).position == 2


def test_where_each_field_comes_from(curator):
    later = row(1, date="2025-02-07", title="Later", authors="", summary="")
    load(digest(later), "b.json", curator.pk)
    made = decisions.correct(paper(), "summary", "Mine.", curator, "why")
    found = decisions.provenance(paper())
    first, second = Source.objects.order_by("pk")
    assert {
        field: (origin.theirs, origin.source, origin.day, origin.correction)
        for field, origin in found.items()
    } == {
        "title": ("Later", second, date(2025, 2, 7), None),
        "summary": ("- First point of 1.\n- Second point.", first, date(2025, 2, 6), made),
        "abstract": ("", None, None, None),
        "authors": (["Ada Lovelace", "Alan Turing"], first, date(2025, 2, 6), None),
        "authors_cut": (False, None, None, None),
        "categories": (["Text Generation"], second, date(2025, 2, 7), None),
        "keywords": ([], None, None, None),
        "links": (["https://github.com/lab/code-1"], None, None, None),
        "comment": ("", None, None, None),
        "doi": ("", None, None, None),
        "hidden": (False, None, None, None),
    }
    decisions.correct(paper(), "links", ["https://a.org"], curator)
    decisions.correct(paper(), "hidden", True, curator)
    assert {field: origin.shown for field, origin in decisions.provenance(paper()).items()} == {
        "title": "Later",
        "summary": "Mine.",
        "abstract": "",
        "authors": ["Ada Lovelace", "Alan Turing"],
        "authors_cut": False,
        "categories": ["Text Generation"],
        "keywords": [],
        "links": ["https://a.org"],
        "comment": "",
        "doi": "",
        "hidden": True,
    }


# The ledger


def test_every_row_has_a_verdict(curator):
    decisions.correct(paper(SECOND), "title", "Mine", curator)
    content = digest(
        *(row(number, date="2025-02-07") for number in (1, 2, 3)),
        row(3, date="2025-02-08"),
        row(1, date="2025-02-08", title="Changed"),
        {"title": "", "date": "2025-02-07"},
        {"title": "x" * 2000, "date": "2025-02-07"},
    )
    report = load(content, "b.json")
    source = Source.objects.get(name="b.json")
    assert verdicts(source) == {"changed": 2, "kept": 1, "new": 1, "unchanged": 1, "rejected": 2}
    assert source.rows == 7
    assert report.verdicts == {"merged": 0} | verdicts(source)
    assert list(source.entries.values_list("position", "verdict")) == [
        *((1, "changed"), (2, "kept"), (3, "new"), (4, "unchanged"), (5, "changed")),
    ]


def test_undoing_the_only_source_leaves_nothing():
    undo(Source.objects.get())
    for model in (Source, Entry, Digest, Paper, Author, Category, Placement):
        assert not model.objects.exists(), model
    assert list(Tombstone.objects.order_by("slug").values_list("slug", flat=True)) == [
        FIRST,
        SECOND,
    ]
    assert index.check().is_ok


def test_undoing_a_source_is_as_if_it_had_never_been_loaded():
    before = snapshot()
    later = [row(n, date="2025-02-05", title=f"Other {n}", authors="X Y") for n in (2, 3)]
    load(digest(*later, row(1, title="Again", date="2025-02-06")), "b.json")
    assert paper(SECOND).date == date(2025, 2, 5)
    undo(Source.objects.get(name="b.json"))
    assert snapshot() == before


def test_what_was_corrected_is_hidden_and_comes_back(curator):
    decisions.correct(paper(), "title", "Mine", curator)
    undo(Source.objects.get())
    assert list(Paper.objects.values_list("slug", "hidden", "title")) == [(FIRST, True, "Mine")]
    assert not Author.objects.exists()
    with pytest.raises(ValidationError, match="No source has this paper any longer"):
        decisions.correct(paper(), "summary", "Mine.", curator)
    report = load(digest(row(1), row(2)), "b.json")
    assert (report.new, paper().title, paper().hidden) == (2, "Mine", False)


def test_a_file_is_read_again_as_today(curator):
    source = Source.objects.get()
    # As an older reader had left it.
    Entry.objects.filter(paper__slug=SECOND).delete()
    Paper.objects.filter(slug=FIRST).update(title="Broken")
    Source.objects.update(new=1, rows=1)
    key = paper().pk
    report = reread(source, curator.pk)
    assert (report.status, report.new, paper().pk) == ("loaded", 2, key)
    assert (paper().title, paper(SECOND).title) == ("Paper 1", "Paper 2")
    again = Source.objects.get()
    assert (again.rows, again.loaded_by) == (2, curator)
    assert bytes(again.content) == bytes(source.content)


def test_what_a_file_no_longer_says_to_todays_reader_is_gone(curator):
    # As if an older reader had found a row there that is none.
    source = Source.objects.get()
    source.content = digest(row(1))
    source.save()
    reread(source, curator.pk)
    assert list(Paper.objects.values_list("slug", flat=True)) == [FIRST]
    assert Digest.objects.get().paper_count == 1
    assert not Author.objects.filter(name="Grace Hopper").exists()
    assert index.check().is_ok


def test_a_file_that_cannot_be_read_any_longer_stays(curator):
    Source.objects.update(content=b"nothing")
    before = snapshot()
    assert reread(Source.objects.get(), curator.pk).status == "unreadable"
    assert snapshot() == before
    assert Source.objects.get().entries.count() == 2


def test_a_preview_tells_all_and_writes_nothing(curator):
    decisions.correct(paper(SECOND), "title", "Mine", curator)
    before = snapshot()
    content = digest(
        row(1, title="New title", date="2025-02-07", authors="Ada Lovelace"),
        row(2, title="Theirs", date="2025-02-07", authors=""),
        row(3, date="2025-02-07", summary=""),
    )
    seen = preview(content, "b.json")
    assert snapshot() == before
    assert not Difference.objects.exists()
    assert (seen.report.new, seen.report.changed) == (1, 1)
    both = ["2025-02-06", "2025-02-07"]
    assert seen.changes == [
        FieldChange(FIRST, "Paper 1", "title", "Paper 1", "New title"),
        FieldChange(FIRST, "Paper 1", "authors", ["Ada Lovelace", "Alan Turing"], ["Ada Lovelace"]),
        FieldChange(FIRST, "Paper 1", "digests", ["2025-02-06"], both),
        FieldChange(SECOND, "Mine", "digests", ["2025-02-06"], both),
        FieldChange("2502.00003", "Paper 3", "title", None, "Paper 3"),
        FieldChange("2502.00003", "Paper 3", "authors", None, ["Ada Lovelace", "Alan Turing"]),
        FieldChange("2502.00003", "Paper 3", "categories", None, ["Text Generation"]),
        FieldChange("2502.00003", "Paper 3", "links", None, ["https://github.com/lab/code-3"]),
        FieldChange("2502.00003", "Paper 3", "digests", None, ["2025-02-07"]),
    ]


# Differences


def test_a_source_that_disagrees_files_a_difference_once(curator):
    made = decisions.correct(paper(), "title", "Mine", curator)
    # It was this that was corrected.
    load(digest(row(1, date="2025-02-07")), "b.json")
    assert not Difference.objects.exists()
    load(digest(row(1, date="2025-02-08", title="Theirs")), "c.json")
    load(digest(row(1, date="2025-02-09", title="Theirs")), "d.json")
    difference = Difference.objects.get()
    assert (difference.correction, difference.source.name) == (made, "c.json")
    assert (difference.theirs, difference.settled) == ("Theirs", "")
    assert paper().title == "Mine"


@pytest.mark.parametrize(
    ("field", "value", "said", "differs"),
    [
        ("summary", "- Mine.", {"summary": "-   Mine."}, False),
        ("summary", "- Mine.", {"summary": ""}, False),
        ("authors", list("abcdefg"), {"authors": "a, b, c, d, e"}, False),
        ("authors", list("abcdefg"), {"authors": "a, b, c, d, f"}, True),
        ("authors", list("abcdefg"), {"authors": "a, b"}, True),
        ("categories", ["Robotics"], {"classification": ["Other"]}, True),
        ("categories", ["Robotics"], {"classification": []}, False),
        ("links", [], {"github_urls": ["https://github.com/lab/code-1"]}, False),
        ("authors_cut", True, {"authors": "a"}, False),
        ("hidden", True, {}, False),
    ],
)
def test_what_differs(field, value, said, differs, curator):
    decisions.correct(paper(), field, value, curator)
    load(digest(row(1, date="2025-02-07", **said)), "b.json")
    assert Difference.objects.exists() is differs


@pytest.mark.parametrize(
    ("how", "value", "title", "standing"),
    [
        ("kept", None, "Mine", ["Mine"]),
        ("taken", None, "Theirs", []),
        ("edited", "Third", "Third", ["Third"]),
    ],
)
def test_a_difference_is_settled_once(how, value, title, standing, curator):
    decisions.correct(paper(), "title", "Mine", curator)
    load(digest(row(1, date="2025-02-07", title="Theirs")), "b.json")
    difference = Difference.objects.get()
    decisions.settle(difference, how, curator, value)
    difference.refresh_from_db()
    assert (difference.settled, difference.settled_by, paper().title) == (how, curator, title)
    assert [c.value for c in Correction.objects.active()] == standing
    with pytest.raises(ValidationError, match="settled already"):
        decisions.settle(difference, "kept", curator)


def test_what_an_older_day_says_is_taken_though_sources_say_else(curator):
    load(digest(row(1, date="2025-02-07", title="Newest")), "b.json")
    decisions.correct(paper(), "title", "Mine", curator)
    load(digest(row(1, date="2025-02-01", title="Oldest")), "c.json")
    decisions.settle(Difference.objects.get(), "taken", curator)
    assert paper().title == "Oldest"
    assert Correction.objects.active().get().value == "Oldest"


# Papers that are one


def test_a_merged_paper_is_the_other_and_splits_again(curator):
    load(digest(row(3, date="2025-02-05", title="Third")), "b.json")
    before = snapshot()
    merge = decisions.merge_papers(paper(), paper(SECOND), curator, "same")
    assert [slug for slug, *_ in snapshot()[2]] == [SECOND, "2502.00003"]
    assert paper().hidden
    assert urls(SECOND) == ["https://github.com/lab/code-1", "https://github.com/lab/code-2"]
    assert Digest.objects.get(date="2025-02-06").paper_count == 1
    assert Merge.ends([FIRST, SECOND]) == {FIRST: SECOND}
    assert Tombstone.objects.get().slug == FIRST
    # A later load follows.
    load(digest(row(1, date="2025-02-09", title="Latest")), "c.json")
    source = Source.objects.get(name="c.json")
    assert (verdicts(source), paper(SECOND).title) == ({"merged": 1}, "Latest")
    decisions.split_paper(merge, curator)
    assert (paper().title, paper(SECOND).title) == ("Latest", "Paper 2")
    undo(source)
    assert snapshot() == before
    assert index.check().is_ok


@pytest.mark.slow
def test_merges_of_merges_split_in_any_order(curator):
    load(digest(row(3, date="2025-02-05"), row(4, date="2025-02-05")), "b.json")
    chain = [FIRST, SECOND, "2502.00003", "2502.00004"]
    before = snapshot()
    for order in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        merges = [
            decisions.merge_papers(paper(one), paper(into), curator)
            for one, into in pairwise(chain)
        ]
        assert Merge.ends([FIRST]) == {FIRST: chain[-1]}
        for number in order:
            decisions.split_paper(merges[number], curator)
        assert snapshot() == before
    with pytest.raises(ValidationError, match="is no longer in force"):
        decisions.split_paper(merges[0], curator)


def test_what_cannot_be_merged(curator):
    with pytest.raises(ValidationError, match="the same paper already"):
        decisions.merge_papers(paper(), paper(), curator)
    decisions.merge_papers(paper(), paper(SECOND), curator)
    for pair in ((FIRST, SECOND), (SECOND, FIRST)):
        with pytest.raises(ValidationError, match="merged into another paper already"):
            decisions.merge_papers(*map(paper, pair), curator)
    with pytest.raises(ValidationError, match="No source has this paper"):
        decisions.correct(paper(), "title", "Mine", curator)


def test_the_old_addresses_lead_to_the_other_paper(client, curator):
    decisions.merge_papers(paper(), paper(SECOND), curator)
    for path, to in [
        (f"/papers/{FIRST}/", f"/papers/{SECOND}/"),
        (f"/papers/{FIRST}.bib", f"/papers/{SECOND}.bib"),
    ]:
        answer = client.get(path)
        assert (answer.status_code, answer.url) == (302, to)
    assert client.get(f"/api/v1/papers/{FIRST}/").json()["id"] == SECOND
    decisions.correct(paper(SECOND), "hidden", True, curator)
    assert client.get(f"/papers/{SECOND}/").status_code == 404
    assert client.get(f"/papers/{SECOND}.bib").status_code == 404
    assert client.get(f"/api/v1/papers/{SECOND}/").status_code == 404


def test_a_hidden_paper_is_told_of_nowhere(client, curator):
    decisions.correct(paper(), "hidden", True, curator)
    assert client.get(f"/abs/{FIRST}").url == f"https://arxiv.org/abs/{FIRST}"
    assert client.get("/papers/", {"q": FIRST}).status_code == 200
    for path in ("/sitemap-papers-0.xml", "/papers.bib", "/papers.atom", "/digests.atom"):
        body = b"".join(client.get(path))
        assert FIRST.encode() not in body, path
        assert SECOND.encode() in body, path
    answer = client.post("/api/v1/papers/lookup/", {"ids": [FIRST, SECOND]}, "application/json")
    told = [found["paper"] and found["paper"]["id"] for found in answer.json()["results"]]
    assert told == [None, SECOND]


def test_a_merged_paper_is_told_of_as_the_other(client, curator):
    decisions.merge_papers(paper(), paper(SECOND), curator)
    led = client.get(f"/abs/{FIRST}", follow=True)
    assert (led.status_code, led.redirect_chain[-1]) == (200, (f"/papers/{SECOND}/", 302))
    answer = client.post("/api/v1/papers/lookup/", {"ids": [FIRST]}, "application/json")
    assert [found["paper"]["id"] for found in answer.json()["results"]] == [SECOND]


def test_a_row_of_the_index_that_a_hidden_paper_left_is_found_and_mended():
    Paper.objects.filter(slug=FIRST).update(hidden=True)
    assert index.check().stale == 1
    assert index.check(repair=True).stale == 1
    assert index.check().is_ok


# Authors who are one


def test_a_name_stands_for_another_and_splits_again(curator, client):
    before = snapshot()
    alias = decisions.merge_authors("Grace Hopper", "Ada Lovelace", curator, "same")
    assert names(SECOND) == ["Ada Lovelace"]
    assert list(Author.objects.values_list("name", "paper_count")) == [
        ("Ada Lovelace", 2),
        ("Alan Turing", 1),
    ]
    load(digest(row(3, authors="Grace Hopper, Ada Lovelace", date="2025-02-07")), "b.json")
    assert names("2502.00003") == ["Ada Lovelace"]
    answer = client.get("/authors/grace-hopper/")
    assert (answer.status_code, answer.url) == (302, "/authors/ada-lovelace/")
    decisions.split_author(alias, curator)
    assert names("2502.00003") == ["Grace Hopper", "Ada Lovelace"]
    undo(Source.objects.get(name="b.json"))
    assert snapshot() == before
    assert index.check().is_ok


def test_names_of_names(curator):
    first = decisions.merge_authors("Grace Hopper", "G. Hopper", curator)
    second = decisions.merge_authors("G. Hopper", "Hopper", curator)
    assert names(SECOND) == ["Hopper"]
    for name, into, message in [
        ("Hopper", "Grace Hopper", "the same author already"),
        ("Hopper", "Hopper", "the same author already"),
        ("Grace Hopper", "Ada Lovelace", "Grace Hopper stands for Hopper already"),
        ("Ada Lovelace", " ", "Enter both names"),
    ]:
        with pytest.raises(ValidationError, match=message):
            decisions.merge_authors(name, into, curator)
    decisions.split_author(first, curator)
    assert names(SECOND) == ["Grace Hopper"]
    decisions.split_author(second, curator)
    assert not Alias.objects.active().exists()


# Several at once


def test_several_papers_are_corrected_at_once_or_none(curator):
    both = [
        (paper(), "categories", ["Robotics"]),
        (paper(SECOND), "categories", ["Text Generation"]),
    ]
    made, needless = decisions.correct_all(lambda: both, curator, "why")
    assert (made.value, made.why, needless) == (["Robotics"], "why", None)
    assert shown_of("categories") == ["Robotics"]
    before = Catalogue.current().revision
    decisions.correct_all(lambda: both[:1], curator)
    assert Catalogue.current().revision == before
    merge = decisions.merge_papers(paper(SECOND), paper(), curator)
    with pytest.raises(ValidationError, match="No source has this paper"):
        decisions.correct_all(
            lambda: [(each, "categories", ["Other"]) for each in (paper(), merge.paper)], curator
        )
    assert list(Correction.objects.active()) == [made]
    assert index.check().is_ok


def test_a_corrected_list_is_cut_only_if_that_is_corrected_too(curator):
    load(digest(row(1, date="2025-02-07", authors="A B, C D, E F, G H, I J")), "b.json")
    assert decisions.correct(paper(), "authors_cut", True, curator) is None
    decisions.correct(paper(), "authors", ["A B", "C D"], curator)
    assert not paper().authors_cut
    assert decisions.correct(paper(), "authors_cut", True, curator).was is True
    assert paper().authors_cut


def test_one_correction_ends_when_the_next_is_made(curator):
    first = decisions.correct(paper(), "title", "One", curator)
    second = decisions.correct(paper(), "title", "Two", curator)
    first.refresh_from_db()
    assert first.ended_at == second.made_at
