"""What the database itself refuses, whatever the code above it does."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse, set_script_prefix

from digest.catalogue.load import load
from digest.models import (
    Author,
    Authorship,
    Category,
    Classification,
    Digest,
    Entry,
    Link,
    Paper,
    Placement,
    Source,
)
from tests.catalogue import load_once
from tests.samples import digest, row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue():
    load_once((digest(row(1), row(2)), "a.json"))


def paper(**fields):
    return Paper(**{"title": "T", "slug": "t", "date": date(2025, 2, 6), "position": 3, **fields})


def one():
    return Paper.objects.get(slug="2502.00001")


@pytest.mark.parametrize(
    ("constraint", "make"),
    [
        ("slug", lambda: paper(slug="2502.00001")),
        ("slug|arxiv_id", lambda: paper(slug="2502.00001", arxiv_id="2502.00001")),
        ("paper_slug_is_arxiv_id", lambda: paper(arxiv_id="2502.00009")),
        ("paper_url_is_http", lambda: paper(url="javascript:alert(1)")),
        ("paper_has_title", lambda: paper(title="")),
        ("date", lambda: Digest(date=date(2025, 2, 6))),
        ("sha256", lambda: Source(sha256=Source.objects.get().sha256, format="json", rows=0)),
        ("sha256", lambda: source_of("2025-02-06", "2025-02-06")),
        ("source_sha256", lambda: Source(sha256="ab", format="json", rows=0)),
        ("source_format", lambda: Source(sha256="a" * 64, format="csv", rows=0)),
        ("name", lambda: Author(name="Ada Lovelace", slug="other")),
        ("slug", lambda: Author(name="Other", slug="ada-lovelace")),
        ("author_name_length", lambda: Author(name="", slug="none")),
        ("author_name_length", lambda: Author(name="x" * 201, slug="x")),
        ("author_has_slug", lambda: Author(name="x", slug="")),
        ("name", lambda: Category(name="Text Generation", slug="other")),
        ("slug", lambda: Category(name="Other", slug="text-generation")),
        ("category_name_length", lambda: Category(name="", slug="none")),
        (
            "category_area_has_no_area",
            lambda: Category(name="x", slug="x", is_area=True, area=Category.objects.first()),
        ),
        ("authorship", lambda: Authorship(paper=one(), author=Author.objects.first(), position=9)),
        ("authorship", lambda: Authorship(paper=one(), author=author(), position=1)),
        ("authorship_from_one", lambda: Authorship(paper=one(), author=author(), position=0)),
        (
            "classification",
            lambda: Classification(
                paper=one(), category=Category.objects.get(slug="text-generation"), position=9
            ),
        ),
        ("link", lambda: Link(paper=one(), url=one().links.get().url, kind="code", position=9)),
        ("link", lambda: Link(paper=one(), url="https://a.org/", kind="code", position=1)),
        ("link_kind", lambda: Link(paper=one(), url="https://a.org/", kind="", position=2)),
        ("link_is_http", lambda: Link(paper=one(), url="ftp://a.org/", kind="other", position=2)),
        ("link_is_http", lambda: Link(paper=one(), url="", kind="other", position=2)),
        ("placement", lambda: Placement(digest=Digest.objects.get(), paper=one(), position=9)),
        ("placement", lambda: Placement(digest=Digest.objects.get(), paper=other(), position=1)),
        ("entry", lambda: entry(position=1)),
        ("entry_from_one", lambda: entry(position=0)),
        ("entry_format", lambda: entry(position=9, format="csv")),
    ],
)
def test_the_database_refuses(constraint, make):
    row = make()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        row.save(force_insert=True)


def source_of(*days):
    """The last of several sources of the same bytes, one a day; the others are there already."""
    sources = [Source(sha256="a" * 64, date=day, format="json", rows=0) for day in days]
    Source.objects.bulk_create(sources[:-1])
    return sources[-1]


def author():
    return Author.objects.create(name="New One", slug="new-one")


def other():
    new = paper()
    new.save()
    return new


def entry(**fields):
    return Entry(
        **{
            "source": Source.objects.get(),
            "digest": Digest.objects.get(),
            "paper": one(),
            "format": "json",
            "line": 1,
            "record": {"title": "T"},
            **fields,
        }
    )


def test_a_paper_knows_where_it_is():
    assert one().abstract_url == "https://arxiv.org/abs/2502.00001"
    assert paper(url="https://a.org/b").abstract_url == "https://a.org/b"
    assert paper().abstract_url == ""


def test_a_name_of_one_word_is_a_handle():
    assert [Author(name=name).is_handle for name in ("lvwerra", "Ada Lovelace")] == [True, False]


def test_papers_come_newest_first_and_each_day_in_its_order(django_assert_num_queries):
    load(digest(row(4, date="2025-02-07"), row(3, date="2025-02-07"), row(1)), "b.json")
    slugs = [paper.slug for paper in Paper.objects.newest()]
    assert slugs == ["2502.00004", "2502.00003", "2502.00001", "2502.00002"]
    with django_assert_num_queries(4):
        for paper in Paper.objects.newest().for_cards():
            assert [a.author.name for a in paper.authorships.all()] == [
                "Ada Lovelace",
                "Alan Turing",
            ]
            assert [c.category.name for c in paper.classifications.all()] == ["Text Generation"]
            assert len(paper.links.all()) == 1


@pytest.mark.parametrize(
    "slug", ["2502.02737", "hep-th/9901001", "ada-lovelace", "大模型-é_1", "slug"]
)
@pytest.mark.parametrize("prefix", ["/", "/slug/"])
def test_an_address_is_what_reverse_gives(slug, prefix):
    set_script_prefix(prefix)
    try:
        assert Paper(slug=slug).get_absolute_url() == reverse("paper", args=[slug])
        if "." not in slug and "/" not in slug:
            assert Author(slug=slug).get_absolute_url() == reverse("author", args=[slug])
            assert Category(slug=slug).get_absolute_url() == reverse("category", args=[slug])
    finally:
        set_script_prefix("/")
