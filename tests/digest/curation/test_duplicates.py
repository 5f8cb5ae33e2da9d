"""Which papers and authors are proposed to be one, and which are left alone."""

import re
from io import StringIO
from random import Random

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from digest.catalogue.load import load
from digest.curation import duplicates
from digest.curation.decisions import (
    merge_authors,
    merge_papers,
    split_author,
    split_paper,
)
from digest.curation.duplicates import authors, papers, propose
from digest.models import Alias, Author, Merge, Paper, Proposal
from digest.text.similarity import MAX_EDITS, SHORTEST_TITLE, similar_titles
from tests.samples import digest, row

pytestmark = pytest.mark.django_db

TITLE = "Scaling Models by Looking Twice at Everything"
OTHER = "https://lab.org/paper"


def load_papers(*rows):
    """Papers that differ in what is said of them; the authors are strangers if nothing is."""
    load(
        digest(
            *(
                row(n, **{"title": f"Unlike {n}", "authors": "", "github_urls": []} | fields)
                for n, fields in enumerate(rows, 1)
            )
        ),
        "2025-02-06.json",
    )


def found():
    """The reasons, and the slugs' beginnings."""
    return {tuple(slug[:10] for slug in pair): reason for pair, reason in papers().items()}


LAB = "lab-org-pa"


# Papers


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        (TITLE, "titles are the same"),
        (TITLE.upper() + ".", "titles are the same"),
        (TITLE.replace("Scaling", "Scáling"), "titles are the same"),
        (TITLE.replace("Models", "Model"), "titles differ in 1 letter"),
        (TITLE.replace("Looking", "Lokking"), "titles differ in 1 letter"),
        (f"A{TITLE}s", "titles differ in 2 letters"),
        (TITLE.replace("Twice", "Thrice"), "titles differ in 2 letters"),
        (TITLE.replace("Twice", "Nothing"), None),
        (f"{TITLE} 2", None),
        ("Something Else", None),
    ],
)
def test_papers_with_like_titles(title, reason):
    load_papers({"title": TITLE}, {"title": title, "link": OTHER})
    assert found() == ({("2502.00001", LAB): reason} if reason else {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Qwen2 Technical Report, in Full", "Qwen3 Technical Report, in Full"),
        ("Models of It", "Models of Us"),
    ],
)
def test_titles_that_are_alike_by_chance(one, other):
    load_papers({"title": one}, {"title": other, "link": OTHER})
    assert found() == {}


@pytest.mark.parametrize(
    ("ours", "theirs", "link", "alike"),
    [
        ("Ada Lovelace, Alan Turing", "Alan Turing", OTHER, True),
        ("Ada Lovelace", "adalovelace", OTHER, True),
        ("Ada Lovelace", "Alan Turing", OTHER, False),
        ("Ada Lovelace", "", OTHER, True),
        # Two arXiv ids take more: somebody who wrote both.
        ("Ada Lovelace", "Ada Lovelace", None, True),
        ("Ada Lovelace", "", None, False),
    ],
)
def test_papers_of_strangers_are_two(ours, theirs, link, alike):
    link = link or "https://arxiv.org/abs/2502.00002"
    load_papers(
        {"title": TITLE, "authors": ours}, {"title": TITLE, "authors": theirs, "link": link}
    )
    assert bool(found()) == alike


@pytest.mark.parametrize(
    "url",
    [
        *("https://arxiv.org/pdf/2502.00001v2", "https://huggingface.co/papers/2502.00001"),
        *("https://www.alphaxiv.org/abs/2502.00001", "https://ar5iv.org/abs/2502.00001"),
        *("https://doi.org/10.48550/arXiv.2502.00001", "http://xxx.lanl.gov/abs/2502.00001"),
        "https://arxiv-sanity-lite.com/?rank=pid&pid=2502.00001",
    ],
)
def test_a_link_that_is_another_papers_arxiv_id(url):
    load_papers({}, {"link": OTHER, "github_urls": [url]})
    reason = "both are arXiv:2502.00001, one of them by its address"
    assert found() == {("2502.00001", LAB): reason}


