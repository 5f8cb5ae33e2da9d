"""Whatever is loaded, undone and decided, in whichever order: what curators said stands, the ledger
adds up, and what is shown depends on nothing but the sources and decisions that there are."""

import random
from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, Q
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalogue.load import load, load_files, undo
from digest.curation import decisions
from digest.models import (
    Alias,
    Author,
    Category,
    Correction,
    Digest,
    Entry,
    Link,
    Merge,
    Paper,
    Placement,
    Source,
    Verdict,
)
from digest.search import index
from tests.digest.catalogue.test_load import catalogue
from tests.samples import digest, row

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def shown():
    """All that is shown: what a hidden paper was last is kept, and no part of it."""
    found = catalogue()
    visible = set(Paper.objects.visible().values_list("slug", flat=True))
    found[2] = [values for values in found[2] if values[0] in visible]
    return found


def check_ledger():
    """Each source's counts are those of its rows' verdicts, and add up to the rows of its file."""
    verdicts = [verdict for verdict in Verdict if verdict != Verdict.REJECTED]
    counted = Source.objects.annotate(
        **{
            f"with_{verdict}": Count("entries", filter=Q(entries__verdict=verdict))
            for verdict in verdicts
        }
    )
    for source in counted:
        for verdict in verdicts:
            assert getattr(source, f"with_{verdict}") == getattr(source, verdict), source.name
        assert source.rows == sum(getattr(source, verdict) for verdict in Verdict), source.name
        assert source.rejected == sum(
            problem["action"] == "row left out" for problem in source.problems
        )


def check_places():
    """Places are from 1 without a gap, numbers of papers are right, and the index is whole."""
    for found in Digest.objects.all():
        places = list(found.placements.values_list("position", flat=True))
        assert places == list(range(1, found.paper_count + 1))
    for author in Author.objects.annotate(found=Count("authorships")):
        assert author.paper_count == author.found > 0
    assert not Placement.objects.filter(paper__hidden=True).exists()
    assert index.check().is_ok


def check_corrections():
    """What is corrected is shown so, wherever the paper is shown."""
    names = Alias.shown()
    for made in Correction.objects.active().filter(paper__hidden=False).select_related("paper"):
        paper, value = made.paper, made.value
        match made.field:
            case "title" | "summary" | "authors_cut" | "hidden":
                assert getattr(paper, made.field) == value
            case "authors":
                there = [place.author.name for place in paper.authorships.all()]
                assert there == list(dict.fromkeys(names.get(name, name) for name in value))
            case "categories":
                assert [place.category.name for place in paper.classifications.all()] == value
            case "links":
                urls = set(Link.objects.filter(paper=paper).values_list("url", flat=True))
                assert urls >= {*value["add"]} - {*value["remove"]}
                assert not urls & ({*value["remove"]} - {*value["add"]})
    hidden = Correction.objects.active().filter(field="hidden", value=True)
    assert not hidden.filter(paper__hidden=False).exists()


def decide(draw, papers, by):
    """Some decision about these papers. draw: random numbers, `draw(n)` being below n."""
    papers = papers.order_by("slug")
    paper, other = (papers[draw(papers.count())] for _ in range(2))
    number = draw(1000)
    match draw(9):
        case 0:
            decisions.correct(paper, "title", f"Mine {number}", by)
        case 1:
            decisions.correct(paper, "summary", f"- Mine.\n- {number}.", by)
        case 2:
            decisions.correct(paper, "authors", [f"Author {number}", "Ada Lovelace"], by)
        case 3:
            decisions.correct(paper, "categories", ["Robotics", f"Mine {number % 3}"], by)
        case 4:
            decisions.correct(paper, "links", [f"https://example.org/{number}"], by)
        case 5:
            there = [link.url for link in paper.links.all()]
            decisions.correct(paper, "links", [*there[1:], "https://example.org/more"], by)
        case 6:
            decisions.correct(paper, "hidden", bool(number % 2), by)
        case 7:
            decisions.merge_papers(paper, other, by)
        case 8:
            names = list(Author.objects.order_by("name").values_list("name", flat=True))
            if len(names) > 1:
                decisions.merge_authors(names[draw(len(names))], names[draw(len(names))], by)


