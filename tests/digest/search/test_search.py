from hashlib import sha256

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from digest import search
from digest.catalogue.load import load
from digest.curation import decisions
from digest.formats import Format
from digest.models import Category, Paper, SearchText
from digest.search import Results, index, matching, parse
from digest.search.databases import current_database
from digest.search.nodes import AllOf, Not, Tag
from tests.catalogue import load_once
from tests.samples import digest, hugging_face, hugging_face_paper, in_format, row

pytestmark = pytest.mark.django_db


def slugs(text, order="best"):
    return [paper.slug[-2:] for paper in Results(parse(text), order)]


@pytest.fixture
def papers():
    load_once(
        (
            digest(
                row(1, title="Diffusion models", summary="- Nothing of note."),
                row(
                    2, title="On images", summary="- A diffusion of models.", authors="Grace Hopper"
                ),
                row(
                    3,
                    title="On sound",
                    authors="Diffusion Jones",
                    github_urls=[],
                    summary="- Text-to-speech.",
                ),
                row(
                    4,
                    title="Diffusers",
                    summary="- GPT-4o and Éclair.",
                    classification=["Robotics"],
                ),
                row(5, title="Old diffusion", date="2024-03-01", summary="- Nothing of note."),
                row(
                    6, title="$\\text{Net}^2$: 大模型", summary="- y", authors="", classification=[]
                ),
            ),
            "a.json",
        )
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # Title before authors before summary, the word as it was typed before others, newer first.
        ("diffusion", ["01", "05", "03", "02", "04"]),
        ("diffusions", ["04", "01", "05", "02"]),
        ('"diffusion"', ["01", "05", "03", "02"]),
        ("model", ["01", "02"]),
        ('"model"', []),
        ('title:"model"', []),
        ("title:model", ["01"]),
        ("diffusion models", ["01", "02"]),
        ('"diffusion models"', ["01"]),
        ('"models diffusion"', []),
        ("diffusion -models", ["05", "03", "04"]),
        ('diffusion -"diffusion models"', ["05", "03", "02", "04"]),
        ('"diffusion models" OR title:"on sound" OR category:robotics', ["01", "03", "04"]),
        ('-"diffusion models" -"on sound"', ["02", "04", "06", "05"]),
        ("-diffusion", ["06"]),
        ("hopper OR nobody", ["02"]),
        ("title:diffusion", ["01", "05", "04"]),
        ('title:"diffusion"', ["01", "05"]),
        ("author:diffusion", ["03"]),
        ("author:nobody", []),
        ("category:robotics", ["04"]),
        ('category:"text generation"', ["01", "02", "03", "05"]),
        ("category:text-generation -has:code", ["03"]),
        ('area:"natural language processing"', ["01", "02", "03", "05"]),
        ("area:robotics", ["01", "02", "03", "04", "06", "05"]),
        ("has:code on", ["02"]),
        ("date:2024", ["05"]),
        ("date:2025-02-06..", ["01", "02", "03", "04", "06"]),
        ("date:..2024-02", []),
        ("arxiv:2502.00004", ["04"]),
        ("[2502.00004] As another version calls it", ["04"]),
        ("arXiv:2502.00004 [cs.CL] has:code", ["04"]),
        ("diffusers 2502.99999", ["04", "01", "05", "02"]),
        ("link:lab/code-4", ["04"]),
        ("link:lab/code", []),
        ("https://github.com/lab/code-4/tree/main", ["04"]),
        ("https://huggingface.co/lab/code-4", []),
        ("Lab/code-4", ["04"]),
        ("diffusers lab/code-4", ["04"]),
        ("gpt4o", ["04"]),
        ("gpt-4", ["04"]),
        ("eclair", ["04"]),
        ("ÉCLAIR", ["04"]),
        ("net2", ["06"]),
        ("Net^2", ["06"]),
        ("模型", ["06"]),
        ("型模", []),
        ("texttospeech", ["03"]),
        ("zebra", []),
    ],
)
def test_a_query_finds_just_its_papers_in_order(papers, text, found):
    assert slugs(text) == found
    assert Results(parse(text)).count == len(found)