def test_a_paper_with_an_arxiv_id_may_well_name_another():
    url = "https://arxiv.org/abs/2502.00001"
    load_papers({}, {"github_urls": [url]})
    assert found() == {}
    load_papers({"title": "Looking Twice"}, {"title": "On Looking Twice", "github_urls": [url]})
    assert [*found()] == [("2502.00001", "2502.00002")]


def test_an_own_address_that_is_another_papers_arxiv_id():
    load_papers({}, {"link": OTHER})
    Paper.objects.exclude(url="").update(url="https://arxiv.org/abs/2502.00001")
    assert [*found()] == [("2502.00001", LAB)]


def test_what_is_hidden_is_no_duplicate():
    load_papers({"title": TITLE}, {"title": TITLE, "link": OTHER})
    Paper.objects.exclude(url="").update(hidden=True)
    assert found() == {}


@pytest.mark.slow
def test_every_two_titles_within_the_edits_are_found():
    """Against all pairs, one by one, by another measure."""
    dice = Random(7)
    titles = set()
    for _ in range(25):
        letters = [dice.choice("abcdef ") for _ in range(dice.randint(25, 29))]
        for _ in range(4):
            titles.add("".join(letters))
            at, how = dice.randrange(len(letters)), dice.choice(["put", "take", "swap"])
            letters[at : at + (how != "put")] = [] if how == "take" else [dice.choice("abcdef ")]
    long = sorted(title for title in titles if len(title) >= SHORTEST_TITLE)
    wanted = {
        (one, other, edits)
        for n, one in enumerate(long)
        for other in long[:n]
        if (edits := levenshtein(one, other)) <= MAX_EDITS
    }
    got = {(max(pair), min(pair), edits) for *pair, edits in similar_titles(titles)}
    assert got == wanted
    assert len(wanted) > 40


def levenshtein(one, other):
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row = row, [i]
        for j, b in enumerate(other, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
    return row[-1]


def test_what_a_crowd_shares_tells_nothing():
    load_papers(*({"title": TITLE, "link": f"https://lab.org/{n}"} for n in range(21)))
    assert found() == {}


# Authors


def of(*lists, link="https://arxiv.org/abs/2503.{:05}"):
    """A paper for each of these lists of authors."""
    rows = [row(n, authors=names, link=link.format(n)) for n, names in enumerate(lists, 1)]
    load(digest(*rows), "2025-02-06.json")


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("Ada Lovelace", "ada lovelace", "differ only in case"),
        ("Ada Lovelace", "Áda Lovelace", "differ only in accents"),
        ("Ada Lovelace", "ada-lovelace", "differ only in spaces and punctuation"),
        ("Ada Lovelace", "Lovelace Ada", "the same words in another order"),
        ("Ada Lovelace", "Ada K. Lovelace", "one has initials where the other has words"),
        ("Ada Lovelace", "adalovelace", "the handle spells the name"),
        ("Ada Lovelace", "lovelaceada99", "the handle spells the name"),
        ("Ada Lovelace", "A. Lovelace", None),
        ("Ada Lovelace", "Ada King Lovelace", None),
        ("Ada Lovelace", "Alan Lovelace", None),
        ("Ada Lovelace", "countess", None),
        ("Li Wu", "liwu", None),
        ("Li Zhang", "lizhang", None),
    ],
)
def test_authors_with_like_names(one, other, reason):
    of(one, other)
    pair = tuple(sorted((one, other)))
    assert authors() == ({pair: reason} if reason else {})


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("Ada Lovelace", "A. Lovelace", "one has initials where the other has words"),
        ("Li Wu", "wuliwu", None),
        ("Wei Wang", "weiwang", "the handle spells the name"),
    ],
)
def test_who_wrote_with_the_same_is_more_likely_one(one, other, reason):
    of(f"{one}, Alan Turing", f"{other}, Alan Turing")
    wanted = f"{reason}, with the same co-author Alan Turing"
    assert authors() == ({tuple(sorted((one, other))): wanted} if reason else {})