def check_empty():
    """Nothing is left but what people decided about."""
    for model in (Source, Entry, Digest, Author, Category, Placement, Link):
        assert not model.objects.exists(), model
    assert not Paper.objects.visible().exists()
    held = {
        *Correction.objects.values_list("paper", flat=True),
        *Merge.objects.values_list("paper", flat=True),
        *Merge.objects.values_list("into", flat=True),
    }
    assert set(Paper.objects.values_list("pk", flat=True)) <= held


def analyze():
    """PostgreSQL plans for empty tables, within the transaction that fills them, until told."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


@pytest.mark.sqlite
def test_many_decisions_stand_over_the_archive(shared, archive_files, curator):
    chance = random.Random(6)
    files = archive_files("six-column", 10)
    others = [shared / f"archive/json/{'/'.join(file.parts[-3:])}" for file in files]
    load_files(files)
    analyze()
    made = 0
    while made < len(files) * 4:
        with suppress(ValidationError):
            decide(chance.randrange, Paper.objects.visible(), curator)
            made += 1
    check_corrections()
    standing = set(Correction.objects.active().values_list("pk", flat=True))
    merges = Merge.objects.active().count()
    files += [file.with_suffix(".json") for file in others]
    load_files(files)
    analyze()
    check_corrections()
    chance.shuffle(files)
    assert {report.status for report in load_files(files)} == {"known"}
    after = shown()
    check_ledger()
    check_places()
    assert sum(report.merged for report in Source.objects.all()) > 0
    assert sum(report.kept for report in Source.objects.all()) > 0

    sources = list(Source.objects.defer("content"))
    chance.shuffle(sources)
    for source in sources:
        undo(source)
    check_empty()

    chance.shuffle(files)
    load_files(files)
    assert shown() == after
    assert set(Correction.objects.active().values_list("pk", flat=True)) == standing
    assert Merge.objects.active().count() == merges
    check_corrections()
    check_ledger()
    check_places()


FIRST_DAY = date(2025, 2, 3)


@st.composite
def files(draw):
    """A small digest about a few papers, on one or two days."""
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        day = FIRST_DAY + timedelta(draw(st.integers(0, 2)))
        number = draw(st.integers(1, 4))
        said = {
            "title": draw(st.sampled_from([f"Paper {number}", "Another", "Third"])),
            "authors": draw(st.sampled_from(["", "Ada Lovelace", "A B, C D", "A, B, C, D, E"])),
            "summary": draw(st.sampled_from(["", "- One.\n- Two.", "- One. - Two.", "Prose."])),
            "classification": draw(st.sampled_from([[], ["Robotics"], ["Text Generation", "X"]])),
            "github_urls": draw(st.sampled_from([[], ["https://github.com/a/b"], ["None"]])),
            "date": day.isoformat(),
        }
        rows.append(row(number, **said))
    return digest(*rows)


@given(st.lists(files(), min_size=1, max_size=4), st.data())
@settings(max_examples=settings().max_examples // 3)
def test_what_is_shown_depends_on_sources_and_decisions_alone(contents, data):
    def draw(below):
        return data.draw(st.integers(0, below - 1))

    with transaction.atomic():
        for content in contents:
            load(content, "a.json")
            for _ in range(draw(4)):
                with suppress(ValidationError):
                    decide(draw, Paper.objects.all(), None)
            check_ledger()
            check_corrections()
        for model, end in (
            (Correction, decisions.withdraw),
            (Merge, decisions.split_paper),
            (Alias, decisions.split_author),
        ):
            for decision in model.objects.active().order_by("pk"):
                if not draw(3):
                    end(decision, None)
        check_places()
        after = shown()
        for source in data.draw(st.permutations(list(Source.objects.order_by("pk")))):
            undo(source)
        check_empty()
        check_places()
        for content in data.draw(st.permutations(contents)):
            load(content, "a.json")
        assert shown() == after
        check_corrections()
        check_places()
        transaction.set_rollback(True)