def test_the_last_word_may_go_on_where_no_paper_has_it(papers):
    assert sorted(slugs("diff")) == ["01", "02", "03", "04", "05"]
    assert slugs("diff models") == []
    assert sorted(slugs("hopper OR jon")) == ["02", "03"]
    # Papers have "models": those that begin so are none of them.
    load(digest(row(9, title="Modelling"), row(10, title="Modelsim")), "b.json")
    assert slugs("models") == ["01", "02", "09"]


@pytest.mark.parametrize("text", ["title:diffusion", "diff", "models", "author:diff"])
def test_a_filter_only_narrows(papers, text):
    every = slugs(text)
    for narrower in ("date:2025", "has:code", "-zebra", "date:2024"):
        for both in (f"{text} {narrower}", f"{narrower} {text}"):
            assert {*slugs(both)} <= {*every}


def test_the_newest_come_first_when_asked_so(papers):
    assert slugs("diffusion", "newest") == ["01", "02", "03", "04", "05"]
    assert slugs("", "best") == ["01", "02", "03", "04", "06", "05"]


def test_many_matches_are_in_tiers_and_every_slice_is_the_same_list(papers, monkeypatch):
    titles = {n: f"T{n} common" if n % 3 == 0 else f"T{n}" for n in range(20, 60)}
    rows = [row(n, title=title, summary="- common") for n, title in titles.items()]
    by = row(90, title="z", authors="Common Man", summary="- z", date="2023-01-01")
    load(digest(*rows, by), "b.json")
    ranked = set(slugs("common"))
    monkeypatch.setattr(search, "RANKED", 10)
    whole = slugs("common")
    with_title = [f"{n}" for n in titles if n % 3 == 0]
    assert whole[:15] == [*with_title, "90", "20"]
    assert len(whole) == len(set(whole)) == 41
    assert set(whole) == ranked
    results = Results(parse("common"), "best")
    for start in range(0, 45, 7):
        assert [p.slug[-2:] for p in results[start : start + 7]] == whole[start : start + 7]


def test_counts_stop_where_nobody_reads_on(papers, monkeypatch):
    monkeypatch.setattr(search, "COUNTED", 3)
    assert Results(parse("")).count == 3


def test_facets_count_the_tags_of_the_matches(papers):
    counts, is_exact = Results(parse("diffusion")).facets()
    assert is_exact
    assert (counts["kcode"], counts["d2024"], counts["d2025"], counts["every"]) == (4, 1, 4, 5)


def test_a_phrase_is_within_one_column(papers):
    load(digest(row(8, title="Deep Otter", authors="Jane Doe", summary="- Ends here.")), "b.json")
    for phrase in ('"otter jane"', "otter-jane", '"doe ends"'):
        assert slugs(phrase) == []
    for phrase in ('"deep otter"', '"jane doe"', "deep-otter", '"ends here"', "title:deep-ott"):
        assert slugs(phrase) == ["08"]


def test_any_number_of_things_may_be_refused(papers):
    # Keys that no category gets, however many tests came before: PostgreSQL gives none twice.
    node = AllOf(tuple(Not(Tag(f"c{n}")) for n in range(10**12, 10**12 + 1000)))
    assert len(index.newest(node, 100)) == 6


def test_a_category_is_found_by_its_slug_before_another_that_looks_alike(papers):
    Category.objects.filter(slug="robotics").update(name="Robotics!", slug="robotics-0a1b2c3d")
    Category.objects.create(name="Robotics", slug="other-robotics")
    Category.objects.create(name="odd", slug="robotics")
    odd = Category.objects.get(slug="robotics")
    assert parse("category:robotics").node.nodes == (Tag(f"c{odd.pk}"),)


def test_a_later_load_changes_what_is_found(papers):
    load(digest(row(1, title="Renamed", date="2025-03-01", authors="B C", summary="- n")), "b.json")
    assert slugs("title:diffusion") == ["05", "04"]
    assert slugs("renamed") == ["01"]
    assert "01" not in slugs("lovelace")
    assert index.check().is_ok