def test_common_names_in_another_order_are_two():
    of("Yang Liu", "Liu Yang", "Hao Yang, Wei Liu")
    assert authors() == {}
    of("Fan Hehe", "Hehe Fan", "Mei Fan", link="https://arxiv.org/abs/2504.{:05}")
    assert authors() == {("Fan Hehe", "Hehe Fan"): "the same words in another order"}


def test_a_handle_of_a_common_name_is_anybodys():
    of("Haoran Wu", "haoranwu", "Haoran Li")
    assert authors() == {}


def test_a_handle_that_spells_two_names_and_a_name_that_two_handles_spell():
    of("Zhangchen Xu", "Chenxu Zhang", "zhangchenxu", "yueliu1999", "yueliu1998", "Yue Liu")
    assert authors() == {}


def test_initials_that_fit_two_names():
    of("A. Lovelace, Alan Turing", "Ada Lovelace, Alan Turing", "Anne Lovelace, Alan Turing")
    assert authors() == {}


def test_names_on_one_paper_are_two():
    of("Ada Lovelace, ada-lovelace, Lovelace Ada")
    assert authors() == {}


def test_a_handle_and_a_name_that_two_sources_print_of_one_paper():
    of("Ada Lovelace", "wolf7")
    first = row(9, authors="Grace Hopper, Ada Lovelace, Alan Turing")
    load(digest(first), "a.json")
    load(digest({**first, "authors": "Grace Hopper, wolf7, Alan Turing"}), "b.json")
    assert authors() == {("Ada Lovelace", "wolf7"): "two sources name them as authors of one paper"}


@pytest.mark.parametrize(
    "authors_",
    [
        "wolf7, Grace Hopper, Alan Turing",
        "Grace Hopper, wolf7, Ada King",
        "Grace Hopper, Ada King, Alan Turing",
    ],
)
def test_lists_that_do_not_say_who_is_whom(authors_):
    of("Ada Lovelace", "wolf7", "Ada King")
    first = row(9, authors="Grace Hopper, Ada Lovelace, Alan Turing")
    load(digest(first), "a.json")
    load(digest({**first, "authors": authors_}), "b.json")
    assert authors() == {}


def test_a_handle_that_spells_a_name_in_another_list_of_the_paper():
    of("Ada Wu", "adawu3")
    first = row(9, authors="Ada Wu, Alan Turing")
    load(digest(first), "a.json")
    load(digest({**first, "authors": "alan, adawu3, Grace Hopper"}), "b.json")
    assert authors() == {("Ada Wu", "adawu3"): "two sources name them as authors of one paper"}


# Proposals


@pytest.fixture
def both():
    """A pair of papers and a pair of authors that look like one."""
    load_papers(
        {"title": TITLE, "authors": "Ada Lovelace, Alan Turing"},
        {"title": TITLE, "authors": "Lovelace Ada, Alan Turing", "link": OTHER},
    )


def proposals():
    return [
        (one.kind, one.first[:10], one.second[:10]) for one in Proposal.objects.order_by("kind")
    ]


PAIRS = [("author", "Ada Lovela", "Lovelace A"), ("paper", "2502.00001", LAB)]


def test_what_is_found_is_proposed_once(both):
    report = propose()
    assert (report.new, report.removed, report.waiting) == (
        {"author": 1, "paper": 1},
        0,
        {"author": 1, "paper": 1},
    )
    assert proposals() == PAIRS
    before = list(Proposal.objects.values("pk", "found_at"))
    report = propose()
    assert (report.new.total(), report.removed, report.waiting.total()) == (0, 0, 2)
    assert list(Proposal.objects.values("pk", "found_at")) == before


def test_what_was_refused_is_not_proposed_again(both):
    propose()
    Proposal.objects.update(refused_at=timezone.now())
    report = propose()
    assert (report.new.total(), report.removed, report.waiting.total()) == (0, 0, 0)
    # It is remembered, should what it is about come back.
    Author.objects.all().delete()
    propose()
    assert proposals() == PAIRS