def test_what_moves_in_a_digest_keeps_its_order(papers):
    load(digest(row(7, title="First"), row(1)), "0" * 3 + ".json")
    assert index.check() == index.Health(papers=7, stale=0, agrees=True)
    assert slugs("", "newest") == [p.slug[-2:] for p in Paper.objects.newest()]


def test_the_check_finds_and_mends_a_row_that_is_wrong_missing_or_too_many(papers):
    SearchText.objects.filter(paper__slug="2502.00001").update(title="zebra")
    SearchText.objects.filter(paper__slug="2502.00002").delete()
    assert slugs("zebra") == ["01"]
    with pytest.raises(CommandError, match="6 papers, 2 out of date; the index agrees with them"):
        call_command("check_search_index", dry_run=True)
    call_command("check_search_index", verbosity=0)
    assert slugs("zebra") == []
    assert slugs("title:images") == ["02"]
    assert index.check().is_ok


@pytest.mark.sqlite
def test_the_check_finds_dropped_triggers_and_a_wrong_index(papers):
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER digest_searchtext_delete")
    assert not index.check().is_ok
    assert not index.check(repair=True).is_ok
    assert index.check().is_ok
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO digest_searchindex"
            " (digest_searchindex, rowid, title, authors, summary, tags, title_stems,"
            " summary_stems) SELECT 'delete', id, title, authors, summary, tags, title_stems,"
            " summary_stems FROM digest_searchtext"
        )
    assert slugs("diffusion OR diffusers") == []
    assert index.check(repair=True).agrees is False
    assert slugs('"diffusion"') == ["01", "05", "03", "02"]


@pytest.mark.postgresql
def test_the_check_finds_a_dropped_index(papers):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP INDEX digest_searchindex")
    assert index.check(repair=True).agrees is False
    assert slugs('"diffusion"') == ["01", "05", "03", "02"]


@pytest.mark.parametrize("text", ["diffusion", "on", '"diffusion models"', "date:2025", ""])
def test_the_newest_are_found_among_however_few_they_are_looked_for(papers, text):
    node = parse(text).node
    every = index.newest(node, 100, likely_among=0)
    assert every == sorted(every, reverse=True)
    for most in range(1, 7):
        for among in range(4):
            assert index.newest(node, most, likely_among=among) == every[:most]


@pytest.mark.postgresql
def test_the_newest_of_old_days_are_not_looked_for_among_newer_papers(
    papers, django_assert_num_queries
):
    node = parse("diffusion date:2024").node
    with django_assert_num_queries(1):
        assert len(index.newest(node, 1, likely_among=1)) == 1


def test_a_word_may_be_of_any_length(papers):
    long = "".join(sha256(bytes([n])).hexdigest() for n in range(70))
    load(digest(row(77, title="Long", summary=f"- {long} x{long}é")), "long.json")
    assert slugs(long[:2000]) == slugs(f'"x{long[:199]}"') == ["77"]
    assert slugs(long[:2000], order="newest") == ["77"]
    assert slugs(long[1:2000]) == []
    assert index.check().is_ok


def test_a_migration_leaves_the_index_whole(papers):
    with connection.cursor() as cursor:
        for statement in current_database().drop:
            cursor.execute(statement)
    SearchText.objects.filter(
        paper__slug="2502.00002"
    ).delete() if connection.vendor != "sqlite" else None
    index.after_migrate()
    assert index.check().is_ok
    assert slugs('"diffusion"') == ["01", "05", "03", "02"]


def test_a_deleted_paper_is_not_found(papers):
    Paper.objects.get(slug="2502.00001").entries.all().delete()
    Paper.objects.get(slug="2502.00001").delete()
    assert slugs('"diffusion"') == ["05", "03", "02"]
    assert index.check().is_ok


def test_the_number_of_queries_is_fixed(papers, django_assert_num_queries):
    Results().facets()
    for text in ("lovelace", "diffusion", "diffusion -models OR has:code"):
        with django_assert_num_queries(1):  # how many papers have its words
            query = parse(text)
        with django_assert_num_queries(1):
            results = Results(query, "best")
            assert results.count >= 0
        with django_assert_num_queries(3):
            results.facets()
    with django_assert_num_queries(2):
        parse("category:robotics category:audio")


def test_what_has_all_matches_is_not_followed_by_what_has_more(
    papers, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(search, "RANKED", 0)
    for text, stop, levels in (("diffusion", 3, 1), ("diffusion", 4, 2), ("diffusion", 25, 2)):
        results = Results(parse(text), "best")
        assert results.count == 5
        with django_assert_num_queries(levels):
            results._keys(0, stop)


words = st.sampled_from(["diffusion", "models", "on", "x", "gpt-4o", "大模型", "zebra", "net2"])
fields = st.sampled_from(["", "title:", "author:"])
terms = st.builds(
    lambda minus, field, word, quoted: (
        f'{minus}{field}"{word}"' if quoted else f"{minus}{field}{word}"
    ),
    st.sampled_from(["", "", "-"]),
    fields,
    words,
    st.booleans(),
) | st.sampled_from(
    ["has:code", "-has:code", "date:2024", "category:robotics", "OR", "arxiv:2502.00004"]
)


@given(text=st.lists(terms, max_size=5).map(" ".join))
def test_every_order_and_way_of_asking_finds_the_same_papers(papers, text):
    results = Results(parse(text), "best")
    best = [paper.pk for paper in results]
    newest = [paper.pk for paper in Results(parse(text), "newest")]
    assert sorted(best) == sorted(newest)
    assert len(set(best)) == len(best) == results.count
    assert [paper.pk for paper in results[0:100]] == best
    assert results.facets().counts["every"] == len(best)


@given(text=st.text() | st.text("\"'*():^&|!<>-{}\\ aO R.%_", max_size=30))
@pytest.mark.slow
def test_no_text_is_an_error_in_the_database(papers, text):
    Results(parse(text.replace("\0", "")), "best")[0:5]


@pytest.mark.parametrize("text", ["diffusion", "-diffusion", "", "nobody"])
def test_all_that_match_narrow_a_queryset_down(papers, text):
    query = parse(text)
    found = Paper.objects.filter(pk__in=matching(query))
    assert {*found} == {*Results(query)}


def test_abstracts_keywords_and_codes_of_categories_are_searched():
    load(hugging_face(hugging_face_paper(1), hugging_face_paper(2, summary="Zebras.")), "a.json")
    load(in_format(Format.ARXIV_OAI, 3), "b.xml")
    assert slugs("zebras") == ["02"]
    assert slugs('"attention, learning" -zebras') == ["01"]
    assert slugs("category:cs.CL") == slugs("category:cs-cl") == slugs("area:arxiv") == ["03"]
    assert slugs("paper", "upvotes") == ["02", "01", "03"]
    assert index.check().is_ok


def test_those_with_most_upvotes_come_first_and_newer_ones_before_others(curator):
    def paper(number, upvotes, day):
        return hugging_face_paper(number, upvotes=upvotes, submittedOnDailyAt=day)

    load(
        hugging_face(
            paper(1, 5, "2025-02-06"),
            paper(2, 9, "2025-02-05"),
            paper(3, 9, "2025-02-06"),
            paper(4, 20, "2025-02-06"),
        ),
        "a.json",
    )
    decisions.correct(Paper.objects.get(slug="2502.00004"), "hidden", True, curator)
    for text in ("", "paper"):
        results = Results(parse(text), "upvotes")
        assert [paper.slug[-1] for paper in results[0:3]] == ["3", "2", "1"]
        assert [paper.slug[-1] for paper in results[0:1]] == ["3"]


def test_a_paper_whose_own_address_is_a_repository_is_found_by_it():
    load(digest(row(1), row(2, link="https://github.com/Lab/Alone", github_urls=[])), "a.json")
    for text in ("link:lab/alone", "https://github.com/lab/alone"):
        assert [paper.title for paper in Results(parse(text))] == ["Paper 2"]