def test_what_was_merged_is_not_proposed_again_even_when_it_was_split(both, curator):
    propose()
    one, other = Paper.objects.order_by("slug")
    merge_papers(one, other, curator)
    merge_authors("Lovelace Ada", "Ada Lovelace", curator)
    assert (propose().removed, proposals()) == (2, [])
    split_author(Alias.objects.get(), curator)
    split_paper(Merge.objects.get(), curator)
    assert found()
    propose()
    assert proposals() == []


def test_what_does_not_look_like_one_any_longer_is_taken_away(both):
    propose()
    Paper.objects.exclude(url="").update(hidden=True)
    assert propose().removed == 1
    Author.objects.filter(name="Lovelace Ada").delete()
    assert (propose().removed, proposals()) == (1, [])


def test_a_reason_is_kept_up_to_date(both):
    propose()
    Paper.objects.exclude(url="").update(title=f"{TITLE}s")
    assert propose().new.total() == 0
    assert Proposal.objects.get(kind="paper").reason == "titles differ in 1 letter"


def test_the_number_of_queries_is_fixed(both, django_assert_num_queries):
    for _ in range(2):
        propose()
        with django_assert_num_queries(12):
            propose()
        rows = [
            row(n, title=f"{chr(96 + n % 26)} {TITLE}", link=f"https://lab.org/{n}")
            for n in range(10, 40)
        ]
        load(digest(*rows), "b.json")


def test_the_command_says_what_it_did(both):
    def run():
        out = StringIO()
        call_command("find_duplicates", stdout=out)
        return out.getvalue()

    waiting = "1 pairs of papers and 1 of authors wait for a curator.\n"
    assert run() == f"2 new, 0 taken away. {waiting}"
    assert run() == f"0 new, 0 taken away. {waiting}"


def test_real_digests_give_few_proposals_and_good_ones(shared):
    for name in ("json/2025/02/06.json", "json/2025/02/07.json"):
        path = shared / "archive" / name
        load(path.read_bytes(), str(path))
    assert papers() == {}
    for (one, other), _ in authors().items():
        letters = [sorted(re.sub(r"[\W\d_]", "", name).casefold()) for name in (one, other)]
        assert letters[0] == letters[1]


@pytest.mark.parametrize("kind", ["merged", "refused", "refused anew"])
def test_what_a_curator_decides_while_all_is_compared_stands(curator, monkeypatch, kind):
    load_papers({"title": TITLE}, {"title": TITLE, "link": OTHER})
    (pair,) = papers()
    named = {"kind": "paper", "first": pair[0], "second": pair[1]}
    if kind == "refused":
        Proposal.objects.create(**named, reason="old")

    def decide():
        if kind == "merged":
            both = Paper.objects.in_bulk(pair, field_name="slug")
            merge_papers(both[pair[0]], both[pair[1]], curator, "")
        else:
            refused = {"refused_at": timezone.now(), "reason": "hers"}
            Proposal.objects.update_or_create(**named, defaults=refused)

    def then_decide():
        decided = [*read()]
        monkeypatch.setattr(duplicates, "_decided", read)
        decide()
        return decided

    # The decisions are read once all is compared; hers comes right after.
    read = duplicates._decided
    monkeypatch.setattr(duplicates, "_decided", then_decide)
    report = propose()
    assert (report.new["paper"], report.removed) == (0, 0)
    assert not Proposal.objects.filter(refused_at=None).exists()
    assert set(Proposal.objects.values_list("reason", flat=True)) <= {"hers"}


def test_nothing_is_compared_while_others_wait(monkeypatch):
    load_papers({"title": TITLE}, {"title": TITLE, "link": OTHER})
    blocks = []
    for name in ("papers", "authors"):
        compare = getattr(duplicates, name)
        monkeypatch.setattr(
            duplicates,
            name,
            lambda compare=compare: blocks.append(len(connection.atomic_blocks)) or compare(),
        )
    propose()
    assert blocks == [1, 1]  # which is the test's own
